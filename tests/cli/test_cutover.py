"""What a process does in the cut-over of an online copy of its file."""

import asyncio
import io
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from starlette.types import Receive, Scope, Send

from jackfield.cli import cutover
from jackfield.db import copy_state
from jackfield.db.copy_state import CopyState, Phase
from jackfield.db.transfer.followed_file import FollowedFile
from jackfield.db.tx import DatabaseMoved
from jackfield.settings import Settings
from tests.support.running import PATIENCE, PUBLIC_URL, Running

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("hub_database_url", ["sqlite"], indirect=True),
]


class Slow:
    """An application whose requests last until they are let go."""

    def __init__(self) -> None:
        self.is_asked = asyncio.Event()
        self.may_end = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.is_asked.set()
        await self.may_end.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - another process would say it no other way
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutover, "_LOOK_SECONDS", 0.005)


@pytest.fixture
def file(data_dir: Path) -> Path:
    return data_dir / "jackfield.db"


class Copy:
    """A copy in a thread of its own, as it has a process of its own."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def begin(self) -> None:
        state = CopyState("1", Phase.COPYING, "db.example.com/jackfield")
        await self._do(lambda file: file.begin(state))

    async def enter(self, phase: Phase) -> None:
        await self._do(lambda file: file.enter(phase))

    async def cut_over(self) -> None:
        def fence(file: FollowedFile) -> None:
            with file.alone() as commit:
                file.fence()
                commit()

        await self._do(fence)

    async def _do(self, work: Callable[[FollowedFile], None]) -> None:
        def done() -> None:
            with closing(FollowedFile(self._file)) as opened:
                work(opened)

        await asyncio.to_thread(done)


@pytest.fixture
async def copy(hub: Running, file: Path) -> Copy:
    assert hub.hub.db
    found = Copy(file)
    await found.begin()
    return found


def is_taken(places: copy_state.Places) -> bool:
    """Tell whether a process has its place: before that, it has not seen the copy."""
    is_free = places.are_free()
    if is_free:
        places.give_back()
    return not is_free


def settings_of(data_dir: Path) -> Settings:
    return Settings.read({"JACKFIELD_DATA_DIR": str(data_dir)})


async def test_what_is_under_way_is_finished_before_a_cut_over_and_the_rest_comes_again(
    hub: Running, copy: Copy, data_dir: Path, file: Path
) -> None:
    gate, app = cutover.Gate(), Slow()
    transport = httpx2.ASGITransport(app=gate.to(app))
    with copy_state.all_places(file) as places:

        def is_waited_for() -> bool:
            return is_taken(places)

        async with (
            cutover.working(hub.hub, settings_of(data_dir), gate) as work,
            httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as api,
        ):
            await until(is_waited_for)
            slow = asyncio.create_task(api.get("/accounts"))
            await app.is_asked.wait()
            await copy.enter(Phase.CLOSING)
            await until(lambda: gate.is_closed)
            other, alive = await api.get("/accounts"), await api.get("/healthz")
            was_waited_for = is_waited_for()
            app.may_end.set()
            finished = await slow
            await until(places.are_free)
            await copy.enter(Phase.COPYING)
            places.give_back()
            await until(lambda: not gate.is_closed)
            again = await api.get("/accounts")
            await until(is_waited_for)
            await copy.enter(Phase.CLOSING)
            await until(places.are_free)
            await copy.cut_over()
            with pytest.raises(DatabaseMoved, match=r"db\.example\.com/jackfield"):
                await work

    assert other.json()["code"] == "database_moving"
    assert (other.status_code, other.headers["retry-after"]) == (503, "2")
    assert alive.status_code == 200
    assert was_waited_for
    assert (finished.status_code, again.status_code) == (200, 200)


async def test_a_process_goes_on_if_the_copy_dies_in_its_cut_over(
    hub: Running,
    copy: Copy,
    data_dir: Path,
    file: Path,
    log_lines: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cutover, "CUT_OVER_SECONDS", 0.05)
    gate = cutover.Gate()
    async with cutover.working(hub.hub, settings_of(data_dir), gate):
        with copy_state.all_places(file) as places:
            await until(lambda: is_taken(places))
        await copy.enter(Phase.CLOSING)
        await until(lambda: "cut_over_put_off" in log_lines.getvalue())
        was_closed = gate.is_closed
        linked = await hub.link()
        await copy.enter(Phase.COPYING)

    assert linked
    assert not was_closed
    assert log_lines.getvalue().count("cut_over_begun") == 1
