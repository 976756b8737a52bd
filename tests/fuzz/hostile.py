"""Input that somebody made to do harm: noise, and good input with some of it spoiled."""

import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Final

from hypothesis import strategies as st

# What ends, opens, escapes, repeats or hides something in one format or another.
_PIECES: Final = (
    *(b"\x00", b"\n", b"\r\n", b"\t", b" ", b"\xff", b"\xfe\xff", b"\xc3\x28", b"\xed\xa0\x80"),
    *(b'"', b"'", b"\\", b"`", b"<", b">", b"&", b"%", b"%00", b"%2e%2e%2f", b"../", b"//", b"@"),
    *(b"(", b")", b"[", b"]", b"{", b"}", b"{{", b"}}", b"${", b"$.", b"$..", b"[*]", b"[?(", b"*"),
    *(b",", b":", b";", b"=", b"==", b"|", b"||", b"-", b"--", b"!!python/object", b"&a", b"*a"),
    *(
        b"<<",
        b"<!DOCTYPE a [<!ENTITY a '&a;'>]>",
        b"<![CDATA[",
        b"<script>",
        b"javascript:",
        b"]]>",
    ),
    *(b"0", b"-1", b"1e999", b"9" * 30, b"0x", b"NaN", b"null", b"true", b"\xf0\x9f\x92\xa5"),
    *(
        "\u202e".encode(),
        "\u2028".encode(),
        "\u0130".encode(),
        "\ufeff".encode(),
        "\uff21".encode(),
    ),
)
_MOST_EDITS: Final = 6
_LONGEST: Final = 4_000


def hostile(*seeds: bytes) -> st.SearchStrategy[bytes]:
    """Return a strategy for bytes: any, pieces of formats, and `seeds` that were spoiled."""
    noise = st.one_of(
        st.binary(max_size=200), st.lists(st.sampled_from(_PIECES), max_size=20).map(b"".join)
    )
    return st.one_of(noise, _spoiled(seeds or (b"",))).map(lambda each: each[:_LONGEST])


@st.composite
def _spoiled(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, _MOST_EDITS))):
        at = draw(st.integers(0, len(text)))
        end = draw(st.integers(at, min(len(text), at + 20)))
        how = draw(st.sampled_from(["put in", "take out", "replace", "repeat", "flip"]))
        if how == "take out":
            text = text[:at] + text[end:]
        elif how == "repeat":
            text = text[:end] + text[at:end] * draw(st.integers(1, 60)) + text[end:]
        elif how == "flip" and at < len(text):
            flipped = text[at] ^ draw(st.integers(1, 255))
            text = text[:at] + bytes([flipped]) + text[at + 1 :]
        else:
            piece = draw(st.sampled_from(_PIECES))
            text = text[:at] + piece + text[end if how == "replace" else at :]
    return text


def calls_of(run: Callable[[], object]) -> int:
    """Return how many functions are called, of ours and of others, until `run` ends."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        if event in {"call", "c_call"}:
            count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count
