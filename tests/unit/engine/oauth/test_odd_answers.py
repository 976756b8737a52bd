"""Answers of a token endpoint that no token endpoint gives, unless it is broken or hostile."""

import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from jackfield.accounts.renewal.source import read_tokens
from jackfield.engine.oauth.answer import read_answer
from jackfield.engine.oauth.answer_rules import compile_answer_rules
from jackfield.engine.ports import Response
from jackfield.engine.wire.retry_after import retry_after
from jackfield.kit.errors import ProviderUnavailable, UnreadableAnswer

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
        b"<a>" * 20_000,
        b"<access_token>x</access_token>" + b"<a/>" * 250_000,
        b'<!DOCTYPE a [<!ENTITY b "x">]><access_token>&b;</access_token>',
        b'<?xml version="1.0" encoding="klingon"?><access_token>x</access_token>',
        b'<?xml version="1.0" encoding="rot13"?><access_token>x</access_token>',
        b'<?xml version="1.0" encoding="utf-16"?><access_token>x</access_token>',
    ],
    ids=(
        "deep list",
        "deep object",
        "long number",
        "many parameters",
        "long parameter",
        "header",
        "deep XML",
        "many elements",
        "entities",
        "unknown encoding",
        "encoding that is none of a text",
        "encoding that it is not in",
    ),
)
def test_an_odd_answer_is_unreadable_and_holds_nothing_up(body: bytes) -> None:
    begun = time.thread_time()
    with pytest.raises(UnreadableAnswer):
        kind = "text/xml" if body.startswith(b"<") else "application/json"
        read_answer(Response(200, {"content-type": kind}, body), RULES, {}, CONTEXT)
    assert time.thread_time() - begun < 0.05


def test_a_page_in_xml_is_the_outage_that_it_shows() -> None:
    page = Response(503, {"content-type": "application/xhtml+xml"}, b"<html><p>Sorry</p></html>")
    with pytest.raises(ProviderUnavailable):
        read_answer(page, RULES, {}, CONTEXT)


def test_a_token_in_xml_that_looks_like_a_number_is_kept_as_it_is() -> None:
    body = b"<r><access_token>12e10</access_token><expires_in>60</expires_in></r>"
    where = {"accessToken": "r.access_token", "expiresIn": "r.expires_in"}
    rules = compile_answer_rules({"tokenResponse": where}, "strict")
    found = read_answer(Response(200, {"content-type": "text/xml"}, body), rules, {}, CONTEXT)
    assert found.values["accessToken"] == "12e10"
    assert found.expires_at is not None


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
