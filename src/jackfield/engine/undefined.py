"""The expression language's `undefined`; distinct from `null`."""

from typing import Final, final


@final
class Undefined:
    """JavaScript's `undefined`: falsy, and left out of JSON."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = Undefined()
