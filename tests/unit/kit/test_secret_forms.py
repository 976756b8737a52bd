"""A secret is found in whatever form it travels."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.kit.redaction import MASK, Redactor
from jackfield.kit.secret_names import is_secret_name
from tests.support.secret_forms import FORMS, is_told

SECRETS = {
    "letters": "Kq7Zp93LmXw2Tt5R",
    "signs": "se+cret/K=y&12 ü~Zz9",
    "quotes": "pa\"ss\\word'<x>77",
    "emoji": "geheim-😀-Schlüssel9",
    "lines": "-----BEGIN KEY-----\nMIIEvQIBADANBgkqh\nkiG9w0BAQEFAAS+/C\n-----END KEY-----",
    "digits": "8402915573",
    "no letters": "!!##$$%%^^&&",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_masked_in_each_form(kind: str, form: str) -> None:
    secret = SECRETS[kind]
    written = FORMS[form](secret)

    masked = Redactor([secret]).text(f'<a k="{written}">')

    assert MASK in masked
    assert is_told(secret, masked) == []


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=6, max_size=40))
def test_a_secret_of_any_characters_is_masked_in_what_json_and_urls_make_of_it(secret: str) -> None:
    redactor = Redactor([secret])
    for name in ("plain", "all percent", "JSON", "JSON in JSON", "HTML by numbers", "HTML"):
        form = FORMS[name](secret)
        masked = redactor.text(f"({form})")
        assert MASK in masked
        assert form not in masked.replace(MASK, "\0")


@pytest.mark.parametrize(
    "text",
    [
        "\\" * 300_000 + "Kq7Zp93LmXw2Tt5",
        "%25" * 100_000 + "Kq7Zp93LmXw2Tt5",
        "&amp;" * 100_000 + "Kq7Zp93LmXw2Tt5",
        "Kq7Zp93LmXw2Tt5 " * 50_000 + "kq7zp93lmxw2tt5r",
    ],
)
def test_text_that_is_made_to_be_slow_is_masked_in_no_time(text: str) -> None:
    redactor = Redactor(["Kq7Zp93LmXw2Tt5R", "\\\"/'<&%"])
    started = time.perf_counter()

    redactor.text(text)

    assert time.perf_counter() - started < 5


def test_a_number_that_is_a_secret_leaves_json_behind_and_other_numbers_alone() -> None:
    content = b'{"pin": 8402915573, "other": 184029155731, "in": "8402915573"}'

    masked = json.loads(Redactor(["8402915573"]).content(content))

    assert masked == {"pin": MASK, "other": 184029155731, "in": MASK}


def test_a_short_secret_is_masked_where_it_stands_alone() -> None:
    redactor = Redactor(["x7Q2"])

    assert redactor.text("pin=x7Q2, or 'x7Q2'") == f"pin={MASK}, or '{MASK}'"
    assert redactor.text("ax7Q2b") == "ax7Q2b"


def test_a_secret_that_is_learned_later_is_masked_from_then_on() -> None:
    redactor = Redactor(["first-secret"])
    assert redactor.text("second-secret") == "second-secret"

    redactor.learn("second-secret")

    assert redactor.text("first-secret second-secret") == f"{MASK} {MASK}"


@pytest.mark.parametrize(
    "name",
    ["api_token", "assertion", "client_assertion", "oauthToken", "access_key", "signature", "pin",
     "pass", "pwd", "X-Amz-Signature", "accessKeyId", "db_password"],
)  # fmt: skip
def test_these_names_say_that_a_value_is_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["code", "next_token", "pageToken", "passenger", "mapping", "spin", "design", "compass"]
)
def test_these_names_say_no_such_thing(name: str) -> None:
    assert not is_secret_name(name)


def test_whatever_stands_below_a_secret_name_is_masked() -> None:
    given = {"password": {"n": 1234, "list": ["a", 5, {"x": "y"}], "on": True, "none": None}}

    assert Redactor().value(given) == {
        "password": {"n": MASK, "list": [MASK, MASK, {"x": MASK}], "on": True, "none": None}
    }


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ('{"access_token": "abc", "n": 1}', '"n":1'),
        ('{"access_token": "abc"}\n{"access_token": "abc", "n": 2}\n', '"n": 2'),
        ("grant_type=x&client_assertion=abc&n=1", "n=1"),
        ("grant_type=authorization_code&code=abc&n=1", "n=1"),
        ("<a><t:password>abc</t:password><n>1</n></a>", "<n>1</n>"),
    ],
)
def test_a_body_is_masked_by_the_names_in_it(body: str, kept: str) -> None:
    masked = Redactor().body(body)

    assert "abc" not in masked
    assert kept in masked


def test_a_url_is_masked_by_the_names_in_its_query() -> None:
    masked = Redactor().url("https://a.example/x?access_token=abc&page=2&api%5Fkey=abc&code=7")

    assert masked == f"https://a.example/x?access_token={MASK}&page=2&api%5Fkey={MASK}&code=7"
