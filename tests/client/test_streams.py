"""Rows as they come, and pages to their end, in both forms of the client and the command."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jackfield.client import (
    AsyncHub,
    BrokenOff,
    Hub,
    Invalid,
    ProviderFailed,
    Unreachable,
)
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import (
    Command,
    jackfield,
    served,
)
from tests.clients.conftest import link
from tests.support.scripted import Answer, Seen, reply, scripted

__all__ = ["jackfield", "served"]

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

HEAD = "content-type: application/x-ndjson\r\ncontent-disposition: attachment\r\n"
LINES = '{"n": 1}\n{"a": "x\u2028y"}\n{"n": 3}'


def rows(body: bytes, *lines: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        head = "".join(f"{line}\r\n" for line in lines)
        writer.write(f"HTTP/1.1 200 OK\r\n{HEAD}{head}connection: close\r\n\r\n".encode() + body)

    return answer


def chunked(*chunks: str, is_whole: bool) -> Answer:
    body = b"".join(b"%x\r\n%b\r\n" % (len(c.encode()), c.encode()) for c in chunks)
    return rows(body + (b"0\r\n\r\n" if is_whole else b""), "transfer-encoding: chunked")


Collect = Callable[[str], Any]


async def collect(url: str) -> list[str]:
    async with AsyncHub(url, "k") as hub:
        return [line async for line in hub.stream_lines("acme_export", account_id="a")]


async def collect_in_a_thread(url: str) -> list[str]:
    def work() -> list[str]:
        with Hub(url, "k") as hub:
            return list(hub.stream_lines("acme_export", account_id="a"))

    return await asyncio.to_thread(work)


both = pytest.mark.parametrize("client", [collect, collect_in_a_thread])


@both
async def test_rows_come_whole_however_they_are_cut(client: Collect) -> None:
    answer = chunked(LINES[:4], LINES[4:12], LINES[12:], is_whole=True)
    async with scripted(answer) as hub:
        found = await client(hub.url)

    assert found == ['{"n": 1}\n', '{"a": "x\u2028y"}\n', '{"n": 3}']
    assert "idempotency-key" not in hub.seen[0].headers


@both
@pytest.mark.parametrize(
    "answer",
    [
        chunked('{"n": 1}\n', is_whole=False),
        rows(b'5\r\n{"n"', "transfer-encoding: chunked"),
        rows(b'{"n": 1}\n', "content-length: 100"),
    ],
    ids=["no end", "within a chunk", "too short"],
)
async def test_rows_that_break_off_are_an_error(client: Collect, answer: Answer) -> None:
    async with scripted(answer) as hub:
        with pytest.raises(BrokenOff, match="not all"):
            await client(hub.url)

    assert len(hub.seen) == 1


@both
async def test_a_refusal_before_the_first_row_is_the_error_it_is(client: Collect) -> None:
    body = '{"code": "not_streamed", "message": "it has no rows"}'
    async with scripted(reply(body, status=422)) as hub:
        with pytest.raises(Invalid, match="not_streamed"):
            await client(hub.url)


@both
async def test_a_page_in_place_of_rows_is_not_from_a_hub(client: Collect) -> None:
    async with scripted(reply("<p>", headers={"content-type": "text/html"})) as other:
        with pytest.raises(Unreachable, match="no hub"):
            await client(other.url)
    with pytest.raises(Unreachable, match="no hub"):
        await client("http://127.0.0.1:1")


def pages(*cursors: str | None) -> Answer:
    left = list(cursors)

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        cursor = "null" if left[0] is None else f'"{left[0]}"'
        left.append(left.pop(0))
        await reply(f'{{"data": [1], "next": {cursor}}}')(writer, seen)

    return answer


@pytest.mark.parametrize("cursors", [("A",), ("A", "B"), ("A", "B", "C")])
async def test_pages_that_lead_back_are_told_apart_from_many(cursors: tuple[str, ...]) -> None:
    found: list[int] = []

    def work(url: str) -> None:
        with Hub(url, "k") as hub:
            found.extend(hub.run_pages("acme_list", account_id="a"))

    async with scripted(pages(*cursors)) as hub, AsyncHub(hub.url, "k") as client:
        with pytest.raises(ProviderFailed, match="provider_pagination_stalled"):
            async for row in client.run_pages("acme_list", account_id="a"):
                found.append(row)  # noqa: PERF401 - what came before the error counts
    assert len(found) == len(cursors) + 1
    async with scripted(pages(*cursors)) as hub:
        with pytest.raises(ProviderFailed, match="provider_pagination_stalled"):
            await asyncio.to_thread(work, hub.url)
    async with scripted(pages(*cursors, None)) as hub:
        await asyncio.to_thread(work, hub.url)
    assert len(found) == 3 * (len(cursors) + 1)


RUN = ("run", "acme_export", "--account", "a")


async def test_the_command_passes_rows_on(jackfield: Command, tmp_path: Path) -> None:
    file = tmp_path / "rows.ndjson"
    async with scripted(chunked(LINES, is_whole=True)) as hub:
        shown = await jackfield(*RUN, "--stream", URL=hub.url, API_KEY="k")
        saved = await jackfield(*RUN, "--output", str(file), URL=hub.url, API_KEY="k")
        thrown = await jackfield(*RUN, "--output", "/dev/null", URL=hub.url, API_KEY="k")

    assert (shown.status, shown.out, shown.err) == (0, LINES, "")
    assert (saved.status, saved.out, file.read_text("utf-8")) == (0, "", LINES)
    assert thrown.status == 0
    assert not file.with_name("rows.ndjson.part").exists()


async def test_rows_that_break_off_leave_no_file_that_looks_whole(
    jackfield: Command, tmp_path: Path
) -> None:
    file = tmp_path / "rows.ndjson"
    file.write_text("yesterday's", encoding="utf-8")
    async with scripted(chunked('{"n": 1}\n', is_whole=False)) as hub:
        shown = await jackfield(*RUN, "--stream", URL=hub.url, API_KEY="k")
        saved = await jackfield(*RUN, "--output", str(file), URL=hub.url, API_KEY="k")

    assert (shown.status, saved.status) == (3, 3)
    assert "those that came are not all" in saved.err
    assert file.read_text("utf-8") == "yesterday's"
    assert (tmp_path / "rows.ndjson.part").read_text("utf-8") == '{"n": 1}\n'


async def test_a_file_of_rows_keeps_its_mode_and_place_and_follows_no_link_beside_it(
    jackfield: Command, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    kept, other, named = tmp_path / "kept" / "rows", tmp_path / "other", tmp_path / "named"
    kept.touch(0o600)
    other.write_text("another's", encoding="utf-8")
    named.symlink_to(kept)
    kept.with_name("rows.part").symlink_to(other)
    async with scripted(chunked(LINES, is_whole=True)) as hub:
        saved = await jackfield(*RUN, "--output", str(named), URL=hub.url, API_KEY="k")

    assert (saved.status, kept.read_text("utf-8")) == (0, LINES)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert named.is_symlink()
    assert other.read_text("utf-8") == "another's"


async def test_an_export_of_the_sandbox_is_streamed_by_all(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox
) -> None:
    inputs = {"dataTypeName": "user", "range": "All"}
    async with AsyncHub(served["URL"], served["API_KEY"]) as client:
        account = await link(client, sandbox.us.api_keys["server_side"])
        name = "iterable_export_data_json"
        lines = [line async for line in client.stream_lines(name, inputs, account_id=account)]

    said = await jackfield(
        *("run", name, "dataTypeName=user", "range=All", "--account", account, "--stream"), **served
    )

    assert len(lines) > 10
    assert said.out == "".join(lines)


async def test_numbers_stay_text_where_the_action_wants_text(jackfield: Command) -> None:
    properties = (
        '{"id": {"type": "string"}, "n": {"type": "number"}, "m": {"type": ["string", "null"]}}'
    )
    connector = (
        '{"data": [{"key": "acme", "name": "Acme", "version": "1", "actions": [{"id": "acme_export",'
        f' "label": "x", "description": "x", "input_schema": {{"properties": {properties}}}}}]}}]}}'
    )

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        is_list = seen.line.startswith("GET /actions?")
        await reply(connector if is_list else '{"data": null}')(writer, seen)

    async with scripted(answer) as hub:
        said = await jackfield(
            *RUN, "id=1.10", "n=1.10", "m=007", "x=true", 'l=["1.10"]', URL=hub.url, API_KEY="k"
        )

    assert said.status == 0, said.err
    assert b'"body":{"id":"1.10","n":1.1,"m":"007","x":true,"l":["1.10"]}' in hub.seen[-1].body


async def test_what_the_provider_said_is_printed(jackfield: Command) -> None:
    body = """{"statusCode": 502, "code": "provider_rejected", "message": "Iterable refused it",
        "provider_errors": [{"status": 400, "url": "https://api.iterable.com/x", "headers": {},
        "raw": {"code": "RequestFieldsTypesMismatched", "params": {"expected": "Long"}}}]}"""
    async with scripted(reply(body, status=502)) as hub:
        said = await jackfield(*RUN, URL=hub.url, API_KEY="k")

    assert said.status == 3
    for word in ("provider_rejected", "502", "400", "RequestFieldsTypesMismatched", "Long"):
        assert word in said.err
