"""Tokens that an action of a connector gives."""

from datetime import UTC, datetime, timedelta

import pytest

from jackfield.accounts.renewal.source import read_tokens
from jackfield.kit.json import Json

NOW = datetime(2026, 12, 31, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds", "warned"),
    [
        (3600, 3600, False),
        ("3600", 3600, False),
        (0, 0, False),
        (None, None, False),
        ("", None, False),
        (-1, None, True),
        (True, None, True),
        ([], None, True),
        ("soon", None, True),
        ("1e999", None, True),
        (10**400, None, True),
    ],
)
def test_lifetime_is_in_seconds_or_unknown(value: Json, seconds: int | None, warned: bool) -> None:
    tokens = read_tokens({"accessToken": "a", "expiresIn": value}, NOW)

    assert tokens.expires_at == (None if seconds is None else NOW + timedelta(seconds=seconds))
    assert bool(tokens.warnings) is warned
