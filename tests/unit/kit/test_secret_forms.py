"""A secret is found in whatever form it travels."""

import base64
import json
import secrets
import string
import time
from collections.abc import Callable

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
    masked = Redactor().body(body.encode(), 1000)

    assert "abc" not in masked
    assert kept in masked


@pytest.mark.parametrize("before", ['{"a": {"password": [["abc"]]}, "b": "', "<p>", ""])
@pytest.mark.parametrize("after", ['"}', "</p>"])
def test_the_beginning_of_a_large_body_shows_no_part_of_a_secret(before: str, after: str) -> None:
    secret = "Kq7Zp93LmXw2Tt5R" * 4
    most = 1000
    for filling in ("x" * (most - len(before) - 20), "x" * 200_000, secret * 5000, "ü" * most):
        body = f"{before}{filling}{secret}{filling}{after}".encode()

        shown = Redactor([secret]).body(body, most)

        assert len(shown) <= most
        assert secret[:8] not in shown
        if before.endswith('"') and after.startswith('"'):
            assert "abc" not in shown


def test_a_url_is_masked_by_the_names_in_its_query() -> None:
    masked = Redactor().url("https://a.example/x?access_token=abc&page=2&api%5Fkey=abc&code=7")

    assert masked == f"https://a.example/x?access_token={MASK}&page=2&api%5Fkey={MASK}&code=7"


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"])
@pytest.mark.parametrize("kind", ["letters", "signs", "quotes", "digits", "no letters"])
def test_a_secret_is_masked_in_bytes_of_any_coding(kind: str, coding: str) -> None:
    secret = SECRETS[kind]
    content = f"before, {secret}; {secret} after ü".encode(coding)

    masked = Redactor([secret]).content(content)

    assert secret.encode(coding.removesuffix("-le")) not in masked
    assert masked.decode(coding) == f"before, {MASK}; {MASK} after ü"


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be", "latin-1"])
def test_letters_of_the_other_case_are_masked_in_bytes_of_any_coding(coding: str) -> None:
    content = SECRETS["signs"].swapcase().encode(coding)

    assert Redactor([SECRETS["signs"]]).content(content).decode(coding) == MASK


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_masked_wherever_it_lies_in_something_large(form: str) -> None:
    secret = SECRETS["quotes"]
    written = FORMS[form](secret).encode()
    redactor = Redactor([secret])
    for border in (256 * 1024, 512 * 1024):
        for place in (border - len(written), border - len(written) // 2, border - 1, border):
            content = b"- " * (place // 2) + written + b" -" * (400_000 - place // 2)
            alone = redactor.content(b"- " + written + b" -")
            assert written not in alone
            assert redactor.content(content) == content.replace(b"- " + written + b" -", alone)


def test_a_token_of_ours_is_masked_wherever_it_lies_in_something_large() -> None:
    token = b"jf_sk_" + b"Zq" * 20
    for place in (256 * 1024 - 30, 256 * 1024 - 1, 256 * 1024, 700_000):
        content = b" " * place + token + b" " * 300_000
        assert Redactor(["Kq7Zp93LmXw2Tt5R"]).content(content).strip() == MASK.encode()


@pytest.mark.slow
@pytest.mark.parametrize("size", [1024, 2047, 2048, 5000, 16_000])
def test_a_long_secret_is_masked_wherever_it_lies(size: int) -> None:
    secret = _any(string.ascii_letters + string.digits, size)
    forms = (
        secret,
        secret.upper(),
        secret.encode().hex(),
        base64.b64encode(b"user:" + secret.encode()).decode(),
        "".join(f"%{ord(each):02X}" for each in secret),
    )
    redactor = Redactor([secret])
    for written in forms:
        for before in (2, 256 * 1024 - 100):
            masked = redactor.text("- " * (before // 2) + written + " -" * 150_000)
            assert MASK in masked
            parts = [written[at : at + 40] for at in range(0, len(written) - 40, 40)]
            assert not [part for part in parts if part in masked]


@pytest.mark.parametrize(
    "secret", ["Straße-Geheim-9", "ﬁnal-secret-9", "İstanbul-key-77", "ŉabc-secret", "ﬃx-ǅabc-ΰ9"]
)
@pytest.mark.parametrize("case", [str.upper, str.lower, str.title, str.swapcase])
def test_letters_that_are_several_in_the_other_case_are_masked(
    secret: str, case: Callable[[str], str]
) -> None:
    redactor = Redactor([secret])

    assert redactor.text(f"({case(secret)})") == f"({MASK})"
    content = f"({case(secret)})".encode("utf-16-le")
    assert redactor.content(content).decode("utf-16-le") == f"({MASK})"


@pytest.mark.parametrize("unit", ["a", "abcd", "0123456", "x" * 700 + "y"])
@pytest.mark.parametrize("form", ["plain", "capitals", "small letters", "hexadecimal"])
@pytest.mark.parametrize("before", [0, 256 * 1024 - 100])
def test_a_long_secret_that_repeats_itself_leaves_no_rest(
    unit: str, form: str, before: int
) -> None:
    secret = (unit * 5000)[:5003]

    masked = Redactor([secret]).text(" " * before + FORMS[form](secret) + " .")

    assert masked.strip() == f"{MASK} ."


def test_a_long_secret_of_digits_is_masked_whole() -> None:
    secret = _any(string.digits, 5000)

    assert not set(Redactor([secret]).text(f"pin {secret}.")) & set(string.digits)


def test_a_secret_of_a_size_that_no_pattern_has_says_nothing_on_standard_error(
    capfd: pytest.CaptureFixture[str],
) -> None:
    secret = _any(string.ascii_letters, 16_000)

    assert secret[:40].upper() not in Redactor([secret]).text(f"({secret.upper()})")
    assert capfd.readouterr().err == ""


def _any(alphabet: str, size: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(size))


@pytest.mark.slow
@pytest.mark.parametrize("letters", ["\u00fc\u00e9\u00df\u0130", "\u6f22\u5b57\U0001f600"])
def test_a_long_secret_of_other_letters_is_masked(letters: str) -> None:
    secret = letters * (2047 // len(letters))

    assert Redactor([secret]).text(f"a {secret.swapcase()} b") == f"a {MASK} b"
