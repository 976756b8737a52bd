"""Ten million accounts over days: when their checks and renewals are due, and what an outage does.

`python -m bench.capacity`

Accounts are counted, not made. Of those that are done in a minute, shares are due again at the
times that the hub's own functions return, asked two thousand times.
"""

import random
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from jackfield.accounts.health.schedule import next_attempt, next_check
from jackfield.accounts.renewal import turns
from jackfield.accounts.tokens.schedule import times_of
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, TokenEnds
from jackfield.kit.errors import ProviderUnavailable

DAY = 24 * 60
NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SAMPLES = 2000
_FAILURES = 7
Shares = Mapping[int, float]


@dataclass(frozen=True)
class Work:
    """
    Work that comes again for each account: after minutes, by their shares.

    `failed` is how it comes again after the first failure in a row, the second and so on. `most` is
    what all processes do in a minute.
    """

    name: str
    accounts: int
    done: Shares
    failed: Sequence[Shares]
    most: float


@dataclass
class Timeline:
    """What happened in each minute; `late` is how many minutes the last that was begun had waited."""

    done: list[float] = field(default_factory=list[float])
    failed: list[float] = field(default_factory=list[float])
    late: list[int] = field(default_factory=list[int])

    def caught_up_after(self, minute: int) -> int:
        """Return how many minutes after a minute nothing waits any more."""
        return next(n for n, late in enumerate(self.late[minute:]) if late == 0)


def checks(accounts: int, per_second: float) -> Work:
    return Work(
        "checks",
        accounts,
        _shares(lambda: next_check(NOW)),
        [_shares(lambda: next_attempt(NOW))],
        per_second * 60,
    )


def renewals(accounts: int, per_second: float, *, life: timedelta) -> Work:
    ends = TokenEnds(ACCESS_TOKEN, NOW + life)
    times = partial(times_of, ends, NOW, generation=1, has_refresh_token=True)
    return Work(
        "renewals",
        accounts,
        _shares(lambda: times().due_at),
        [_shares(partial(_next_renewal, number)) for number in range(1, _FAILURES + 1)],
        per_second * 60,
    )


def simulate(work: Work, *, days: float, outage: range = range(0)) -> Timeline:
    """Let days go by from the moment in which all accounts were linked at once."""
    minutes = int(days * DAY)
    # By minute, and by the number of failures in a row.
    due = [[0.0] * (len(work.failed) + 1) for _ in range(minutes)]
    waiting: deque[tuple[int, int, float]] = deque()
    seen = Timeline()
    _spread(due, 0, 0, work.accounts, work.done)
    for minute in range(minutes):
        waiting.extend((minute, number, count) for number, count in enumerate(due[minute]) if count)
        taken, late = _take(waiting, minute, work.most)
        fails = minute in outage
        for number, count in taken.items():
            if fails:
                after = min(number + 1, len(work.failed))
                _spread(due, minute, after, count, work.failed[after - 1])
            else:
                _spread(due, minute, 0, count, work.done)
        total = sum(taken.values())
        seen.done.append(0.0 if fails else total)
        seen.failed.append(total if fails else 0.0)
        seen.late.append(late)
    return seen


def _take(
    waiting: deque[tuple[int, int, float]], minute: int, most: float
) -> tuple[Mapping[int, float], int]:
    """Take those that have waited the longest; return them by failures, and the longest wait left."""
    taken: Counter[int] = Counter()
    while waiting and most > 0:
        since, number, count = waiting.popleft()
        part = min(count, most)
        most -= part
        taken[number] += part  # pyright: ignore[reportArgumentType]  # shares of accounts
        if part < count:
            waiting.appendleft((since, number, count - part))
    return taken, minute - waiting[0][0] + 1 if waiting else 0


def _spread(
    due: list[list[float]], minute: int, failures: int, count: float, shares: Shares
) -> None:
    for after, share in shares.items():
        if minute + after < len(due):
            due[minute + after][failures] += count * share


def _shares(time: Callable[[], datetime | None]) -> Shares:
    """Ask many times for the next time, and return the share of each minute."""
    state = random.getstate()
    random.seed(7)
    found: Counter[int] = Counter()
    for _ in range(_SAMPLES):
        at = time()
        assert at is not None
        found[max(1, round((at - NOW).total_seconds() / 60))] += 1
    random.setstate(state)
    return {minute: number / _SAMPLES for minute, number in found.items()}


def _next_renewal(failures: int) -> datetime:
    _, ahead = turns._pauses(failures, ProviderUnavailable())  # noqa: SLF001 - the hub's own pauses
    return NOW + ahead


def main() -> None:
    outage = range(3 * DAY, 4 * DAY)
    hour = timedelta(hours=1)
    for work in (checks(10_000_000, 250), renewals(2_000_000, 1000, life=hour)):
        seen = simulate(work, days=6, outage=outage)
        usual = sum(seen.done[2 * DAY : 3 * DAY]) / DAY / 60
        after = outage.stop
        print(
            f"{work.accounts:,} accounts, {work.name}: {usual:,.0f} a second on the third day; in an "
            f"outage of a day {sum(seen.failed) / work.accounts:.0f} attempts each; nothing waits "
            f"{seen.caught_up_after(after):,} minutes after its end, and at most "
            f"{max(seen.done[after:]) / 60:,.0f} a second are done"
        )


if __name__ == "__main__":
    main()
