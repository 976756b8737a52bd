"""The recent use of an account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

HOURS: Final = 24
# Failures of one account that are counted: more are as bad.
MOST_FAILURES: Final = 1000


@dataclass(frozen=True, slots=True)
class AccountUse:
    """
    When an account was last used, and the failed runs of each of the last 24 hours, oldest first.

    The failures are complete, unless there are more than `MOST_FAILURES`.
    """

    used_at: datetime | None
    failures: tuple[int, ...] = (0,) * HOURS

    @property
    def failed(self) -> int:
        return sum(self.failures)

    @property
    def is_complete(self) -> bool:
        return self.failed < MOST_FAILURES
