"""How much of the outcomes of writes is remembered."""

import pytest

from jackfield.kit.errors import Conflict, HubError, ProviderAnswer, ProviderRejected
from jackfield.kit.ids import ProjectId
from jackfield.kit.recent_writes import RecentWrites
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.anyio

MOST = 64 * 1024 * 1024
NOT_KEPT = Conflict("not kept")
PROJECT = ProjectId("prj_1")


async def is_gone() -> bool:
    return True


def remember(writes: RecentWrites, key: bytes, size: int) -> None:
    write = writes.begin(PROJECT, key, is_gone)
    writes.finish(write, result={"rows": ["x" * size]}, error=None, not_kept=NOT_KEPT)


async def test_no_more_than_64_mb_are_held_and_no_write_is_forgotten_for_it(
    clock: FrozenClock,
) -> None:
    writes = RecentWrites(clock)
    for number in range(400):
        remember(writes, b"%d" % number, 200_000)

    first, last = await writes.find(b"0"), await writes.find(b"399")

    assert writes.size <= MOST
    assert first is not None
    assert first.error is NOT_KEPT
    assert last is not None
    assert last.error is None


async def test_what_is_forgotten_makes_room(clock: FrozenClock) -> None:
    writes = RecentWrites(clock)
    for number in range(1100):
        remember(writes, b"%d" % number, 1000)
    for number in range(1100):
        write = await writes.find(b"%d" % number)
        if write is not None:
            writes.forget(write)

    assert writes.size == 0


async def test_an_error_is_kept_with_its_code_and_without_a_large_answer(
    clock: FrozenClock,
) -> None:
    writes = RecentWrites(clock)
    write = writes.begin(PROJECT, b"key", is_gone)
    answer = ProviderAnswer(400, "/", "x" * 300_000)
    with pytest.raises(HubError) as refused:
        raise ProviderRejected(None, answer=answer)
    writes.finish(write, error=refused.value, not_kept=NOT_KEPT)

    assert refused.value.__traceback__ is not None
    assert isinstance(write.error, ProviderRejected)
    assert write.error.detail == refused.value.detail
    assert write.error.answer is None
    assert write.error.__traceback__ is None
    assert writes.size == 0
