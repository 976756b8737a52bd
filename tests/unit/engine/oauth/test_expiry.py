"""Lifetimes of tokens, as providers spell them."""

from datetime import UTC, datetime

import pytest

from jackfield.engine.oauth.expiry import UnreadableExpiry, read_lifetime
from jackfield.kit.json import Json

NOW = datetime(2026, 12, 31, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "kind", "seconds"),
    [
        (3600, "seconds", 3600),
        ("3600", "seconds", 3600),
        ("3600.0", "seconds", 3600),
        (3599.7, "seconds", 3599),
        (" 3600 ", "seconds", 3600),
        (None, "seconds", None),
        ("", "seconds", None),
        (0, "seconds", 0),
        (5_183_944_000, "milliseconds", 5_183_944),
        (60, "minutes", 3600),
        (1_798_761_600, "epochSeconds", 7200),
        ("1798761600", "epochSeconds", 7200),
        (1_798_761_600_000, "epochMilliseconds", 7200),
        ("2026-12-31T23:59:59Z", "iso8601", 7199),
        ("2027-01-01T01:59:59+02:00", "iso8601", 7199),
        ("2026-12-31T23:59:59", "iso8601", 7199),
        ("2026-12-31 23:59:59", "iso8601", 7199),
        ("2026-12-31T23:59:59.1234567Z", "iso8601", 7199),
        ("Thu, 31 Dec 2026 23:59:59 GMT", "httpDate", 7199),
        ("PT1H", "duration", 3600),
        ("P1DT1M30S", "duration", 86_490),
        ("1h", "duration", 3600),
        ("90 m", "duration", 5400),
        ("177:05:38", "d:hh:mm", 177 * 86_400 + 5 * 3600 + 38 * 60),
        ("177:05:38", "h:mm:ss", 177 * 3600 + 5 * 60 + 38),
        ("2026-12-31T21:00:00Z", "iso8601", -3600),
    ],
)
def test_lifetime_is_read_in_the_unit_that_the_connector_names(
    value: Json, kind: str, seconds: int | None
) -> None:
    assert read_lifetime(value, kind, now=NOW).seconds == seconds


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("never", "seconds"),
        ("NaN", "seconds"),
        ("Infinity", "seconds"),
        (float("inf"), "seconds"),
        (float("nan"), "seconds"),
        (True, "seconds"),
        ([], "seconds"),
        ({}, "seconds"),
        ("1e3", "seconds"),
        ("0x10", "seconds"),
        ("3600", "iso8601"),
        ("2026", "iso8601"),
        (3600, "iso8601"),
        ("PT1H", "seconds"),
        (3600, "duration"),
        ("1:5", "h:mm:ss"),
        ("soon", "httpDate"),
        (10**400, "seconds"),
        (-(10**400), "epochMilliseconds"),
        (f"P{'9' * 400}D", "duration"),
        ("Mon, 99 Jan 99999999999 00:00:00 GMT", "httpDate"),
        ("P99999999999999999999W", "duration"),
    ],
)
def test_what_is_of_another_kind_is_no_lifetime(value: Json, kind: str) -> None:
    with pytest.raises(UnreadableExpiry):
        read_lifetime(value, kind, now=NOW)


@pytest.mark.parametrize(
    ("value", "kind", "says"),
    [
        (-1, "seconds", "negative"),
        (5_183_944_000, "seconds", "milliseconds"),
        (9_999_999_999, "epochSeconds", "ten years"),
        (3600, "epochSeconds", "ten years ago"),
        ("0001-01-01T00:00:00+23:59", "iso8601", "ten years ago"),
    ],
)
def test_doubtful_lifetime_is_unknown_and_says_why(value: Json, kind: str, says: str) -> None:
    found = read_lifetime(value, kind, now=NOW)
    assert found.seconds is None
    assert says in (found.warning or "")


def test_zero_means_never_only_where_the_connector_says_so() -> None:
    assert read_lifetime(0, now=NOW, zero_is_never=True).seconds is None
    assert read_lifetime(0, now=NOW).seconds == 0
