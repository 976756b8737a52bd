"""Multipart bodies."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_ESCAPES: Final = {'"': "%22", "\r": "%0D", "\n": "%0A"}


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    content: bytes
    filename: str | None = None
    content_type: str | None = None


def encode_multipart(parts: Sequence[Part]) -> tuple[bytes, str]:
    """Return the body and its content type."""
    boundary = _boundary(parts)
    lines: list[bytes] = []
    for part in parts:
        lines.append(f"--{boundary}\r\n{_headers(part)}\r\n\r\n".encode("utf-8", "replace"))
        lines.append(part.content + b"\r\n")
    lines.append(f"--{boundary}--\r\n".encode())
    return b"".join(lines), f"multipart/form-data; boundary={boundary}"


def _headers(part: Part) -> str:
    disposition = f'Content-Disposition: form-data; name="{_quoted(part.name)}"'
    if part.filename is not None:
        disposition += f'; filename="{_quoted(part.filename)}"'
    if part.content_type is not None:
        clean = part.content_type.replace("\r", "").replace("\n", "")
        return f"{disposition}\r\nContent-Type: {clean}"
    return disposition


def _quoted(text: str) -> str:
    return "".join(_ESCAPES.get(char, char) for char in text)


def _boundary(parts: Sequence[Part]) -> str:
    """Derive a boundary from the content, so that it cannot occur in it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.name.encode("utf-8", "replace"))
        digest.update(part.content)
    return f"----jackfield{digest.hexdigest()[:32]}"
