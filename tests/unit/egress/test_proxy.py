"""The way out by a proxy: it is given checked addresses alone, and sees nothing of what is said."""

import asyncio
import base64
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import pytest

from jackfield.egress.client import Egress, OutboundRequest
from jackfield.egress.errors import EgressProxyFailed
from jackfield.egress.policy import PrivateNetworks
from jackfield.egress.rewrite import Rewrites
from jackfield.kit.errors import EgressBlocked, ProviderUnavailable
from jackfield.kit.proxy_address import ProxyAddress
from jackfield.settings import InvalidSetting, Settings
from tests.support import names
from tests.support.certificates import Authority
from tests.support.scripted import reply, scripted

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run on the event loop of a server."""
    return "asyncio", {"use_uvloop": True}


# An address of the internet, which the proxy of a test takes for a server on loopback.
PUBLIC, PUBLIC_V6 = "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"


@dataclass
class Proxy:
    """A proxy that connects to `target`, whatever address it is asked for; or gives `answer`."""

    target: str = ""
    answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n"
    refused: tuple[str, ...] = ()
    heads: list[bytes] = field(default_factory=list[bytes])
    passed: bytes = b""
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    @property
    def asked(self) -> list[str]:
        return [each.split(b" ")[1].decode() for each in self.heads]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(reader, writer))
        self.tasks.add(task)
        try:
            await task
        except (asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        if any(each in self.asked[-1] for each in self.refused):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
        else:
            writer.write(self.answer)
        await writer.drain()
        if not self.target or any(each in self.asked[-1] for each in self.refused):
            return
        host, _, port = self.target.rpartition(":")
        onward = await asyncio.open_connection(host.rpartition("/")[2], int(port))
        await asyncio.gather(self._pass(reader, onward[1], out=True), self._pass(onward[0], writer))

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, out: bool = False
    ) -> None:
        try:
            while part := await reader.read(65536):
                self.passed += part if out else b""
                writer.write(part)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def running(proxy: Proxy) -> AsyncGenerator[str]:
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in proxy.tasks:
            task.cancel()
        await asyncio.gather(*proxy.tasks, return_exceptions=True)


@asynccontextmanager
async def by(
    url: str, *, allow_private: PrivateNetworks = False, rewrites: dict[str, str] | None = None
) -> AsyncGenerator[Egress]:
    egress = Egress(
        rewrites=Rewrites(rewrites or {}),
        allow_private=allow_private,
        proxy=ProxyAddress.read(url),
    )
    yield egress
    await egress.close()


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return how to say which addresses a name has."""

    def name(host: str, *addresses: str) -> None:
        names.resolve(monkeypatch, host, lambda: addresses)

    return name


def trusted(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "root.pem").write_text(authority.root)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))


def serving(authority: Authority, tmp_path: Path, address: str) -> ssl.SSLContext:
    pair = authority.issue("provider", address=address)
    (tmp_path / "pair.pem").write_text(pair.certificate + pair.key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "pair.pem")
    return context


async def test_a_proxy_is_given_the_checked_address_and_never_the_name(
    named: Callable[..., None],
) -> None:
    named("api.provider.example", PUBLIC)
    async with scripted(reply("ok")) as server:
        proxy = Proxy(server.url)
        async with running(proxy) as url, by(url) as egress:
            answer = await egress.fetch(OutboundRequest("GET", "http://api.provider.example/a"))
            stream = await egress.open(OutboundRequest("GET", "http://api.provider.example/b"))
            streamed = await stream.read(100)

    assert (answer.body, streamed) == (b"ok", b"ok")
    assert {head.split(b"\r\n\r\n")[0] for head in proxy.heads} == {
        f"CONNECT {PUBLIC}:80 HTTP/1.1\r\nHost: {PUBLIC}:80".encode()
    }
    assert [each.headers["host"] for each in server.seen] == ["api.provider.example"] * 2


async def test_what_is_said_to_a_provider_over_tls_is_not_seen_by_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority()
    trusted(authority, tmp_path, monkeypatch)
    tls = serving(authority, tmp_path, PUBLIC)
    async with scripted(reply("ok"), tls=tls) as server:
        proxy = Proxy(server.url)
        async with running(proxy) as url, by(url.replace("//", "//hub:p%40ss@")) as egress:
            shown = authority.issue("hub")
            answer = await egress.fetch(
                OutboundRequest(
                    "GET",
                    f"https://{PUBLIC}/a",
                    headers={"Api-Key": "the-secret"},
                    # With one, the authority is read from the environment at once.
                    certificate=(shown.certificate, shown.key),
                )
            )

    assert answer.body == b"ok"
    assert proxy.asked == [f"{PUBLIC}:443"]
    given = base64.b64encode(b"hub:p@ss")
    assert b"Proxy-Authorization: Basic " + given in proxy.heads[0]
    assert len(proxy.passed) > 100
    assert b"the-secret" not in proxy.passed
    assert server.seen[0].headers["api-key"] == "the-secret"
    assert "proxy-authorization" not in server.seen[0].headers


async def test_a_proxy_that_stands_in_for_a_provider_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted(Authority(), tmp_path, monkeypatch)
    tls = serving(Authority(), tmp_path, PUBLIC)
    async with (
        scripted(reply("ok"), tls=tls) as server,
        running(Proxy(server.url)) as url,
        by(url) as egress,
    ):
        with pytest.raises(ProviderUnavailable, match="certificate") as refused:
            await egress.fetch(OutboundRequest("GET", f"https://{PUBLIC}/a"))

    assert refused.value.nothing_sent
    assert server.seen == []


