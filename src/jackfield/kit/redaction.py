"""
Masking of secrets in text and data.

Two nets, because either alone has holes: by name (`authorization`, `api_key` …) where structure
says so, and by value, where a provider echoes a credential inside a sentence. A value is looked
for in each of its forms (`secret_forms`). Looking is quick: only where a part of a secret is found
is its whole pattern made, and applied.
"""

import re
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, cast
from weakref import ref

from jackfield.kit.json import DecodeError, Json, encode
from jackfield.kit.large_json import LARGE, parse_in_pieces
from jackfield.kit.large_json_output import encode_in_pieces
from jackfield.kit.secret import Secret
from jackfield.kit.secret_forms import (
    SHORTEST,
    WINDOW,
    SecretForms,
    forms_of,
    substitute,
    unescaped,
    windows,
)
from jackfield.kit.secret_names import MASK, is_secret_name, mask_named, mask_parameters

# Tokens that the hub issues are recognizable by their prefix.
_OURS: Final = re.compile(rb"\b(?:jf_(?:sk|ct|pt|pk|si|ss|fl|go|st|br)_|whsec_)[\w-]{16,}")
_SHORTEST_OF_OURS: Final = 22
_LONG: Final = 256
_MASK: Final = MASK.encode()
# Of a character in UTF-8, and more than any form of a secret, or of a piece of it, is long.
_MOST_BYTES: Final = 4
_MARGIN: Final = 64 * 1024


