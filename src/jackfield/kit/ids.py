"""Typed, prefixed, time-ordered identifiers: `acc_01K3…` is an account and no other thing."""

import os
import secrets
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import ClassVar, Final, Self

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Two characters at a time, and a character of each random byte: ids are made on every request.
_PAIRS: Final = tuple(one + other for one in _CROCKFORD for other in _CROCKFORD)
_CHARACTERS: Final = bytes(ord(_CROCKFORD[byte & 31]) for byte in range(256))
_TIME_LENGTH: Final = 10
_RANDOM_LENGTH: Final = 16
_RANDOMS: Final = 256
# Half a microsecond: a whole millisecond may be a little less as a float.
_MARGIN: Final = 0.0005
_randoms: list[str] = []
_ALPHABET: Final = frozenset(_CROCKFORD)
_BODY_LENGTH: Final = 26
_LAST_PLACE: Final = 0xFFFF


class InvalidId(ValueError):
    """The text is not an identifier of the expected kind."""


class Id(str):
    """A `prefix_ULID` string. Subclasses fix the prefix and so become distinct types."""

    prefix: ClassVar[str]
    __slots__ = ()

    def __init_subclass__(cls, *, prefix: str, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.prefix = prefix

    @classmethod
    def new(cls, now: datetime, *, place: int | None = None) -> Self:
        """
        Return an id that sorts after those of earlier milliseconds.

        Those of one moment sort by their `place`, up to 65,535.
        """
        milliseconds = int(now.timestamp() * 1000 + _MARGIN)
        if place is None:
            try:
                # At once, so that no two threads get the same one; and here, as each request has two.
                rest = _randoms.pop()
            except IndexError:
                rest = _more_randoms()
            return cls(cls.prefix + _time(milliseconds) + rest)
        placed = min(place, _LAST_PLACE) << 64 | secrets.randbits(64)
        return cls(cls.prefix + _body(milliseconds, placed))

    @classmethod
    def floor(cls, moment: datetime) -> Self:
        """Return the lower bound of the ids made at `moment` or later."""
        return cls(cls.prefix + _body(max(0, int(moment.timestamp() * 1000 + _MARGIN)), 0))

    @property
    def moment(self) -> datetime:
        """When it was made, to the millisecond."""
        milliseconds = 0
        for character in self[len(self.prefix) + 1 :][:_TIME_LENGTH]:
            milliseconds = milliseconds * len(_CROCKFORD) + _CROCKFORD.index(character)
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read an id from outside.

        Raises:
            InvalidId: it is not of this kind.
        """
        head, _, body = text.partition("_")
        if head != cls.prefix or len(body) != _BODY_LENGTH or not _ALPHABET.issuperset(body):
            msg = f"expected an id like {cls.prefix}_…"
            raise InvalidId(msg)
        return cls(text)


class ProjectId(Id, prefix="prj"):
    __slots__ = ()


class ApiKeyId(Id, prefix="key"):
    __slots__ = ()


class ProfileId(Id, prefix="cpr"):
    __slots__ = ()


class AccountId(Id, prefix="acc"):
    __slots__ = ()


class RunId(Id, prefix="run"):
    __slots__ = ()


class EventId(Id, prefix="evt"):
    __slots__ = ()


class RequestId(Id, prefix="req"):
    __slots__ = ()


class ConnectorVersionId(Id, prefix="cov"):
    __slots__ = ()


class FeedbackId(Id, prefix="fbk"):
    __slots__ = ()


class MemberId(Id, prefix="mem"):
    __slots__ = ()


class InviteId(Id, prefix="inv"):
    __slots__ = ()


def _more_randoms() -> str:
    """Keep random parts of many ids, which come from the system at once, and return one more."""
    found = os.urandom(_RANDOMS * _RANDOM_LENGTH).translate(_CHARACTERS).decode("ascii")
    cuts = range(0, len(found), _RANDOM_LENGTH)
    first, *others = [found[at : at + _RANDOM_LENGTH] for at in cuts]
    _randoms.extend(others)
    return first


@lru_cache(maxsize=1)
def _time(milliseconds: int) -> str:
    return _body(milliseconds, 0)[:-_RANDOM_LENGTH]


def _body(milliseconds: int, rest: int) -> str:
    number = milliseconds << 80 | rest
    return "_" + "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
