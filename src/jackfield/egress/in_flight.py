"""The bound on the bytes of all provider responses that are being read."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from jackfield.kit.errors import HubError

# In all answers that are being read, together: larger ones are many at once.
_MOST_IN_FLIGHT: Final = 256 * 1024 * 1024
_FREE: Final = 256 * 1024


class TooMuchInFlight(HubError):
    """This hub reads as many large answers as it takes at once; nothing more was read."""

    code = "too_much_in_flight"
    status = 503
    retryable = True
    retry_after = 1


class InFlight:
    """The bytes of answers that are being read."""

    def __init__(self) -> None:
        self._total = 0

    @contextmanager
    def counted(self) -> "Generator[Callable[[int], None]]":
        """
        Count the bytes of one answer until it has been read.

        Raises:
            TooMuchInFlight: with others they are too many; small answers always have room.
        """
        mine = 0

        def count(size: int) -> None:
            nonlocal mine
            self._total += size
            mine += size
            if self._total > _MOST_IN_FLIGHT and mine > _FREE:
                raise TooMuchInFlight

        try:
            yield count
        finally:
            self._total -= mine