class Redactor:
    """Masks a set of known secret values, in any of the forms they travel in.

    Cheap to create: the forms are computed when there is first something to mask.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: dict[str, None] = {}
        for each in secrets:
            if len(each) >= SHORTEST:
                self._secrets[each] = None
        self._forms: tuple[SecretForms, ...] | None = None
        self._measure()
        # Not a `WeakSet`, whose bookkeeping is Python: each call makes one of these.
        _alive.add(ref(self, _alive.discard))

    def learn(self, secret: str) -> None:
        """Mask `secret`, too, from now on."""
        if len(secret) >= SHORTEST and secret not in self._secrets:
            self._secrets[secret] = None
            self._forms = None
            self._measure()

    def learn_all(self, other: "Redactor") -> None:
        """Mask all that `other` masks, too."""
        for secret in other._secrets:  # noqa: SLF001 - of the same class
            self.learn(secret)

    def knows(self, text: str) -> bool:
        """Return whether some of `text` would be masked."""
        # As it is first, which needs no search for its forms.
        for each in self._secrets:
            if each in text:
                return True
        return self.text(text) != text

    def may_be_in(self, content: bytes) -> bool:
        """Check quickly whether `content` may contain a secret in any form."""
        if len(content) < self._shortest:
            return False
        if len(content) > WINDOW:
            return any(True for _ in self._hinted(content))
        # A loop, and only as far as needed: this is done for every answer.
        lower = content.lower()
        forms = self._forms or self._worked_out()
        for form in forms:
            if form.is_hinted(content, lower):
                return True
        if not (b"\\" in content or b"%" in content or b"&" in content):
            return False
        plain = unescaped(content)
        if plain is content:
            return False
        lower = plain.lower()
        return any(form.is_hinted(plain, lower) for form in forms)

    def leaves(self, content: bytes) -> bool:
        """Check quickly that nothing in `content` is to be masked by value."""
        return not (b"jf_" in content or b"whsec_" in content or self.may_be_in(content))

    def content(self, content: bytes) -> bytes:
        """Mask secrets in bytes that may be text; what is not UTF-8 otherwise stays as it is."""
        for form in self._hinted(content):
            content = form.mask(content)
        if len(content) < _SHORTEST_OF_OURS or not (len(content) > WINDOW or _has_ours(content)):
            return content
        return substitute(content, _OURS, _instead_of_ours, _has_ours)

    def text(self, text: str) -> str:
        if len(text) < self._shortest and len(text) < _SHORTEST_OF_OURS:
            return text
        content = text.encode("utf-8", "surrogatepass")
        if self.leaves(content):
            return text
        masked = self.content(content)
        return text if masked == content else masked.decode("utf-8", "surrogatepass")

    def url(self, url: str) -> str:
        """Mask secrets in a URL, and what its query calls secret."""
        masked = self.text(url)
        return mask_parameters(masked) if "=" in masked else masked

    def body(self, content: bytes, most: int) -> str:
        """
        Return the beginning of a body, up to `most` characters.

        Secrets are masked in it, and what it calls secret in JSON, XML or a form.
        """
        try:
            document = parse_in_pieces(content)
        except (DecodeError, UnicodeError):
            return self._beginning(content, most)
        masked = self.value(document)
        if len(content) <= LARGE and masked == document:
            return content.decode("utf-8", "replace")[:most]
        return encode_in_pieces(masked)[: most * _MOST_BYTES].decode("utf-8", "ignore")[:most]

    def _beginning(self, content: bytes, most: int) -> str:
        cut = content[: most * _MOST_BYTES + _MARGIN]
        masked = mask_named(self.text(cut.decode("utf-8", "replace")))
        if len(cut) < len(content):
            # Half a secret, as may stand at the end, is not recognized.
            masked = masked[: max(0, len(masked) - _MARGIN)]
        return masked[:most]

    def value(self, value: object) -> object:
        """Return `value` with secrets masked, by name and by value, at any depth."""
        return self._value(value, by_name=True)

    def data(self, data: Json) -> Json:
        """Return `data` with secrets masked by value alone: what is called a token may be data."""
        if not self._secrets or data is None:
            return data
        return self._value(data, by_name=False)

    def clean_json(self, data: Json, *, is_large: bool = True) -> bytes | None:
        """Return `data` as JSON if nothing in it may have to be masked, and it can be written so."""
        try:
            content = encode_in_pieces(data) if is_large else encode(data)
        except (TypeError, ValueError):
            return None
        return None if self.may_be_in(content) else content

    def _value(  # noqa: PLR0911 - one for each kind of value
        self, value: object, *, by_name: bool, is_secret: bool = False
    ) -> object:
        if isinstance(value, Secret):
            return MASK
        if isinstance(value, Mapping):
            entries = cast("Mapping[object, object]", value).items()
            return {
                self.text(str(name)): self._value(
                    inner,
                    by_name=by_name,
                    is_secret=is_secret or (by_name and is_secret_name(str(name))),
                )
                for name, inner in entries
            }
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
            items = cast("Sequence[object]", value)
            return [self._value(item, by_name=by_name, is_secret=is_secret) for item in items]
        if is_secret and isinstance(value, str | bytes | int | float):
            return MASK
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes | bytearray):
            return self.text(value.decode("utf-8", "replace"))
        if isinstance(value, int) and str(value) in self._secrets:
            return MASK
        return value

    def _worked_out(self) -> tuple[SecretForms, ...]:
        if self._forms is None:
            # Longest first, so that a secret that contains another is masked whole.
            secrets = sorted(self._secrets, key=len, reverse=True)
            forms: list[SecretForms] = []
            for secret in secrets:
                forms += forms_of(secret)
            self._forms = tuple(forms)
        return self._forms

    def _measure(self) -> None:
        """Work out what tells quickly that there is nothing to mask."""
        shortest, longest = sys.maxsize, 0
        for secret in self._secrets:
            longest = max(longest, len(secret))
            # No form of a secret, or of a line of it, is shorter.
            for line in secret.split():
                shortest = min(shortest, len(line))
        self._shortest = shortest
        # Whether what is hinted takes long to mask the first time: the pattern of a long secret.
        self.is_costly = longest > _LONG

    def _hinted(self, content: bytes) -> Iterator[SecretForms]:
        if len(content) < self._shortest:
            return
        if len(content) > WINDOW:
            parts = (content[start:end] for start, _, end in windows(len(content)))
            hinted = {form for part in parts for form in self._hinted_in(part)}
            yield from (form for form in self._worked_out() if form in hinted)
        else:
            yield from self._hinted_in(content)

    def _hinted_in(self, content: bytes) -> list[SecretForms]:
        lower, plain = content.lower(), unescaped(content)
        plain_lower = plain.lower() if plain is not content else None
        return [
            form
            for form in self._worked_out()
            if form.is_hinted(content, lower)
            or (plain_lower is not None and form.is_hinted(plain, plain_lower))
        ]


def _instead_of_ours(_content: bytes, _start: int, _end: int) -> bytes:
    return _MASK


def _has_ours(content: bytes) -> bool:
    return b"jf_" in content or b"whsec_" in content


_alive: set[ref[Redactor]] = set()
NOTHING: Final = Redactor()
_current: ContextVar[Redactor] = ContextVar("redactor", default=NOTHING)


# The redactor of the secrets that the current task works with.
current: Callable[[], Redactor] = _current.get


def alive() -> Sequence[Redactor]:
    """Return every redactor that is in use, for output that belongs to no task."""
    # A copy, and made so: a collection in the midst of going through the set would change it.
    return tuple([redactor for each in _alive.copy() if (redactor := each()) is not None])


def learn(redactor: Redactor) -> None:
    """
    Mask everything that the current task logs from now on.

    For the rest of the task and not for a block: a crash is logged where the task ends, long after
    the block it happened in, and its message may hold a secret.
    """
    _current.set(redactor)


@contextmanager
def masking(redactor: Redactor) -> Generator[None]:
    """Mask what `redactor` knows in the block, which does the work of another task."""
    before = _current.set(redactor)
    try:
        yield
    finally:
        _current.reset(before)
