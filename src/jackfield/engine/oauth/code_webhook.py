"""Webhook by which a provider sends the code of a sign-in: its signature and its content."""

import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jackfield.engine.compat import Mode
from jackfield.engine.oauth.answer_path import Find, compile_path
from jackfield.kit.json import DecodeError, Json, parse, text
from jackfield.kit.whole_numbers import whole_number

_MOST_OFF: Final = timedelta(minutes=5)
_LONGEST: Final = 4096
_LAST_SECOND: Final = 9_999_999_999
_WRITE: Final[Mapping[str, Callable[[bytes], str]]] = {
    "hex": bytes.hex,
    "base64": lambda raw: base64.b64encode(raw).decode(),
    "base64url": lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="),
}


@dataclass(frozen=True, slots=True)
class SentCode:
    """A code, and the id of the installation that it is for."""

    installation: str
    code: str


@dataclass(frozen=True, slots=True)
class CodeWebhook:
    """How a provider sends codes; `credential` has the installation's id when the browser comes."""

    code: Find
    installation: Find
    credential: str
    signature_header: str
    signature_prefix: str
    signature_encoding: str
    algorithm: str
    timestamp_header: str

    def may_be_signed(self, headers: Mapping[str, str]) -> bool:
        """Tell whether there is a signature to check, before the body is read."""
        return bool(headers.get(self.signature_header))

    def is_signed(
        self, headers: Mapping[str, str], body: bytes, *, key: str, now: datetime
    ) -> bool:
        """Tell whether a body was signed with `key`, not long ago; `headers` are in lower case."""
        signed = body
        if self.timestamp_header:
            sent = headers.get(self.timestamp_header, "")
            if not _is_recent(sent, now):
                return False
            signed = f"{sent}.".encode() + body
        raw = hmac.digest(key.encode(), signed, self.algorithm)
        expected = self.signature_prefix + _WRITE[self.signature_encoding](raw)
        given = headers.get(self.signature_header, "")
        return bool(key) and hmac.compare_digest(expected.encode(), given.encode())

    def read(self, body: bytes) -> SentCode | None:
        """Return what a body has; `None` for one that is about something else."""
        try:
            content = parse(body)
        except DecodeError:
            return None
        installation, code = _word(self.installation(content)), _word(self.code(content))
        return SentCode(installation, code) if installation and code else None


def compile_code_webhook(content: Mapping[str, Json], mode: Mode) -> CodeWebhook | None:
    if not content:
        return None
    return CodeWebhook(
        code=compile_path(text(content, "code"), mode),
        installation=compile_path(text(content, "installation"), mode),
        credential=text(content, "credential"),
        signature_header=text(content, "signatureHeader").lower(),
        signature_prefix=text(content, "signaturePrefix"),
        signature_encoding=text(content, "signatureEncoding") or "hex",
        algorithm=text(content, "algorithm") or "sha256",
        timestamp_header=text(content, "timestampHeader").lower(),
    )


def _is_recent(sent: str, now: datetime) -> bool:
    seconds = whole_number(sent, most=_LAST_SECOND)
    return seconds is not None and abs(seconds - now.timestamp()) <= _MOST_OFF.total_seconds()


def _word(value: Json) -> str:
    """Return an id or code as text; empty if it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    written = str(value)
    return written if len(written) <= _LONGEST and written.isprintable() else ""
