"""Secret values that do not print themselves."""

import hashlib
import hmac
import secrets
from typing import ClassVar, Self

_MASK = "Secret(…)"


class Secret:
    """A text that never prints itself; `reveal` returns it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __len__(self) -> int:
        return len(self._value)

    def __str__(self) -> str:
        return _MASK

    __repr__ = __str__


class Token(Secret):
    """A random bearer secret that the hub issues once and stores as a digest.

    Its prefix identifies it for people and for leak scanners.
    """

    prefix: ClassVar[str]
    __slots__ = ()

    def __init_subclass__(cls, *, prefix: str, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.prefix = prefix

    @classmethod
    def mint(cls) -> Self:
        return cls(cls.prefix + secrets.token_urlsafe(32))

    def digest(self) -> bytes:
        """Return the 32 bytes that a token is looked up by."""
        return hashlib.sha256(self.reveal().encode()).digest()
