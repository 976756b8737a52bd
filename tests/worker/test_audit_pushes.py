"""The audit log is pushed to where it is kept apart, from where each sink's checkpoint is on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from jackfield.audit.pushes.models import InvalidSink, Sink
from jackfield.audit.pushes.repo import push_states
from jackfield.audit.verification import Verification, verify
from jackfield.kit.secret import Secret
from jackfield.worker import audit as upkeep
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver
from tests.support.running import HubWith, Running
from tests.support.scripted import Seen, reply

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def pushed(hub: Running) -> int:
    await upkeep.seal_due(hub.hub)
    return await upkeep.push(hub.hub)


async def verified(hub: Running, seen: Seen) -> Verification:
    async def lines() -> AsyncGenerator[bytes]:
        for line in seen.body.splitlines(keepends=True):
            yield line

    return await verify(lines(), hub.hub.vault.audit_keys.public_keys())


async def test_a_receiver_gets_each_record_once_in_files_that_prove_themselves(
    hub_with: HubWith, receiver: Receiver
) -> None:
    token = Secret("token-of-the-receiver")
    async with hub_with(audit_push=(receiver.url,), audit_push_token=token) as hub:
        first = await pushed(hub)
        nothing = await pushed(hub)
        await hub.api.patch("/jackfield/project", json={"retention_days": 7})
        more = await pushed(hub)

        assert (first > 1, nothing, more) == (True, 0, 1)
        found = [await verified(hub, seen) for seen in receiver.server.seen]
        assert [each.fault for each in found] == [None] * len(found)
        assert sum(each.records for each in found) == first + 1
        last = receiver.server.seen[-1]
        assert last.headers["authorization"] == "Bearer token-of-the-receiver"
        assert last.headers["idempotency-key"].endswith(f"-{first + 1}-{first + 1}")


async def test_what_a_receiver_did_not_take_is_pushed_again_later_from_its_checkpoint(
    hub_with: HubWith, receiver: Receiver, clock: FrozenClock
) -> None:
    receiver.answers = [reply(status=503), reply()]
    async with hub_with(audit_push=(receiver.url,)) as hub:
        assert await pushed(hub) == 0
        assert await pushed(hub) == 0
        (state,) = await push_states(hub.hub.db, [receiver.url])
        assert (state.seq, state.failures, state.error) == (0, 1, "it answered 503")

        clock.advance(minutes=1)
        count = await pushed(hub)

        (state,) = await push_states(hub.hub.db, [receiver.url])
        assert (state.seq, state.failures, state.error) == (count, 0, None)
        assert (
            receiver.server.seen[0].body.splitlines()[1:]
            == (receiver.server.seen[1].body.splitlines()[1:])
        )


async def test_a_record_that_was_changed_after_it_was_pushed_ends_the_pushes(
    hub_with: HubWith, receiver: Receiver
) -> None:
    async with hub_with(audit_push=(receiver.url,)) as hub:
        await pushed(hub)
        before = len(receiver.server.seen)
        await hub.hub.db.unscoped("update audit_records set hash = :other", other="0" * 64)
        await hub.api.patch("/jackfield/project", json={"retention_days": 7})

        assert await pushed(hub) == 0

        (state,) = await push_states(hub.hub.db, [receiver.url])
        assert "is not the one that was pushed" in (state.error or "")
        assert len(receiver.server.seen) == before


async def test_a_store_gets_signed_files_under_names_that_do_not_change(
    hub_with: HubWith, receiver: Receiver
) -> None:
    address = f"s3://audit/eu?region=eu-central-1&endpoint={receiver.server.url}"
    key = Secret("AKIDEXAMPLE:wJalrXUtnFEMI")
    async with hub_with(audit_push=(address,), audit_push_store_key=key) as hub:
        count = await pushed(hub)

        seen = receiver.server.seen[0]
        place = f"/audit/eu/{hub.project.id}/{1:015d}-{count:015d}.ndjson"
        assert seen.line == f"PUT {place} HTTP/1.1"
        assert "Credential=AKIDEXAMPLE/" in seen.headers["authorization"]
        assert "/eu-central-1/s3/aws4_request" in seen.headers["authorization"]
        assert (await verified(hub, seen)).fault is None


@dataclass
class Syslog:
    """A server that reads messages until the client has sent its last."""

    address: str = ""
    content: bytearray = field(default_factory=bytearray)


@asynccontextmanager
async def syslog() -> AsyncGenerator[Syslog]:
    found = Syslog()

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.content += await reader.read()
        writer.close()

    server = await asyncio.start_server(read, "127.0.0.1", 0)
    found.address = f"syslog://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield found


async def test_a_syslog_server_gets_a_message_a_record(hub_with: HubWith) -> None:
    async with syslog() as server, hub_with(audit_push=(server.address,)) as hub:
        count = await pushed(hub)

        messages = _split(bytes(server.content))
        assert len(messages) == count
        assert messages[0].startswith("<110>1 2026-03-01T09:30:00.000000Z - jackfield - ")
        assert f'chain="{hub.project.id}" seq="1"' in messages[0]


def _split(content: bytes) -> list[str]:
    """Read messages as RFC 6587 counts them."""
    found: list[str] = []
    while content:
        length, _, rest = content.partition(b" ")
        found.append(rest[: int(length)].decode())
        content = rest[int(length) :]
    return found


async def test_a_syslog_server_that_is_not_there_is_tried_again(hub_with: HubWith) -> None:
    async with hub_with(audit_push=("syslog://127.0.0.1:9",)) as hub:
        assert await pushed(hub) == 0

        (state,) = await push_states(hub.hub.db, ["syslog://127.0.0.1:9"])
        assert state.failures == 1
        assert "did not take it" in (state.error or "")


@pytest.mark.parametrize(
    "address",
    [
        "ftp://host/path",
        "https://user:password@host/path",
        "s3://",
        "s3://bucket?color=red",
        "s3://bucket?endpoint=minio",
        "syslog://host/path",
        "host",
        "http://[::1",
    ],
)
def test_an_address_that_is_none_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(InvalidSink) as refused:
        Sink.parse(address)

    assert "password@" not in refused.value.detail
    assert "expected https://host/path" in refused.value.detail


def test_addresses_say_where_files_go() -> None:
    def url(address: str) -> Any:
        return Sink.parse(address).url

    assert url("https://siem.example.com/ingest?a=b") == "https://siem.example.com/ingest?a=b"
    assert url("s3://logs/audit?region=eu-west-1") == (
        "https://logs.s3.eu-west-1.amazonaws.com/audit"
    )
    assert url("s3://logs?endpoint=https://minio:9000") == "https://minio:9000/logs"
    assert Sink.parse("syslog+tls://host").port == 6514
