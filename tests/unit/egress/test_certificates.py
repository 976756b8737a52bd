import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from jackfield.accounts.provider import shown_to
from jackfield.egress.client import Egress, OutboundRequest
from jackfield.egress.rewrite import Rewrites
from jackfield.engine.ports import ClientCertificate, Request
from jackfield.kit.errors import EgressBlocked, HubError
from tests.support.certificates import Authority, Pair, requiring_certificates

pytestmark = pytest.mark.anyio


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def tls(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    return requiring_certificates(authority, tmp_path, monkeypatch)


@asynccontextmanager
async def listening(tls: ssl.SSLContext, head: str = "200 OK") -> AsyncGenerator[str]:
    """Serve the name in each client's certificate, if it shows one; yield the address."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        shown = writer.get_extra_info("peercert") or {"subject": [[("commonName", "no one")]]}
        name = dict(pair[0] for pair in shown["subject"])["commonName"]
        writer.write(f"HTTP/1.1 {head}\r\ncontent-length: {len(name)}\r\n\r\n{name}".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=tls)
    yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()
    await server.wait_closed()


@pytest.fixture
async def server(tls: ssl.SSLContext) -> AsyncGenerator[str]:
    async with listening(tls) as url:
        yield url


async def ask(url: str, shown: Pair, **more: Any) -> str:
    egress = Egress(rewrites=Rewrites(), allow_private=True)
    try:
        answer = await egress.fetch(
            OutboundRequest("GET", url, certificate=(shown.certificate, shown.key), **more)
        )
    finally:
        await egress.close()
    return answer.body.decode()


async def test_a_server_that_asks_for_a_certificate_gets_the_accounts(
    authority: Authority, server: str
) -> None:
    assert await ask(server, authority.issue("Acme's account")) == "Acme's account"
    with pytest.raises(HubError):
        await ask(server, Authority().issue("A stranger"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_shows_no_certificate_to_another_origin(
    authority: Authority, tls: ssl.SSLContext, status: int
) -> None:
    shown = authority.issue("Acme's account")
    # Takes a client with a certificate and one without, and says who it was.
    tls.verify_mode = ssl.CERT_OPTIONAL

    async with listening(tls) as other:
        direct = await ask(other, shown)
        async with listening(tls, f"{status} Elsewhere\r\nlocation: {other}") as first:
            redirected = await ask(first, shown, follow=3)

    assert (direct, redirected) == ("Acme's account", "no one")


async def test_a_redirect_to_the_same_origin_shows_the_certificate(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    async with listening(tls, "307 Here\r\nlocation: /again") as url:
        assert await ask(url, authority.issue("Acme's account"), follow=1) == "Acme's account"


async def test_a_certificate_and_a_key_that_are_none_are_refused_before_anything_is_sent() -> None:
    egress = Egress(rewrites=Rewrites(), allow_private=True)
    outgoing = OutboundRequest(
        "GET", "https://127.0.0.1:1/", certificate=("no certificate", "no key")
    )

    with pytest.raises(EgressBlocked, match="client certificate"):
        await egress.fetch(outgoing)

    await egress.close()


def test_the_certificate_of_a_request_is_shown_as_a_chain_and_a_key() -> None:
    certificate = ClientCertificate(("leaf", "issuer"), ("key",))

    assert shown_to(Request("GET", "https://x.test/")) is None
    assert shown_to(Request("GET", "https://x.test/", certificate=certificate)) == (
        "leaf\nissuer",
        "key",
    )
