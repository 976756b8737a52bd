"""How much one run of the benches measures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """`seconds` is how long a load of action calls lasts; other loads last half of that."""

    seconds: int = 5
    is_quick: bool = False
    is_large: bool = False

    @property
    def short_seconds(self) -> int:
        return max(1, self.seconds // 2)

    @property
    def concurrencies(self) -> tuple[int, ...]:
        return (1, 64) if self.is_quick else (1, 16, 64)

    @property
    def workers(self) -> tuple[int, ...]:
        return (1,) if self.is_quick else (1, 2)

    @property
    def row_counts(self) -> tuple[int, ...]:
        """Numbers of rows for lists that grow."""
        if self.is_quick:
            return (1_000,)
        return (1_000, 10_000, 100_000, *((1_000_000,) if self.is_large else ()))

    def count(self, usual: int) -> int:
        """Return how many of something to do, where a full run does the `usual` number."""
        return usual // 10 if self.is_quick else usual
