"""Claimed deliveries by endpoint, and which of them is begun next."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from jackfield.webhooks.models import ClaimedDelivery


class Pace(Enum):
    """How a receiver answered last: at once, after a while, or not at all."""

    QUICK = "quick"
    SLOW = "slow"
    SILENT = "silent"


# Attempts under way, in all and to one endpoint. Those that take long have places of their own, so
# that they take none of the others'.
_AT_ONCE: Final = {Pace.QUICK: 64, Pace.SLOW: 256, Pace.SILENT: 32}
_EACH: Final = {Pace.QUICK: 4, Pace.SLOW: 4, Pace.SILENT: 1}
# Where many receivers that were quick do not answer all of a sudden.
_MOST: Final = 512
# Attempts that have ended, and whose results are not written yet.
_MOST_UNWRITTEN: Final = 512
_MOST_REMEMBERED: Final = 10_000


@dataclass(slots=True, eq=False)
class EndpointQueue:
    """The deliveries of one endpoint that this process has the lease of."""

    endpoint_id: str
    pace: Pace = Pace.QUICK
    waiting: deque[ClaimedDelivery] = field(default_factory=deque[ClaimedDelivery])
    lanes: set[str] = field(default_factory=set[str])
    # Attempts whose result is not written yet.
    unfinished: int = 0
    is_listed: bool = False

    @property
    def size(self) -> int:
        return len(self.waiting) + len(self.lanes)

    def take(self) -> ClaimedDelivery | None:
        """Begin the first delivery whose lane is free."""
        if len(self.lanes) >= _EACH[self.pace]:
            return None
        for index, each in enumerate(self.waiting):
            if each.lane not in self.lanes:
                del self.waiting[index]
                self.lanes.add(each.lane)
                return each
        return None


@dataclass(slots=True, eq=False)
class Begun:
    """A delivery that is under way. `pace` is whose place it takes."""

    queue: EndpointQueue
    claimed: ClaimedDelivery
    pace: Pace
    is_late: bool = False


class DeliveryQueues:
    """
    The queues of endpoints, which take turns: each begins one delivery, and goes to the end.

    How an endpoint answered is remembered after its queue is empty.
    """

    def __init__(self) -> None:
        self._queues: dict[str, EndpointQueue] = {}
        self._ready = {pace: deque[EndpointQueue]() for pace in Pace}
        self._under_way = Counter[Pace]()
        self._unwritten = 0
        self._paces: dict[str, Pace] = {}

    def __iter__(self) -> Iterator[EndpointQueue]:
        return iter(self._queues.values())

    def pace(self, endpoint_id: str) -> Pace:
        return self._paces.get(endpoint_id, Pace.QUICK)

    def get(self, endpoint_id: str) -> EndpointQueue | None:
        return self._queues.get(endpoint_id)

    def add(self, claimed: Iterable[ClaimedDelivery]) -> None:
        for each in claimed:
            queue = self._queues.get(each.endpoint_id)
            if queue is None:
                queue = EndpointQueue(each.endpoint_id, self.pace(each.endpoint_id))
                self._queues[each.endpoint_id] = queue
            queue.waiting.append(each)
            self._list(queue)

    def begin(self) -> Begun | None:
        """Begin the next delivery that there is room for."""
        if self._unwritten >= _MOST_UNWRITTEN:
            return None
        for pace, ready in self._ready.items():
            while (
                ready and self._under_way[pace] < _AT_ONCE[pace] and self._under_way.total() < _MOST
            ):
                queue = ready.popleft()
                queue.is_listed = False
                if queue.pace is not pace:
                    self._list(queue)
                    continue
                claimed = queue.take()
                if claimed is None:
                    # It is listed again when one of its deliveries has ended.
                    continue
                queue.unfinished += 1
                self._under_way[pace] += 1
                self._list(queue)
                return Begun(queue, claimed, pace)
        return None

    def slow_down(self, begun: Begun) -> None:
        """Give the place of a delivery that takes long to others."""
        begun.is_late = True
        if begun.pace is Pace.QUICK:
            self._move(begun, Pace.SLOW)
            if begun.queue.pace is Pace.QUICK:
                self._remember(begun.queue, Pace.SLOW)

    def end(self, begun: Begun, pace: Pace | None) -> None:
        """End an attempt; its endpoint answered so, or was not asked."""
        self._under_way[begun.pace] -= 1
        self._unwritten += 1
        queue = begun.queue
        queue.lanes.discard(begun.claimed.lane)
        if pace is not None and pace is not queue.pace:
            self._remember(queue, pace)
        self._list(queue)

    def finish(self, begun: Begun) -> bool:
        """Forget an attempt whose result is written; return whether its queue was the last's."""
        queue = begun.queue
        queue.unfinished -= 1
        self._unwritten -= 1
        if queue.unfinished or queue.size or self._queues.get(queue.endpoint_id) is not queue:
            return False
        del self._queues[queue.endpoint_id]
        return True

    def clear(self) -> list[ClaimedDelivery]:
        """Return what has not begun, and begin none of it."""
        waiting = [each for queue in self for each in queue.waiting]
        for queue in self:
            queue.waiting.clear()
        return waiting

    def _list(self, queue: EndpointQueue) -> None:
        if queue.waiting and not queue.is_listed:
            queue.is_listed = True
            self._ready[queue.pace].append(queue)

    def _move(self, begun: Begun, pace: Pace) -> None:
        self._under_way[begun.pace] -= 1
        begun.pace = pace
        self._under_way[pace] += 1

    def _remember(self, queue: EndpointQueue, pace: Pace) -> None:
        queue.pace = pace
        self._paces.pop(queue.endpoint_id, None)
        if pace is not Pace.QUICK:
            self._paces[queue.endpoint_id] = pace
            if len(self._paces) > _MOST_REMEMBERED:
                del self._paces[next(iter(self._paces))]
