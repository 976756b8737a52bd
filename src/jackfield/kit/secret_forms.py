r"""The forms a secret travels in, as a quick search and as a pattern.

As it is, in either letter case (of which some letters are several), with any of its characters
written as a URL, JSON, HTML or XML write them, once or several times over (`%2F`, `%252f`, `\/`,
`\u0041`, `\x41`, `\\\"`, `&#x41;`, `&amp;lt;`), in hexadecimal, and in base64 wherever it begins, alone or
beside other text (`user:password`); in UTF-8, UTF-16 and the one-byte codings of western languages.
A secret of several lines is looked for line by line, and a long one as a whole and piece by piece:
one pattern for all of it would be larger than a pattern may be. What is large is searched window by
window, so that no search holds the interpreter's lock for long.
"""

import binascii
import html.entities
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Final, Protocol

import re2

from jackfield.kit.secret_names import MASK

# Shorter values ("us", "1") would mask ordinary words and protect nothing.
SHORTEST: Final = 4
# Shorter ones are masked where they stand alone.
_SHORT: Final = 6
# Longer ones are cut into pieces of this length.
_PIECE: Final = 1024
_MASK: Final = MASK.encode()
# Of a pattern: a piece of letters that are no ASCII takes more than is usual.
_MOST_MEMORY: Final = 64 * 1024 * 1024
_LINE_ENDS: Final = re.compile(r"[\r\n]+")
_WORD: Final = re.compile(rb"[0-9A-Za-z]{4,}")
# Never unbounded repetitions: the text comes from strangers.
_PERCENT: Final = "%(?:25){0,4}"
_SLASHES: Final = r"\\{0,8}"
_BACKSLASHES: Final = r"\\{1,8}"
_NUMBER: Final = "&(?:amp;){0,3}#0{0,6}"
_NAME: Final = "&(?:amp;){0,3}"
_NAMES: Final[defaultdict[str, list[str]]] = defaultdict(list)
for _entity, _written in html.entities.html5.items():
    _NAMES[_written].append(_entity.rstrip(";"))
WINDOW: Final = 256 * 1024
# More than any form of a secret is long for each of its characters, and of a piece.
_LONGEST_CHARACTER: Final = 16
_OVERLAP: Final = 2 * _PIECE * _LONGEST_CHARACTER
_ONE_BYTE: Final = ("latin-1", "cp1252")
_OTHER_ALPHABET: Final = bytes.maketrans(b"+/", b"-_")
_TWO_BYTES: Final = ("utf-16-le", "utf-16-be")
_BREAKS: Final = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}

_IN_WORD_BEFORE: Final = re.compile(rb"[0-9A-Za-z]$")
_IN_WORD_AFTER: Final = re.compile(rb"[0-9A-Za-z]")
_BEFORE_NUMBER: Final = re.compile(rb"[:\[,]\s*$")
_AFTER_NUMBER: Final = re.compile(rb"\s*[,\]}]|\s*$")
# Letters and digits that are escaped, which is rare.
_LETTER: Final = rb"(3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[cC])"
_PERCENT_CODED: Final = re.compile(rb"%(?:25)*(?:u00)?" + _LETTER)
_JSON_CODED: Final = re.compile(rb"\\(?:u00|x|u\{0{0,6})" + _LETTER + rb"\}?")
_HTML_CODED: Final = re.compile(rb"#[xX]0{0,6}" + _LETTER + rb";?")
_DECIMAL_CODED: Final = re.compile(
    rb"#0{0,6}(4[89]|5[0-7]|6[5-9]|[78][0-9]|9[0-9]|1[01][0-9]|12[0-2]);?"
)


class _Match(Protocol):
    def span(self) -> tuple[int, int]: ...


class _Pattern(Protocol):
    def search(self, content: bytes, pos: int, endpos: int, /) -> _Match | None: ...


def windows(size: int, overlap: int = _OVERLAP) -> Iterator[tuple[int, int, int]]:
    """Yield where each window begins, where the next one does, and how far this one looks."""
    if size <= WINDOW + overlap:
        yield 0, size, size
        return
    for start in range(0, size, WINDOW):
        yield start, start + WINDOW, start + WINDOW + overlap


def substitute(
    content: bytes,
    pattern: _Pattern,
    instead_of: Callable[[bytes, int, int], bytes],
    is_hinted: Callable[[bytes], bool],
    *,
    overlap: int = _OVERLAP,
) -> bytes:
    """Replace what `pattern` finds, which is looked for in the windows that are hinted only."""
    done: list[bytes] = []
    at = 0
    for start, limit, end in windows(len(content), overlap):
        if not is_hinted(content[start:end]):
            continue
        position = max(at, start)
        while position < limit and (found := pattern.search(content, position, end)) is not None:
            first, position = found.span()
            if first >= limit:
                break
            done += [content[at:first], instead_of(content, first, position)]
            at = position
    return b"".join((*done, content[at:])) if done else content


