"""Bodies that come packed: `gzip` and `deflate`, read to an end that must be there.

The HTTP client would take a gzip stream that stops in its middle for a whole one, and so half of
the rows for all of them.
"""

import zlib
from collections.abc import Iterator
from typing import Final

ACCEPTED: Final = "gzip, deflate"
_OTHERWISE: Final = "it is not packed as it says"
_PIECE: Final = 64 * 1024
_GZIP: Final = frozenset({"gzip", "x-gzip"})
_GZIP_BITS: Final = 16 + zlib.MAX_WBITS
_METHOD: Final = 0x0F
_DEFLATED: Final = 8


class NotPackedSo(ValueError):
    """The body is not packed as it says, or in a way that was not asked for."""


class Truncated(ValueError):
    """The body ends before what is packed in it does."""


def coding_of(content_encoding: str) -> str | None:
    """Return how a body is packed, by its Content-Encoding; `None` if it is not."""
    named = [each.strip().lower() for each in content_encoding.split(",")]
    packed = [each for each in named if each not in ("", "identity")]
    return ", ".join(packed) or None


class Unpacker:
    def __init__(self, coding: str) -> None:
        """
        Unpack a body in `coding`.

        Raises:
            NotPackedSo: it is packed in a way that was not asked for.
        """
        if coding not in _GZIP and coding != "deflate":
            msg = "it is packed in a way that was not asked for"
            raise NotPackedSo(msg)
        self._is_gzip = coding in _GZIP
        self._inflate = zlib.decompressobj(_GZIP_BITS)
        self._begun = False

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """
        Yield what `packed` holds, in pieces of bounded size.

        Raises:
            NotPackedSo: it is not in that coding.
        """
        if packed and not self._begun:
            self._begun = True
            if not self._is_gzip:
                # Both are called deflate: with the header of zlib, and without.
                with_header = packed[0] & _METHOD == _DEFLATED
                self._inflate = zlib.decompressobj(
                    zlib.MAX_WBITS if with_header else -zlib.MAX_WBITS
                )
        try:
            yield from self._pieces(packed)
        except zlib.error as error:
            raise NotPackedSo(_OTHERWISE) from error

    def finish(self) -> None:
        """
        Say that there is no more.

        Raises:
            Truncated: there should be.
        """
        if self._begun and not self._inflate.eof:
            raise Truncated

    def _pieces(self, packed: bytes) -> Iterator[bytes]:
        waiting = packed
        piece = b""
        while waiting or len(piece) == _PIECE:
            if self._inflate.eof and waiting:
                if not self._is_gzip:
                    raise NotPackedSo(_OTHERWISE)
                # A gzip file may have several members.
                self._inflate = zlib.decompressobj(_GZIP_BITS)
            piece = self._inflate.decompress(waiting, _PIECE)
            waiting = self._inflate.unconsumed_tail or self._inflate.unused_data
            if piece:
                yield piece


def unpack_leniently(packed: bytes, coding: str, limit: int) -> bytes:
    """Unpack as much as `limit` bytes of a refusal; one that is not packed so stays as it is."""
    content = bytearray()
    try:
        for piece in Unpacker(coding).feed(packed):
            content += piece
            if len(content) > limit:
                break
    except NotPackedSo:
        return packed
    return bytes(content[:limit])
