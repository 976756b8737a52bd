"""The way out, against real servers on loopback."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, Callable
from contextlib import nullcontext
from ipaddress import ip_network

import pytest

from jackfield.egress.client import Egress, OutboundRequest
from jackfield.egress.errors import ProviderAnswerTooLarge
from jackfield.egress.policy import PrivateNetworks
from jackfield.egress.rewrite import Rewrites
from jackfield.kit.errors import EgressBlocked, ProviderTimeout, ProviderUnavailable
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

PROVIDER = "https://api.provider.example"


@pytest.fixture
async def open_egress() -> AsyncGenerator[Callable[..., Egress]]:
    opened: list[Egress] = []

    def make(
        *, rewrites: dict[str, str] | None = None, allow_private: PrivateNetworks = False
    ) -> Egress:
        opened.append(Egress(rewrites=Rewrites(rewrites or {}), allow_private=allow_private))
        return opened[-1]

    yield make
    for egress in opened:
        await egress.close()


async def test_a_rewritten_origin_is_reached_and_keeps_its_name(
    open_egress: Callable[..., Egress],
) -> None:
    async with scripted(reply('{"ok": true}', headers={"x-a": "1"})) as server:
        egress = open_egress(rewrites={PROVIDER: server.url})

        answer = await egress.fetch(
            OutboundRequest("POST", f"{PROVIDER}/a?b=c%20d", headers={"Api-Key": "k"}, body=b"{}")
        )

    assert (answer.status, answer.body, answer.url) == (
        200,
        b'{"ok": true}',
        f"{PROVIDER}/a?b=c%20d",
    )
    assert answer.headers["x-a"] == "1"
    (seen,) = server.seen
    assert seen.line == "POST /a?b=c%20d HTTP/1.1"
    assert seen.headers["api-key"] == "k"
    assert seen.headers["user-agent"].startswith("Jackfield/")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "10.0.0.1",
    ],
)
async def test_a_private_address_is_refused_in_every_spelling(
    open_egress: Callable[..., Egress], host: str
) -> None:
    with pytest.raises(EgressBlocked, match=r"private or reserved|is not a valid host"):
        await open_egress().fetch(OutboundRequest("GET", f"http://{host}/", seconds=5))


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "https://api.example.com\\@evil.example/",
        "https://user@api.example.com/",
        "https://api%2eexample.com/",
        "https://api.exam\tple.com/",
        "https://bücher.example/",
        "ftp://api.example.com/",
        "//api.example.com/",
    ],
)
async def test_an_address_that_may_be_read_in_two_ways_is_never_asked(
    open_egress: Callable[..., Egress], url: str
) -> None:
    with pytest.raises(EgressBlocked, match="can be requested"):
        await open_egress().fetch(OutboundRequest("GET", url, seconds=5))


async def test_only_what_was_rewritten_passes_the_guard(
    open_egress: Callable[..., Egress],
) -> None:
    async with scripted(reply()) as server:
        egress = open_egress(rewrites={PROVIDER: server.url})

        await egress.fetch(OutboundRequest("GET", PROVIDER))
        with pytest.raises(EgressBlocked):
            await egress.fetch(OutboundRequest("GET", server.url))

    assert len(server.seen) == 1


@pytest.mark.parametrize(("network", "reached"), [("127.0.0.0/8", True), ("10.0.0.0/8", False)])
async def test_the_guard_lets_through_the_networks_that_are_named(
    open_egress: Callable[..., Egress], network: str, reached: bool
) -> None:
    async with scripted(reply()) as server:
        egress = open_egress(allow_private=(ip_network(network),))
        with nullcontext() if reached else pytest.raises(EgressBlocked, match="private"):
            await egress.fetch(OutboundRequest("GET", server.url))

    assert len(server.seen) == reached


async def test_the_guard_can_be_switched_off(open_egress: Callable[..., Egress]) -> None:
    async with scripted(reply()) as server:
        answer = await open_egress(allow_private=True).fetch(OutboundRequest("GET", server.url))

    assert answer.status == 200


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://provider.example/",
        "http:///nowhere",
        "https://user:secret@provider.example/",
    ],
)
async def test_a_url_that_is_not_plainly_http_is_refused(
    open_egress: Callable[..., Egress], url: str
) -> None:
    with pytest.raises(EgressBlocked) as refused:
        await open_egress().fetch(OutboundRequest("GET", url))

    assert "secret" not in refused.value.detail


async def test_a_host_the_connector_does_not_declare_is_refused(
    open_egress: Callable[..., Egress],
) -> None:
    with pytest.raises(EgressBlocked, match=r"does not declare the host 'evil\.example'"):
        await open_egress().fetch(
            OutboundRequest("GET", "https://evil.example/", may_visit=lambda url: PROVIDER in url)
        )


async def test_a_redirect_is_not_followed_unless_asked(open_egress: Callable[..., Egress]) -> None:
    async with scripted(reply(status=302, headers={"location": "/b"})) as server:
        egress = open_egress(rewrites={PROVIDER: server.url})
        answer = await egress.fetch(OutboundRequest("GET", f"{PROVIDER}/a"))

    assert (answer.status, len(server.seen)) == (302, 1)


async def test_a_redirect_to_a_private_address_is_refused(
    open_egress: Callable[..., Egress],
) -> None:
    location = {"location": "http://169.254.169.254/latest/meta-data/"}
    async with scripted(reply(status=302, headers=location)) as server:
        egress = open_egress(rewrites={PROVIDER: server.url})

        with pytest.raises(EgressBlocked):
            await egress.fetch(OutboundRequest("GET", f"{PROVIDER}/a", follow=3))


async def test_a_credential_does_not_follow_a_redirect_to_another_origin(
    open_egress: Callable[..., Egress],
) -> None:
    other = "https://files.provider.example"
    async with (
        scripted(reply("done")) as target,
        scripted(reply(status=307, headers={"location": f"{other}/b"})) as server,
    ):
        egress = open_egress(rewrites={PROVIDER: server.url, other: target.url})
        headers = {"Api-Key": "k", "Authorization": "Bearer t", "Accept": "text/csv"}
        answer = await egress.fetch(
            OutboundRequest("GET", f"{PROVIDER}/a", headers=headers, follow=3)
        )

    assert (answer.body, answer.url) == (b"done", f"{other}/b")
    (seen,) = target.seen
    assert seen.headers["accept"] == "text/csv"
    assert {"api-key", "authorization"}.isdisjoint(seen.headers)


async def test_what_goes_to_no_provider_is_not_rewritten(
    open_egress: Callable[..., Egress],
) -> None:
    async with scripted(reply("inside")) as server:
        egress = open_egress(rewrites={"http://127.0.0.1:1": server.url})
        with pytest.raises(EgressBlocked):
            await egress.fetch(
                OutboundRequest("POST", "http://127.0.0.1:1/a", is_to_provider=False)
            )

    assert server.seen == []


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_carries_no_body_to_another_origin(
    open_egress: Callable[..., Egress], status: int
) -> None:
    other = "https://files.provider.example"
    async with (
        scripted(reply("done")) as target,
        scripted(reply(status=status, headers={"location": f"{other}/b"})) as server,
    ):
        egress = open_egress(rewrites={PROVIDER: server.url, other: target.url})
        await egress.fetch(OutboundRequest("POST", f"{PROVIDER}/a", body=b"secret", follow=3))

    assert [each.body for each in server.seen] == [b"secret"]
    assert [each.body for each in target.seen] == [b""]


async def test_a_redirect_carries_its_body_on_within_one_origin(
    open_egress: Callable[..., Egress],
) -> None:
    async with scripted(reply(status=307, headers={"location": "/b"})) as server:
        egress = open_egress(rewrites={PROVIDER: server.url})
        await egress.fetch(OutboundRequest("POST", f"{PROVIDER}/a", body=b"rows", follow=1))

    assert [each.body for each in server.seen] == [b"rows", b"rows"]


async def test_a_circle_of_redirects_ends(open_egress: Callable[..., Egress]) -> None:
    async with scripted(reply(status=302, headers={"location": "/again"})) as server:
        egress = open_egress(rewrites={PROVIDER: server.url})
        answer = await egress.fetch(OutboundRequest("GET", f"{PROVIDER}/a", follow=3))

    assert (answer.status, len(server.seen)) == (302, 4)


@pytest.mark.parametrize("packed", [False, True])
async def test_an_answer_that_is_too_large_is_refused(
    open_egress: Callable[..., Egress], *, packed: bool
) -> None:
    large = b"x" * 3_000_000
    answer = (
        reply(gzip.compress(large), headers={"content-encoding": "gzip"})
        if packed
        else reply(large)
    )
    async with scripted(answer) as server:
        egress = open_egress(rewrites={PROVIDER: server.url})

        with pytest.raises(ProviderAnswerTooLarge, match="larger than 1 MB"):
            await egress.fetch(OutboundRequest("GET", PROVIDER, max_bytes=1024 * 1024))


async def test_a_slow_provider_times_out(open_egress: Callable[..., Egress]) -> None:
    async def never(_writer: asyncio.StreamWriter, _seen: Seen) -> None:
        await asyncio.Event().wait()

    async with scripted(never) as server:
        egress = open_egress(rewrites={PROVIDER: server.url})

        with pytest.raises(ProviderTimeout):
            await egress.fetch(OutboundRequest("GET", PROVIDER, seconds=0.05))


async def test_a_provider_that_trickles_times_out_too(open_egress: Callable[..., Egress]) -> None:
    async def trickle(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.01)

    async with scripted(trickle) as server:
        egress = open_egress(rewrites={PROVIDER: server.url})

        with pytest.raises(ProviderTimeout):
            await egress.fetch(OutboundRequest("GET", PROVIDER, seconds=0.1))


async def test_a_provider_that_is_down_is_unavailable(open_egress: Callable[..., Egress]) -> None:
    async with scripted(reply()) as server:
        pass
    egress = open_egress(rewrites={PROVIDER: server.url})

    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        await egress.fetch(OutboundRequest("GET", PROVIDER))


async def test_an_answer_that_breaks_off_is_no_answer(open_egress: Callable[..., Egress]) -> None:
    async with scripted(reply("half", headers={"content-length": "1000"})) as server:
        egress = open_egress(rewrites={PROVIDER: server.url})

        with pytest.raises(ProviderUnavailable, match="is incomplete"):
            await egress.fetch(OutboundRequest("GET", PROVIDER))


async def test_a_server_that_does_not_speak_http_is_unavailable(
    open_egress: Callable[..., Egress],
) -> None:
    async def babble(writer: asyncio.StreamWriter, _seen: Seen) -> None:
        writer.write(b"220 mail.example ESMTP\r\n\r\n")

    async with scripted(babble) as server:
        egress = open_egress(rewrites={PROVIDER: server.url})

        with pytest.raises(ProviderUnavailable):
            await egress.fetch(OutboundRequest("GET", PROVIDER))


async def test_a_host_that_does_not_exist_is_not_taken_for_a_blocked_one(
    open_egress: Callable[..., Egress],
) -> None:
    with pytest.raises(ProviderUnavailable, match="cannot be found"):
        await open_egress().fetch(OutboundRequest("GET", "https://nowhere.invalid/"))
