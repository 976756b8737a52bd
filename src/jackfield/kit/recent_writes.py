"""Memory of writes whose outcome may not have reached the client that asked for them."""

import secrets
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias, cast

from msgspec import Struct

from jackfield.kit.clock import Clock
from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId

IsGone: TypeAlias = Callable[[], Awaitable[bool]]

LIFETIME: Final = timedelta(minutes=10)
_MOST: Final = 1000
_MOST_BYTES: Final = 64 * 1024 * 1024
_LARGEST: Final = 256 * 1024
_LONGEST_DETAIL: Final = 1000


@dataclass(eq=False, slots=True)
class RecentWrite:
    """A write that runs, or its outcome: a result or an error. `is_gone` asks for its client."""

    project_id: ProjectId
    key: bytes
    is_gone: IsGone
    result: object = None
    error: HubError | None = None
    until: datetime | None = None
    # How much memory the outcome takes.
    size: int = 0
    # What other processes know of it, and whether it was done when that was last looked at.
    noted_as: str | None = None
    was_done: bool = False

    @property
    def is_done(self) -> bool:
        return self.until is not None

    def shed(self, instead: HubError) -> None:
        """Drop what is large of the outcome: of an error its words and code stay."""
        if self.error is None:
            self.result, self.error = None, instead
        else:
            held = vars(self.error)
            held |= {"faults": (), "context": {}, "detail": self.error.detail[:_LONGEST_DETAIL]}
            held |= {"answer": None} if "answer" in held else {}
            self.error.args = (self.error.detail,)
        self.size = 0


class RecentWrites:
    """In the memory of one process, and so much of it at most.

    What is too large is remembered without its content: a write is not done again for that.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._writes: dict[RecentWrite, None] = {}
        self._by_key: dict[bytes, list[RecentWrite]] = {}
        self._forgotten: list[RecentWrite] = []
        self._size = 0
        # The name of this memory among those of other processes.
        self.process: Final = secrets.token_hex(8)

    @property
    def size(self) -> int:
        return self._size

    async def find(self, key: bytes) -> RecentWrite | None:
        """Return an equal write whose client is gone, or whose outcome is unknown."""
        for write in tuple(self._by_key.get(key, ())):
            if write.until is not None and write.until < self._clock():
                self.forget(write)
            elif write.is_done or await write.is_gone():
                return write
        return None

    def all(self) -> tuple[RecentWrite, ...]:
        return tuple(self._writes)

    def take_forgotten(self) -> list[RecentWrite]:
        """Return once each write that was forgotten and that other processes know of."""
        forgotten, self._forgotten = self._forgotten, []
        return forgotten

    def begin(self, project_id: ProjectId, key: bytes, is_gone: IsGone) -> RecentWrite:
        write = RecentWrite(project_id, key, is_gone)
        self._writes[write] = None
        self._by_key.setdefault(key, []).append(write)
        while len(self._writes) > _MOST:
            self.forget(next(iter(self._writes)))
        return write

    def finish(
        self,
        write: RecentWrite,
        *,
        result: object = None,
        error: HubError | None,
        not_kept: HubError,
    ) -> None:
        """Keep an outcome; a repetition gets `not_kept` in place of a result without room."""
        write.result, write.error = result, None if error is None else bare(error)
        write.until = self._clock() + LIFETIME
        write.size = _measure(result if error is None else vars(error))
        if write.size > _LARGEST:
            write.shed(not_kept)
        # It may have been forgotten while it ran.
        if write not in self._writes:
            return
        self._size += write.size
        for each in self._writes if self._size > _MOST_BYTES else ():
            self._size -= each.size
            each.shed(not_kept)
            if self._size <= _MOST_BYTES:
                break

    def forget(self, write: RecentWrite) -> None:
        if self._writes.pop(write, self) is self:
            return
        self._size -= write.size
        equal = self._by_key[write.key]
        equal.remove(write)
        if not equal:
            del self._by_key[write.key]
            if write.noted_as is not None:
                self._forgotten.append(write)


def bare(error: HubError) -> HubError:
    """Return the same error without its traceback, which holds all that its run has held."""
    twin = type(error).__new__(type(error), *error.args)
    vars(twin).update(vars(error))
    return twin


def _measure(outcome: object) -> int:
    """Return how much memory a value takes, or enough of it to know that it is too much."""
    size, waiting = 0, [outcome]
    while waiting and size <= _LARGEST:
        each = waiting.pop()
        size += sys.getsizeof(each)
        if isinstance(each, Mapping):
            members = cast("Mapping[object, object]", each)
            waiting += [*members, *members.values()]
        elif isinstance(each, list | tuple):
            waiting += cast("Iterable[object]", each)
        elif is_dataclass(each):
            waiting += [getattr(each, field.name) for field in fields(each)]
        elif isinstance(each, Struct):
            waiting += [getattr(each, name) for name in each.__struct_fields__]
    return size
