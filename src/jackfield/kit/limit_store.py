"""The port of a store in which processes on several machines share their limits.

Keys are those of `jackfield.kit.shared_buckets.key_of`. Times are durations by the store's clock: those
of machines differ.
"""

from collections.abc import Sequence
from typing import Final, Protocol, TypeAlias

from msgspec import Struct

# A place of a process that does not renew it is free after so many seconds.
LEASE_SECONDS: Final = 10.0
# A process that asked for a place and got none is in the line for so long.
IN_LINE_SECONDS: Final = 0.5
# No slot is further away, however many are reserved: no request lives so long.
FURTHEST_SECONDS: Final = 300.0
# Stands for any number of seconds.
ANY_SECONDS: Final = 1e9

Place: TypeAlias = int


class SlotsAsked(Struct, frozen=True):
    """A number of slots in time of a key; those that begin after `most_seconds` are not reserved."""

    key: int
    rate: float
    burst: float
    number: int
    most_seconds: float = ANY_SECONDS

    @property
    def spare(self) -> float:
        """The seconds by which slots may be ahead of the rate."""
        return max(self.burst - 1, 0) / self.rate


class Slots(Struct, frozen=True):
    """
    Slots that are reserved: the first begins in `seconds`, each other `1 / rate` after the one before.

    What is below zero begins at once. If none is reserved, `seconds` is when one could begin.
    """

    number: int
    seconds: float


class PlacesAsked(Struct, frozen=True):
    """A number of places among the `most` requests of a key that may be under way."""

    key: int
    most: int
    number: int


class LimitStoreFailed(Exception):
    """The store does not answer, or refuses."""


class LimitStore(Protocol):
    """
    A store, as one process asks it; one question after the other.

    Each of its questions raises `LimitStoreFailed`.
    """

    @property
    def is_open(self) -> bool:
        """Whether there is a connection already."""
        ...

    async def reserve(self, asked: Sequence[SlotsAsked]) -> list[Slots]:
        """Reserve slots; an answer for each question, of which no two are of one key."""
        ...

    async def occupy(self, asked: Sequence[PlacesAsked]) -> list[list[Place]]:
        """
        Occupy as many places as are free, for `LEASE_SECONDS`; no two questions are of one key.

        None while another process waits for one that has fewer, or that waits for longer.
        """
        ...

    async def leave(self, places: Sequence[tuple[int, Place]]) -> None:
        """Leave places, each with its key."""
        ...

    async def renew(self, places: Sequence[tuple[int, Place]]) -> None:
        """Renew the leases of places that are still occupied; ask it without any, too, for a trial."""
        ...

    def abandon(self) -> None:
        """Drop a connection on which nothing comes back, without waiting for anything."""
        ...

    async def close(self) -> None: ...
