"""Rules of passwords: long enough, and none of those that are tried first."""

import re
from typing import Final

from jackfield.members.models import PasswordRefused
from jackfield.members.passwords.hashes import normal

SHORTEST: Final = 12
MOST_BYTES: Final = 1024
_FEWEST_CHARACTERS: Final = 5
_SHORTEST_NAME: Final = 3
_SHORTEST_REST: Final = 4
# What long common passwords are made of, in small letters.
_COMMON: Final = frozenset(
    """
    abc access account admin administrator adobe amazon andrew angel apple asdf asdfgh asdfghjkl
    baseball basketball batman change changeit changeme charlie chelsea chocolate company computer
    correcthorsebatterystaple cookie daniel dashboard default demo donald dragon facebook football
    forever freedom fuckyou google guest hello hockey horse hunter iloveyou internet jackfield jennifer
    jessica jordan killer letmein liverpool login london love lovely manager master matrix michael
    michelle microsoft monkey mustang myspace ninja office pass passe passphrase passport passwort password
    passwords please pokemon princess private qazwsx qwer qwert qwerty qwertyuiop robert root samsung
    secret security server service shadow soccer starwars summer spring autumn winter sunshine
    superman support sysadmin system temp temporary test testing thomas tigger trustno trustnoone
    user welcome whatever windows wordpress yankees zaq zxcvbn zxcvbnm
    """.split()  # noqa: SIM905 - as it reads
)
_ROWS: Final = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
)
_LETTERS: Final = str.maketrans("013457@$!", "oieastasi")


def check(password: str, *, email: str, name: str = "") -> None:
    """
    Make sure that a new password can be used.

    Raises:
        PasswordRefused: it is too short or too long, or one of those that are tried first.
    """
    text = normal(password)
    if len(text) < SHORTEST:
        msg = f"choose a password of at least {SHORTEST} characters: some words are fine"
        raise PasswordRefused(msg)
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        msg = f"choose a password of at most {MOST_BYTES} bytes"
        raise PasswordRefused(msg)
    if _is_common(text.lower(), email, name):
        msg = (
            "this password is one of those that are tried first: choose some words that do not "
            "belong together"
        )
        raise PasswordRefused(msg)


def _is_common(text: str, email: str, name: str) -> bool:
    if len(set(text)) < _FEWEST_CHARACTERS or _is_in_rows(text):
        return True
    own = {
        part
        for part in re.split(r"[^a-z0-9]+", f"{email} {name}".lower())
        if len(part) >= _SHORTEST_NAME
    }
    words = sorted(_COMMON | own, key=len, reverse=True)
    common = re.compile("|".join(map(re.escape, words)))
    return any(_adds_nothing(text, common, each) for each in (text, text.translate(_LETTERS)))


def _adds_nothing(text: str, common: re.Pattern[str], read_as: str) -> bool:
    """Return whether a password is common words with figures and signs, or a few letters more."""
    known = {at for found in common.finditer(read_as) for at in range(*found.span())}
    left = [each for at, each in enumerate(text) if at not in known]
    return len(left) < _SHORTEST_REST or not any(map(str.isalpha, left))


def _is_in_rows(text: str) -> bool:
    return any(text in row or text in row[::-1] for row in _ROWS)
