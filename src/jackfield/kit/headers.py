"""The headers of a request, by name."""

from collections.abc import Sequence
from typing import Final, TypeAlias, TypeVar

RawHeaders: TypeAlias = Sequence[tuple[bytes, bytes]]
T = TypeVar("T")


class RequestHeaders:
    """
    The headers of a request, by lower-case name; of repeated ones the first counts.

    Made once for each request and read by name: walking through the list for each name takes
    longer than all of this.
    """

    __slots__ = ("_values", "raw")

    def __init__(self, raw: RawHeaders) -> None:
        """`raw` has lower-case names, as ASGI has them."""
        self.raw: Final = raw
        self._values = dict(reversed(raw))

    def get(self, name: str, default: T = None) -> str | T:
        value = self._values.get(name.encode("latin-1"))
        return default if value is None else value.decode("latin-1")

    def __getitem__(self, name: str) -> str:
        return self._values[name.encode("latin-1")].decode("latin-1")

    def __contains__(self, name: str) -> bool:
        return name.encode("latin-1") in self._values
