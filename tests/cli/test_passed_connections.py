"""Connections that are passed on between the processes of a hub, where chance would lose them."""

import asyncio
import contextlib
import os
import resource
import socket
from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import pytest

from jackfield.cli import supervisor
from jackfield.cli.server import _server
from jackfield.cli.sockets import listen
from jackfield.cli.supervisor import Supervisor, _Place
from jackfield.cli.worker_link import WorkerLink
from tests.support.running import PATIENCE

_MANY = 350

pytestmark = pytest.mark.anyio


class _Crew(Supervisor):
    """Workers of which none takes connections, or one that is never given any."""

    def __init__(self, *takers: Any) -> None:
        self._takers = takers

    def takers(self) -> list[Any]:
        return [*self._takers]


@contextlib.contextmanager
def _place(*takers: Any) -> Generator[_Place]:
    place = _Place(_Crew(*takers), lambda: None, "127.0.0.1", 0)
    place.open()
    try:
        yield place
    finally:
        place.close()


async def test_a_worker_that_is_started_where_a_socket_was_closed_is_heard() -> None:
    loop, heard = asyncio.get_running_loop(), asyncio.Event()
    with _place() as place:
        number = place.opened.fileno()
        with place.passing_on(refuses=True):
            ours, theirs = socket.socketpair()
            # The kernel gives the lowest number that is free.
            if ours.fileno() != number:
                os.dup2(ours.fileno(), number)
                ours.close()
                ours = socket.socket(fileno=number)
            loop.add_reader(number, heard.set)
        theirs.send(b"r")

        with ours, theirs:
            async with asyncio.timeout(PATIENCE):
                await heard.wait()
            loop.remove_reader(number)


async def test_no_connection_is_lost_while_the_others_do_not_come_to_those_they_were_passed() -> (
    None
):
    ours, theirs = socket.socketpair()
    link = WorkerLink(ours)
    theirs.send(b"r")
    assert await link.is_ready()
    theirs.setblocking(False)
    passed: list[int] = []

    def receive() -> None:
        passed.extend(socket.recv_fds(theirs, 1, 1)[1])

    # More than the kernel holds on its way.
    with _place(SimpleNamespace(link=link)) as place, theirs, contextlib.ExitStack() as clients:
        with place.passing_on():
            for _ in range(_MANY):
                client = clients.enter_context(socket.socket())
                client.connect(place.opened.getsockname())
                await asyncio.sleep(0)
            asyncio.get_running_loop().add_reader(theirs, receive)
            async with asyncio.timeout(PATIENCE):
                while len(passed) < _MANY:  # noqa: ASYNC110 - nothing tells of it
                    await asyncio.sleep(0)
            asyncio.get_running_loop().remove_reader(theirs)
        for each in passed:
            os.close(each)
        link.close()


async def test_connections_wait_where_the_supervisor_can_open_no_more_files() -> None:
    loop = asyncio.get_running_loop()
    said: list[object] = []
    loop.set_exception_handler(lambda _, context: said.append(context))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ours, theirs = socket.socketpair()
    taker = SimpleNamespace(link=WorkerLink(ours))
    with ours, theirs, _place(taker) as place, socket.socket() as client:
        client.connect(place.opened.getsockname())
        with place.passing_on():
            resource.setrlimit(resource.RLIMIT_NOFILE, (place.opened.fileno(), hard))
            try:
                for _ in range(10):
                    await asyncio.sleep(0)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        connection, address = place.opened.accept()
        connection.close()
        assert (address, said) == (client.getsockname(), [])


async def test_the_others_go_on_while_the_system_has_no_process_for_a_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "_FORK_PAUSE", 0, raising=False)
    started = asyncio.Event()
    never: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    ended.set_result(-9)
    # The last one first.
    answers = [_worker(never), OSError(12, "Cannot allocate memory"), _worker(ended)]

    async def start(_opened: socket.socket) -> Any:
        answer = answers.pop()
        if isinstance(answer, OSError):
            raise answer
        if not answers:
            started.set()
        return answer

    with _place() as place:
        monkeypatch.setattr(_Crew, "start", staticmethod(start))
        await place.fill()
        kept = asyncio.create_task(place.keep())
        heard = asyncio.create_task(started.wait())
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait({kept, heard}, return_when=asyncio.FIRST_COMPLETED)
        assert not kept.done()
        kept.cancel()
        await asyncio.gather(kept, heard, return_exceptions=True)


def _worker(end: asyncio.Future[int]) -> Any:
    async def is_ready() -> bool:
        return True

    async def ends() -> int:
        return await end

    return SimpleNamespace(
        end=ends, link=SimpleNamespace(is_ready=is_ready), process=SimpleNamespace(pid=1)
    )


async def test_a_worker_that_is_replaced_answers_on_a_connection_it_has_just_been_passed() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    server = _server(app)
    with listen("127.0.0.1", 0) as opened, socket.create_server(("127.0.0.1", 0)) as other:
        served = asyncio.create_task(server.serve(sockets=[opened]))
        await server.is_listening.wait()
        reader, writer = await asyncio.open_connection(*other.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nhost: hub\r\n\r\n")
        server.take(other.accept()[0])

        answered = asyncio.create_task(reader.readline())
        retired = asyncio.create_task(server.retire())
        first, _ = await asyncio.wait({answered, retired}, return_when=asyncio.FIRST_COMPLETED)
        assert first == {answered}
        assert answered.result() == b"HTTP/1.1 204 No Content\r\n"

        await retired
        writer.close()
        server.should_exit = True
        await served
