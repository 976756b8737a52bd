"""
Masking of secrets in text and data.

Two nets, because either alone has holes: by key (`authorization`, `api_key` …) where structure
says so, and by value, where a provider echoes a credential inside a sentence. A value is looked
for in every form it travels in: as it is, percent-encoded, base64 and JSON-escaped.
"""

import base64
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import cached_property, lru_cache
from typing import Final, cast
from urllib.parse import quote, quote_plus

from jackfield.kit.secret import Secret

MASK: Final = "[redacted]"

_KEY: Final = re.compile(
    r"authori[sz]ation|api[-_ ]?key|secret|passw|passphrase|credential|cookie|private[-_ ]?key"
    r"|(?:^|[-_ ])(?:access|refresh|id|bearer|session|connect|auth)[-_ ]?token$|^token$|^jwt$",
    re.IGNORECASE,
)
# Tokens that the hub issues are recognizable by their prefix.
_OURS: Final = re.compile(r"\b(?:jf_(?:sk|ct|si|ss|fl)_|whsec_)[\w-]{16,}")
_SHORTEST_OF_OURS: Final = 22
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]+")
_RUN: Final = re.compile(r"[A-Za-z0-9+/_%=-]+")
# Shorter values ("us", "1") would redact ordinary words and protect nothing.
_SHORTEST: Final = 6


class Redactor:
    """Masks a set of known secret values, in any of the forms they travel in.

    Cheap to create: the forms are computed when there is first something to mask.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = tuple(secret for secret in secrets if len(secret) >= _SHORTEST)
        # No form of a secret is shorter than the secret: most of what is logged needs no search.
        self._shortest = min(map(len, self._secrets), default=sys.maxsize)

    @cached_property
    def _values(self) -> re.Pattern[str] | None:
        forms = {form for secret in self._secrets for form in _forms(secret)}
        # Longest first, so that a form that contains another is masked whole.
        ordered = sorted(forms, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def is_in(self, content: bytes) -> bool:
        """Check quickly whether `content` contains a secret verbatim."""
        return any(secret.encode() in content for secret in self._secrets)

    def content(self, content: bytes) -> bytes:
        """Mask secrets in bytes that may be text; bytes that are not UTF-8 are kept."""
        return self.text(content.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape"
        )

    def text(self, text: str) -> str:
        if len(text) >= self._shortest and self._values is not None:
            text = self._values.sub(MASK, text)
        return _OURS.sub(MASK, text) if len(text) >= _SHORTEST_OF_OURS else text

    def url(self, url: str) -> str:
        """Mask secrets in a URL, at little cost where there is none."""
        runs = [len(run) for run in _RUN.findall(url)]
        longest = max(runs, default=0)
        for secret in self._secrets:
            # A plain secret has one form everywhere but in base64, for which no run is long enough.
            is_plain = _PLAIN.fullmatch(secret) and longest < len(secret) * 4 // 3 - 2
            if not is_plain or secret in url:
                return self.text(url)
        return url

    def value(self, value: object) -> object:
        """Return `value` with secrets masked, by key and by value, at any depth."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Secret):
            return MASK
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "replace"))
        if isinstance(value, Mapping):
            entries = cast("Mapping[object, object]", value).items()
            return {
                self.text(str(key)): MASK if _holds_secret(key, inner) else self.value(inner)
                for key, inner in entries
            }
        if isinstance(value, Sequence):
            return [self.value(inner) for inner in cast("Sequence[object]", value)]
        return value


NOTHING: Final = Redactor()
_current: ContextVar[Redactor] = ContextVar("redactor", default=NOTHING)


def current() -> Redactor:
    """Return the redactor of the secrets that the current task works with."""
    return _current.get()


def learn(redactor: Redactor) -> None:
    """Mask everything that the current task logs from now on.

    For the rest of the task and not for a block: a crash is logged where the task ends, long after
    the block it happened in, and its message may hold a secret.
    """
    _current.set(redactor)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    return _KEY.search(name) is not None


def _holds_secret(key: object, value: object) -> bool:
    return isinstance(key, str) and isinstance(value, str | bytes) and is_secret_name(key)


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    for plain in (secret, f"{secret}:", f":{secret}"):
        raw = plain.encode()
        # Base64 inside a longer text depends on the bytes before it: take the part of each of the
        # three alignments that does not.
        for skip in range(3):
            code = base64.b64encode(b"\0" * skip + raw).decode()
            start = -(-skip * 8 // 6)
            stable = code[start : (skip + len(raw)) * 8 // 6]
            if len(stable) > _SHORTEST:
                yield stable
                yield stable.replace("+", "-").replace("/", "_")
