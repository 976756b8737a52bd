"""Answers of a token endpoint that no token endpoint gives, unless it is broken or hostile."""

import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from jackfield.accounts.renewal.source import read_tokens
from jackfield.engine.exchange.retry_after import retry_after
from jackfield.engine.oauth.answer import read_answer
from jackfield.engine.oauth.answer_rules import compile_answer_rules
from jackfield.engine.ports import Response
from jackfield.kit.errors import UnreadableAnswer

NOW = datetime(2026, 12, 31, 22, 0, tzinfo=UTC)
CONTEXT: Any = SimpleNamespace(clock=lambda: NOW)
RULES = compile_answer_rules({}, "strict")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500_000,
        b'{"access_token":' * 50_000,
        b'{"access_token": ' + b"9" * 5000 + b"}",
        b"a=&" * 340_000,
        b"access_token=x&a=" + b"%41" * 300_000,
        b'{"access_token": "x\\r\\nCookie: y"}',
    ],
    ids=(
        "deep list",
        "deep object",
        "long number",
        "many parameters",
        "long parameter",
        "header",
    ),
)
def test_an_odd_answer_is_unreadable_and_holds_nothing_up(body: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(UnreadableAnswer):
        read_answer(Response(200, {}, body), RULES, {}, CONTEXT)
    assert time.process_time() - begun < 0.05


def test_a_token_whose_lifetime_is_no_number_of_a_computer_is_taken_without_one() -> None:
    body = b'{"access_token": "at-1", "expires_in": ' + b"9" * 400 + b"}"
    found = read_answer(Response(200, {}, body), RULES, {}, CONTEXT)
    assert (found.values["accessToken"], found.expires_at) == ("at-1", None)
    assert found.warnings
    renewed = read_tokens({"accessToken": "at-1", "expiresIn": 10**400}, NOW)
    assert (renewed.values["accessToken"], renewed.expires_at) == ("at-1", None)


def test_a_date_that_no_computer_holds_is_none() -> None:
    headers = {"retry-after": "Mon, 99 Jan 99999999999 00:00:00 GMT"}
    assert retry_after(headers, lambda: NOW) is None
