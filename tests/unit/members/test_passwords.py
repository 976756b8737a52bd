"""Passwords that members may choose, and their hashes."""

import asyncio

import pytest

from jackfield.members.models import PasswordRefused, normal_email
from jackfield.members.passwords import hashes, rules


@pytest.mark.parametrize(
    "password",
    [
        "",
        "elevenchars",
        " " * 40,
        "x" * 1025,
        "é" * 600 + "abcdef",
        "password1234",
        "P@ssw0rd2026!",
        "Passwort-ada-1",
        "adminadmin12",
        "letmeinletmein",
        "qwertyuiop12",
        "qwertyuiopasdf",
        "1qaz2wsx3edc",
        "123456789012",
        "098765432109",
        "839201746553",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "abcdefghijklmnop",
        "zyxwvutsrqponmlk",
        "ada.byron@example.com",
        "AdaByron1815",
        "jackfield2026!",
        "correcthorsebatterystaple",
        "summer2026summer",
    ],
)
def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefused):
        rules.check(password, email="ada.byron@example.com", name="Ada Byron")


@pytest.mark.parametrize(
    "password",
    [
        "wolves paint the quiet harbor",
        "x7k-9qp-2mm-z4w",
        "Tr0ub4dor&3-and-then-some",
        "пароль из длинных слов",
        "パスワードはとても長い文章です",
        "g6Vq9sXw2bLd",
        "é" * 3 + "lan vital et cetera",
        "ocean" * 200 + "boundary",
    ],
)
def test_a_long_password_of_ones_own_is_taken(password: str) -> None:
    rules.check(password, email="ada.byron@example.com", name="Ada Byron")


async def _made(password: str) -> str:
    return await hashes.hashed(password)


@pytest.mark.slow
@pytest.mark.anyio
async def test_a_hash_matches_its_password_in_every_spelling_and_no_other() -> None:
    known = await hashes.hashed("caf\u00e9 au lait, s'il vous pla\u00eet")

    assert known.startswith("$argon2id$v=19$m=49152,t=3,p=1$")
    assert await hashes.matches(known, "cafe\u0301 au lait, s'il vous plai\u0302t ")
    assert not await hashes.matches(known, "cafe au lait, s'il vous plait")
    assert not await hashes.matches(None, "no password of anybody")
    assert not await hashes.matches("$broken", "x")
    assert not hashes.is_outdated(known)


@pytest.mark.anyio
async def test_the_event_loop_goes_on_while_a_password_is_hashed() -> None:
    hashing = asyncio.create_task(_made("wolves paint the quiet harbor"))
    turns = 0
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)

    assert turns > 10


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("  ada+x@example.com ", "ada+x@example.com"),
        ("\uff41da@example.com", "ada@example.com"),
        ("ZOË@cedar.example", "zoë@cedar.example"),
    ],
)
def test_one_address_is_spelled_one_way(typed: str, kept: str) -> None:
    assert normal_email(typed) == kept