async def test_private_addresses_are_never_asked_of_a_proxy(named: Callable[..., None]) -> None:
    proxy = Proxy()
    async with scripted(reply("ok")) as server, running(proxy) as url:
        port = server.url.rpartition(":")[2]
        async with by(url, rewrites={"https://api.provider.example": server.url}) as egress:
            rewritten = await egress.fetch(OutboundRequest("GET", "https://api.provider.example/"))
            for place in ("10.0.0.1", "169.254.169.254", "[::1]"):
                with pytest.raises(EgressBlocked):
                    await egress.fetch(OutboundRequest("GET", f"http://{place}/"))
            named("mixed.example", PUBLIC, "10.0.0.1")
            with pytest.raises(EgressBlocked):
                await egress.fetch(OutboundRequest("GET", "http://mixed.example/"))
        async with by(url, allow_private=(ip_network("127.0.0.0/8"),)) as egress:
            allowed = await egress.fetch(OutboundRequest("GET", f"http://127.0.0.1:{port}/"))

    assert (rewritten.body, allowed.body) == (b"ok", b"ok")
    assert proxy.heads == []


async def test_no_host_that_a_connector_does_not_declare_is_asked_of_a_proxy() -> None:
    proxy = Proxy()
    async with running(proxy) as url, by(url) as egress:
        with pytest.raises(EgressBlocked, match="does not declare"):
            await egress.fetch(
                OutboundRequest("GET", f"http://{PUBLIC}/", may_visit=lambda _: False)
            )

    assert proxy.heads == []


async def test_an_address_that_a_proxy_cannot_reach_is_passed_over_for_the_next(
    named: Callable[..., None],
) -> None:
    named("api.provider.example", PUBLIC_V6, PUBLIC)
    async with scripted(reply("ok")) as server:
        proxy = Proxy(server.url, refused=(PUBLIC,))
        async with running(proxy) as url, by(url) as egress:
            found = await egress.fetch(OutboundRequest("GET", "http://api.provider.example/"))
            proxy.refused = ("",)
            with pytest.raises(ProviderUnavailable, match="cannot be reached") as away:
                await egress.fetch(OutboundRequest("GET", "http://api.provider.example/"))

    assert found.body == b"ok"
    assert proxy.asked[:2] == [f"{PUBLIC}:80", f"[{PUBLIC_V6}]:80"]
    assert away.value.nothing_sent
    assert not isinstance(away.value, EgressProxyFailed)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 407 Who are you\r\n\r\n", "user name and password"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", r"refuses the connection \(403\)"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "does not answer as one"),
        (b"HTTP/1.1 200 OK\r\n\r\nmore than that", "does not answer as one"),
        (b"HTTP/1.1 200", "does not answer as one"),
        (b"x" * 20_000, "does not answer as one"),
    ],
)
async def test_a_proxy_that_refuses_is_told_apart_from_the_provider(
    answer: bytes, told: str
) -> None:
    async with running(Proxy(answer=answer)) as url, by(url) as egress:
        with pytest.raises(EgressProxyFailed, match=told) as refused:
            await egress.fetch(OutboundRequest("POST", f"http://{PUBLIC}/", body=b"{}"))

    assert refused.value.nothing_sent


async def test_a_proxy_that_is_away_is_told_apart_from_the_provider() -> None:
    async with running(Proxy()) as url:
        pass
    async with by(url) as egress:
        with pytest.raises(EgressProxyFailed, match="cannot be reached") as away:
            await egress.fetch(OutboundRequest("GET", f"http://{PUBLIC}/"))

    assert away.value.nothing_sent


def test_a_proxy_with_its_password_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "proxy"
    file.write_text("http://hub:pa%3Ass@proxy.example:8080\n")

    settings = Settings.read({"JACKFIELD_EGRESS_PROXY_FILE": str(file)})

    assert settings.egress_proxy is not None
    assert (settings.egress_proxy.host, settings.egress_proxy.port) == ("proxy.example", 8080)
    assert settings.egress_proxy.authorization is not None
    pair = base64.b64encode(b"hub:pa:ss").decode()
    assert settings.egress_proxy.authorization.reveal() == f"Basic {pair}"
    assert "pa:ss" not in repr(settings)
    assert pair not in repr(settings)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://proxy", ("proxy", 3128)),
        ("http://[fd00::1]:3128/", ("fd00::1", 3128)),
        ("HTTP://10.0.0.5:80", ("10.0.0.5", 80)),
        ("https://proxy:3128", None),
        ("socks5://proxy:1080", None),
        ("proxy:3128", None),
        ("http://user:secret@/", None),
        ("http://user:secret@proxy:99999", None),
        ("http://user:secret@proxy:3128/path", None),
        ("http://user:secret@pro xy:3128", None),
    ],
)
def test_what_is_no_address_of_a_proxy_is_refused_without_being_quoted(
    url: str, place: tuple[str, int] | None
) -> None:
    if place is not None:
        read = ProxyAddress.read(url)
        assert (read.host, read.port) == place
        return
    with pytest.raises(InvalidSetting, match="JACKFIELD_EGRESS_PROXY: expected") as refused:
        Settings.read({"JACKFIELD_EGRESS_PROXY": url})
    assert "secret" not in str(refused.value)
