"""The value of what is not there, which is not the same as null."""

from typing import Final, final


@final
class Missing:
    """JavaScript's `undefined`: false, and left out wherever JSON is written."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
