"""Tokens of every kind that the hub gives out."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from jackfield.http.routes import ROUTES
from jackfield.kit.secret import Token
from jackfield.ui.pages import Pages

SECURITY = Path(__file__).parents[2] / "SECURITY.md"
# All of them are there once the API and the pages are.
assert ROUTES
assert Pages
KINDS = sorted(Token.__subclasses__(), key=lambda kind: kind.prefix)
# They live as long as a sign-in at a provider, in one browser, and open nothing else.
PASSING = {"jf_go_", "jf_st_", "jf_br_"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.prefix)
def test_every_token_is_random_and_recognizable_by_a_prefix_that_people_are_told(
    kind: type[Token],
) -> None:
    told = set(re.findall(r"`(jf_\w\w_)`", SECURITY.read_text("utf-8")))
    some = [kind.mint() for _ in range(50)]
    random = [
        base64.urlsafe_b64decode(each.reveal().removeprefix(kind.prefix) + "=") for each in some
    ]

    assert re.fullmatch(r"jf_[a-z]{2}_", kind.prefix)
    assert [each.prefix for each in KINDS].count(kind.prefix) == 1
    assert kind.prefix in told | PASSING
    assert {len(each) for each in random} == {32}
    # No byte is the same in all of them.
    assert all(len(set(column)) > 1 for column in zip(*random, strict=True))
    assert [each.digest() for each in some] == [
        hashlib.sha256(each.reveal().encode()).digest() for each in some
    ]
    assert not any(each.reveal() in f"{each} {each!r}" for each in some)


def test_no_prefix_is_told_that_no_token_has() -> None:
    told = set(re.findall(r"`(jf_\w\w_)[`…]", SECURITY.read_text("utf-8")))

    assert told == {kind.prefix for kind in KINDS} - PASSING
