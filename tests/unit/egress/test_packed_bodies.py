"""Bodies as providers pack and break them, over real connections."""

import gzip
import zlib
from collections.abc import AsyncGenerator, Callable

import pytest

from jackfield.egress.client import Egress, OutboundRequest
from jackfield.egress.errors import ProviderAnswerTooLarge
from jackfield.egress.rewrite import Rewrites
from jackfield.kit.errors import ProviderError, ProviderUnavailable, UnreadableAnswer
from tests.support.scripted import Answer, reply, scripted

pytestmark = pytest.mark.anyio

PROVIDER = "https://api.provider.example"
ROWS = b"".join(b'{"id":%d}\n' % number for number in range(2000))


@pytest.fixture
async def open_egress() -> AsyncGenerator[Callable[..., Egress]]:
    opened: list[Egress] = []

    def make(url: str) -> Egress:
        opened.append(Egress(rewrites=Rewrites({PROVIDER: url}), allow_private=False))
        return opened[-1]

    yield make
    for egress in opened:
        await egress.close()


def flushed(bits: int, rows: bytes = ROWS) -> bytes:
    """Pack all of `rows` and leave out the end, as a provider that dies behind its compressor."""
    packer = zlib.compressobj(wbits=bits)
    return packer.compress(rows) + packer.flush(zlib.Z_SYNC_FLUSH)


def packed(body: bytes, coding: str, status: int = 200) -> Answer:
    return reply(body, status=status, headers={"content-encoding": coding})


def chunked(body: bytes, coding: str) -> Answer:
    async def answer(writer, _seen) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-encoding: %b\r\ntransfer-encoding: chunked\r\n"
            b"connection: close\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (coding.encode(), len(body), body)
        )

    return answer


async def fetched(open_egress: Callable[..., Egress], answer: Answer, **limits: int) -> bytes:
    async with scripted(answer) as server:
        response = await open_egress(server.url).fetch(
            OutboundRequest("GET", PROVIDER, seconds=5, **limits)
        )
    return response.body


async def streamed(open_egress: Callable[..., Egress], answer: Answer) -> bytes:
    async with scripted(answer) as server:
        stream = await open_egress(server.url).open(OutboundRequest("GET", PROVIDER, seconds=5))
        try:
            return b"".join([chunk async for chunk in stream.chunks()])
        finally:
            stream.close()


CUT = {"gzip": flushed(31), "deflate": flushed(15)}
RAW = zlib.compressobj(wbits=-15)
WHOLE = [
    ("gzip", gzip.compress(ROWS)),
    ("GZIP", gzip.compress(ROWS)),
    ("x-gzip", gzip.compress(ROWS)),
    ("gzip", gzip.compress(ROWS[:5000]) + gzip.compress(ROWS[5000:])),
    ("deflate", zlib.compress(ROWS)),
    ("deflate", RAW.compress(ROWS) + RAW.flush()),
    ("identity", ROWS),
]


@pytest.mark.parametrize(("coding", "body"), WHOLE)
async def test_what_is_packed_is_read_whole(
    open_egress: Callable[..., Egress], coding: str, body: bytes
) -> None:
    assert await fetched(open_egress, packed(body, coding)) == ROWS
    assert await streamed(open_egress, chunked(body, coding)) == ROWS


async def test_a_packed_body_of_nothing_is_nothing(open_egress: Callable[..., Egress]) -> None:
    assert await fetched(open_egress, packed(b"", "gzip")) == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("framed", [packed, chunked])
@pytest.mark.parametrize("read", [fetched, streamed])
async def test_half_of_what_was_packed_is_no_answer(
    open_egress: Callable[..., Egress], coding: str, framed: Callable[..., Answer], read: Callable
) -> None:
    with pytest.raises(ProviderUnavailable, match="broke off"):
        await read(open_egress, framed(CUT[coding], coding))


async def test_a_gzip_without_its_last_bytes_is_no_answer(
    open_egress: Callable[..., Egress],
) -> None:
    with pytest.raises(ProviderUnavailable, match="broke off"):
        await fetched(open_egress, packed(gzip.compress(ROWS)[:-4], "gzip"))


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", ROWS),
        ("deflate", b"\xff" + ROWS),
        ("br", ROWS),
        ("zstd", ROWS),
        ("gzip, gzip", gzip.compress(gzip.compress(ROWS))),
        ("gzip", gzip.compress(ROWS) + b"garbage"),
        ("deflate", zlib.compress(ROWS) + b"garbage"),
        ("gzip", gzip.compress(ROWS)[:-8] + b"\0" * 8),
    ],
)
@pytest.mark.parametrize("read", [fetched, streamed])
async def test_what_is_not_packed_as_it_says_cannot_be_read(
    open_egress: Callable[..., Egress], coding: str, body: bytes, read: Callable
) -> None:
    with pytest.raises(UnreadableAnswer, match="cannot be read"):
        await read(open_egress, packed(body, coding))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
async def test_a_refusal_with_a_wrong_label_keeps_its_status(
    open_egress: Callable[..., Egress], coding: str
) -> None:
    async with scripted(packed(b'{"msg":"no"}', coding, 400)) as server:
        response = await open_egress(server.url).fetch(OutboundRequest("GET", PROVIDER))

    assert (response.status, response.body) == (400, b'{"msg":"no"}')


async def test_the_length_of_what_was_packed_is_not_told(
    open_egress: Callable[..., Egress],
) -> None:
    async with scripted(packed(gzip.compress(ROWS), "gzip")) as server:
        response = await open_egress(server.url).fetch(OutboundRequest("GET", PROVIDER))

    assert "content-length" not in response.headers
    assert server.seen[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_bomb_is_too_large(open_egress: Callable[..., Egress], coding: str) -> None:
    pack = gzip.compress if coding == "gzip" else zlib.compress

    with pytest.raises(ProviderAnswerTooLarge):
        await fetched(
            open_egress, packed(pack(bytes(60 * 1024 * 1024)), coding), max_bytes=1024 * 1024
        )


@pytest.mark.parametrize(
    ("raw", "told"),
    [(b"caf\xe9", "caf\u00e9"), ("caf\u00e9".encode(), "caf\u00e9"), (b"\xff\xfe", "\u00ff\u00fe")],
)
async def test_header_bytes_are_read_as_utf8_and_else_as_latin1(
    open_egress: Callable[..., Egress], raw: bytes, told: str
) -> None:
    async def answer(writer, _seen) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nx-any: " + raw + b"\r\ncontent-length: 0\r\n\r\n")

    async with scripted(answer) as server:
        response = await open_egress(server.url).fetch(OutboundRequest("GET", PROVIDER))

    assert response.headers["x-any"] == told


async def test_a_body_longer_than_it_says_is_no_success(
    open_egress: Callable[..., Egress],
) -> None:
    with pytest.raises(ProviderError):
        await fetched(open_egress, reply(b"[1,2,3,4]", headers={"content-length": "3"}))