class SecretForms:
    """One secret, or one line of one."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._raw = secret.encode("utf-8", "surrogatepass")
        self._is_word = len(secret) < _SHORT
        # The longest part of each form that other escapes leave as it is.
        lower = self._raw.lower()
        hint = lower if len(lower) >= SHORTEST and lower.isalnum() else _longest_word(lower)
        self._coded: tuple[bytes, ...] = ()
        if not self._is_word:
            others: list[bytes] = []
            # In ASCII they are all the same, as nearly every secret is.
            if not secret.isascii():
                given = [_coding(secret, coding) for coding in _ONE_BYTE]
                others = [raw for raw in dict.fromkeys(given) if raw not in (None, self._raw)]
            coded = [self._raw.hex().encode(), *_base64(self._raw)]
            for raw in others:
                coded += _base64(raw)
            for raw in others:
                coded.append(raw.hex().encode())
            self._coded = tuple(coded)
        # Both alphabets of base64 share theirs; and both orders of UTF-16, between their zeros.
        hints: dict[bytes, None] = {}
        for each in self._coded[1:]:
            hints[each if each.isalnum() else _longest_word(each) or each] = None
        self._hints = tuple(hints)
        self._small_hints: tuple[bytes, ...] = ()
        if hint is not None:
            wide = hint.decode("latin-1").encode("utf-16-le")[:-1]
            self._small_hints = (hint, *self._coded[:1], wide) if self._coded else (hint,)

    def is_hinted(self, content: bytes, lower: bytes) -> bool:
        """Tell quickly whether `content`, which is `lower` in small letters, needs a search."""
        if not self._small_hints:
            return True
        # Plain loops: this is done for every answer.
        for each in self._small_hints:
            if each in lower:
                return True
        for each in self._hints:  # noqa: SIM110
            if each in content:
                return True
        return False

    def mask(self, content: bytes) -> bytes:
        overlap = max(_OVERLAP, _LONGEST_CHARACTER * len(self._raw))
        if len(content) <= WINDOW and not (self._is_word or self._secret.isdigit()):
            # Nearly always it is one of these, which need no pattern.
            for each in (self._raw, *self._coded):
                content = content.replace(each, _MASK)
            if not self._is_hinted_in(content):
                return content
        return substitute(
            content, self._pattern, self._instead_of, self._is_hinted_in, overlap=overlap
        )

    def _is_hinted_in(self, content: bytes) -> bool:
        plain = unescaped(content)
        return any(self.is_hinted(each, each.lower()) for each in {content, plain})

    @cached_property
    def _pattern(self) -> "re2.Pattern":
        written = "".join(_character(each) for each in self._secret)
        forms = [f"(?i:{written})"]
        if self._is_word:
            forms = [re2.escape(self._secret.encode()).decode("latin-1")]
        else:
            forms.append(f"(?i:{self._raw.hex()})")
            forms += ["".join(map(_code, each.decode())) for each in self._coded[1:]]
            forms += ["".join(_wide(one, coding) for one in self._secret) for coding in _TWO_BYTES]
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.never_capture = True
        options.max_mem = _MOST_MEMORY
        options.log_errors = False
        return re2.compile("|".join(forms).encode("latin-1"), options)

    def _instead_of(self, content: bytes, start: int, end: int) -> bytes:
        found = content[start:end]
        is_number = found.isdigit() and len(found) < _PIECE
        before, after = content[max(0, start - 20) : start], content[end : end + 20]
        if self._is_word and (_IN_WORD_BEFORE.search(before) or _IN_WORD_AFTER.match(after)):
            return found
        if is_number and (before[-1:].isdigit() or after[:1].isdigit()):
            # Other numbers may have it in them.
            return found
        if is_number and _BEFORE_NUMBER.search(before) and _AFTER_NUMBER.match(after):
            # A number of JSON: what stands in its place is still JSON.
            return b'"' + _MASK + b'"'
        for coding in _TWO_BYTES if b"\0" in found else ():
            if found.decode(coding, "replace").casefold() == self._secret.casefold():
                return MASK.encode(coding)
        return _MASK


class WholeSecret(SecretForms):
    """A long secret in one, before its pieces: of one that repeats itself they leave a rest."""

    def mask(self, content: bytes) -> bytes:
        small, large = (each.encode("utf-8", "surrogatepass") for each in self._other_cases())
        for each in (self._raw, small, large, *self._coded):
            content = content.replace(each, _MASK)
        return content

    def _other_cases(self) -> tuple[str, str]:
        return self._secret.lower(), self._secret.upper()


def forms_of(secret: str) -> Iterable[SecretForms]:
    if SHORTEST <= len(secret) <= _PIECE and secret.isprintable() and secret.strip() == secret:
        # A single line in a single piece, as nearly every secret is.
        return (SecretForms(secret),)
    return _forms_of(secret)


def _forms_of(secret: str) -> Iterator[SecretForms]:
    if len(secret) > _PIECE:
        yield WholeSecret(secret)
    lines = [line.strip() for line in _LINE_ENDS.split(secret)]
    if len(lines) > 1:
        if min(map(len, lines)) < _SHORT:
            yield from map(SecretForms, _pieces(secret))
        for line in dict.fromkeys(lines):
            if len(line) >= SHORTEST and not line.startswith("-----"):
                yield from map(SecretForms, _pieces(line))
    elif len(secret) >= SHORTEST:
        yield from map(SecretForms, _pieces(secret))


def _pieces(text: str) -> Iterator[str]:
    """Yield a text in pieces; the last is longer than the others, and none is short."""
    last = max(1, len(text) // _PIECE) - 1
    for number in range(last):
        yield text[number * _PIECE : (number + 1) * _PIECE]
    yield text[last * _PIECE :]


def unescaped(content: bytes) -> bytes:
    """Return `content` with letters and digits as they are, escaped or not; the rest may suffer."""
    given = content
    for _ in range(3):
        before = content
        if b"\\u" in content or b"\\x" in content:
            content = _JSON_CODED.sub(_decoded, content)
        if b"%" in content:
            content = _PERCENT_CODED.sub(_decoded, content)
        if b"#" in content and b"&" in content:
            plain = content.replace(b"&amp;", b"&")
            plain = _DECIMAL_CODED.sub(_decoded_decimal, _HTML_CODED.sub(_decoded, plain))
            content = content if len(plain) == len(content) else plain.replace(b"&", b"")
        if content == before:
            break
    return given if content == given else content.replace(b"\\", b"")


def _decoded(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[1], 16),))


def _decoded_decimal(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[1]),))


def _longest_word(form: bytes) -> bytes | None:
    found: list[bytes] = _WORD.findall(form)
    if len(found) == 1:
        return found[0]
    return max(found, key=len, default=None)


@lru_cache(maxsize=1024)
def _character(one: str) -> str:
    """Return a pattern of all that a character may be written as."""
    code = ord(one)
    forms = [f"{_NUMBER}(?:{code}|[xX]0{{0,6}}{code:x});?"]
    if one.isascii():
        # In one, which makes the pattern half as large.
        forms.append(f"{_PERCENT}(?:u00)?{code:02x}")
        forms.append(rf"{_BACKSLASHES}(?:(?:u00|x){code:02x}|u\{{0{{0,6}}{code:x}\}})")
    else:
        units = one.encode("utf-16-be", "surrogatepass")
        pairs = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
        forms.append("".join(f"(?:{_PERCENT}|{_BACKSLASHES})u{each}" for each in pairs))
        forms.append(rf"{_BACKSLASHES}(?:u\{{0{{0,6}}{code:x}\}}|U{code:08x})")
        forms += [
            "".join(f"(?:{_PERCENT}|{_BACKSLASHES}x){byte:02x}" for byte in raw)
            for raw in dict.fromkeys(_codings(one))
        ]
    if one in _NAMES:
        forms.append(f"{_NAME}(?:{'|'.join(_NAMES[one])});")
    if one in _BREAKS:
        forms.append(rf"\\{{1,8}}{_BREAKS[one]}")
    if one == " ":
        forms.append(r"\+")
    if one == "\\":
        forms.append(r"\\{1,8}")
    elif one.isascii() and not one.isalnum():
        forms.append(f"{_SLASHES}\\x{code:02x}")
    elif one.isascii():
        forms.append(one)
    else:
        cases = _cases(one)
        forms += [_literally(raw) for each in cases for raw in _codings(each)]
        # Some letters are several in the other case.
        forms += ["".join(map(_character, each)) for each in cases if len(each) > 1]
    return f"(?:{'|'.join(forms)})"


def _coding(secret: str, coding: str) -> bytes | None:
    try:
        return secret.encode(coding)
    except UnicodeEncodeError:
        return None


def _wide(one: str, coding: str) -> str:
    forms = [_literally(each.encode(coding, "surrogatepass")) for each in _cases(one)]
    return f"(?:{'|'.join(forms)})"


def _cases(one: str) -> list[str]:
    return list(dict.fromkeys((one, one.swapcase(), one.upper(), one.lower(), one.title())))


def _codings(one: str) -> Iterator[bytes]:
    yield one.encode("utf-8", "surrogatepass")
    yield from {one.encode(coding, "ignore") for coding in _ONE_BYTE} - {b""}


def _literally(raw: bytes) -> str:
    return "".join(f"\\x{each:02x}" for each in raw)


def _code(one: str) -> str:
    return one if one.isalnum() else f"(?i:{_character(one)})"


def _base64(raw: bytes) -> list[bytes]:
    # What stands before decides how it is written: of each of the three alignments, take the part
    # that does not depend on it.
    codes: list[bytes] = []
    for skip in range(3):
        code = binascii.b2a_base64(b"\0" * skip + raw, newline=False)
        stable = code[-(-skip * 8 // 6) : (skip + len(raw)) * 8 // 6]
        codes.append(stable)
        if b"+" in stable or b"/" in stable:
            codes.append(stable.translate(_OTHER_ALPHABET))
    return codes
