import asyncio
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from jackfield.accounts.provider import shown_to
from jackfield.egress.client import Egress, OutboundRequest
from jackfield.egress.rewrite import Rewrites
from jackfield.engine.ports import ClientCertificate, Request
from jackfield.kit.errors import EgressBlocked, HubError
from tests.support.certificates import Authority, Pair

pytestmark = pytest.mark.anyio


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
async def server(authority: Authority, tmp_path: Path) -> AsyncGenerator[str]:
    """Return the address of a server that talks to clients of the authority alone."""
    own = authority.issue("Server")
    chain, root = tmp_path / "server.pem", tmp_path / "root.pem"
    chain.write_text(own.certificate + own.key, encoding="utf-8")
    root.write_text(authority.root, encoding="utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    context.load_verify_locations(root)
    context.verify_mode = ssl.CERT_REQUIRED

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        peer = dict(pair[0] for pair in writer.get_extra_info("peercert")["subject"])
        name = peer["commonName"].encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(name), name))
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    yield f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    listening.close()
    await listening.wait_closed()


async def ask(url: str, shown: Pair) -> str:
    egress = Egress(rewrites=Rewrites(), allow_private=True)
    try:
        answer = await egress.fetch(
            OutboundRequest("GET", url, certificate=(shown.certificate, shown.key))
        )
    finally:
        await egress.close()
    return answer.body.decode()


async def test_a_server_that_asks_for_a_certificate_gets_the_accounts(
    authority: Authority, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))

    assert await ask(server, authority.issue("Acme's account")) == "Acme's account"
    with pytest.raises(HubError):
        await ask(server, Authority().issue("A stranger"))


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
