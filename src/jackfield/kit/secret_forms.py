r"""The forms a secret travels in, as a quick search and as a pattern.

As it is, in either letter case, with any of its characters written as a URL, JSON, HTML or XML
write them, once or several times over (`%2F`, `%252f`, `\/`, `\u0041`, `\\\"`, `&#x41;`,
`&amp;lt;`), in hexadecimal, and in base64 wherever it begins, alone or beside other text
(`user:password`). A secret of several lines is looked for line by line.
"""

import base64
import html.entities
import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Final

import re2

from jackfield.kit.secret_names import MASK

# Shorter values ("us", "1") would mask ordinary words and protect nothing.
SHORTEST: Final = 4
# Shorter ones are masked where they stand alone.
_SHORT: Final = 6
_MASK: Final = MASK.encode()
_LINE_ENDS: Final = re.compile(r"[\r\n]+")
_WORD: Final = re.compile(rb"[0-9A-Za-z]{4,}")
# Never unbounded repetitions: the text comes from strangers.
_PERCENT: Final = "%(?:25){0,4}"
_SLASHES: Final = r"\\{0,8}"
_JSON: Final = r"\\{1,8}u"
_NUMBER: Final = "&(?:amp;){0,3}#0{0,6}"
_HEX: Final = "&(?:amp;){0,3}#[xX]0{0,6}"
_NAME: Final = "&(?:amp;){0,3}"
_NAMES: Final = {**html.entities.codepoint2name, ord("'"): "apos"}
_BREAKS: Final = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}

_IN_WORD_BEFORE: Final = re.compile(rb"[0-9A-Za-z]$")
_IN_WORD_AFTER: Final = re.compile(rb"[0-9A-Za-z]")
_BEFORE_NUMBER: Final = re.compile(rb"[:\[,]\s*$")
_AFTER_NUMBER: Final = re.compile(rb"\s*[,\]}]|\s*$")
# Letters and digits that somebody has escaped, which hardly anybody does.
_LETTER: Final = rb"(3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[cC])"
_PERCENT_CODED: Final = re.compile(rb"%(?:25)*" + _LETTER)
_JSON_CODED: Final = re.compile(rb"\\u00" + _LETTER)
_HTML_CODED: Final = re.compile(rb"#[xX]0{0,6}" + _LETTER + rb";?")
_DECIMAL_CODED: Final = re.compile(
    rb"#0{0,6}(4[89]|5[0-7]|6[5-9]|[78][0-9]|9[0-9]|1[01][0-9]|12[0-2]);?"
)


class SecretForms:
    """One secret, or one line of one."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._raw = secret.encode("utf-8", "surrogatepass")
        self._is_word = len(secret) < _SHORT
        # The longest part of each form that other escapes leave as it is.
        self._hint = _longest_word(self._raw.lower())
        self._coded: tuple[bytes, ...] = ()
        if not self._is_word:
            self._coded = (self._raw.hex().encode(), *_base64(self._raw))
        # Both alphabets of base64 share theirs.
        self._coded_hints = tuple(
            dict.fromkeys(_longest_word(each) or each for each in self._coded)
        )

    def is_hinted(self, content: bytes, lower: bytes) -> bool:
        """Tell quickly whether `content`, which is `lower` in small letters, needs a search."""
        if self._hint is None or self._hint in lower:
            return True
        if not self._coded:
            return False
        return self._coded_hints[0] in lower or any(
            each in content for each in self._coded_hints[1:]
        )

    def mask(self, content: bytes) -> bytes:
        if not (self._is_word or self._secret.isdigit()):
            # Nearly always it is one of these, which need no pattern.
            for each in (self._raw, *self._coded):
                content = content.replace(each, _MASK)
            plain = unescaped(content)
            if not any(self.is_hinted(each, each.lower()) for each in {content, plain}):
                return content
        done: list[bytes] = []
        at = 0
        while (found := self._pattern.search(content, at)) is not None:
            start, end = found.span()
            done += [content[at:start], self._instead_of(content, start, end)]
            at = end
        return b"".join((*done, content[at:]))

    @cached_property
    def _pattern(self) -> "re2.Pattern":
        written = "".join(_character(each) for each in self._secret)
        forms = [f"(?i:{written})"]
        if self._is_word:
            forms = [re2.escape(self._secret.encode()).decode("latin-1")]
        else:
            forms.append(f"(?i:{self._raw.hex()})")
            forms += ["".join(map(_code, each.decode())) for each in self._coded[1:]]
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.never_capture = True
        options.log_errors = False
        return re2.compile("|".join(forms).encode("latin-1"), options)

    def _instead_of(self, content: bytes, start: int, end: int) -> bytes:
        found, is_number = content[start:end], content[start:end].isdigit()
        before, after = content[max(0, start - 20) : start], content[end : end + 20]
        if self._is_word and (_IN_WORD_BEFORE.search(before) or _IN_WORD_AFTER.match(after)):
            return found
        if is_number and (before[-1:].isdigit() or after[:1].isdigit()):
            # Other numbers may have it in them.
            return found
        if is_number and _BEFORE_NUMBER.search(before) and _AFTER_NUMBER.match(after):
            # A number of JSON: what stands in its place is still JSON.
            return b'"' + _MASK + b'"'
        return _MASK


def forms_of(secret: str) -> Iterator[SecretForms]:
    lines = [line.strip() for line in _LINE_ENDS.split(secret)]
    if len(lines) > 1:
        if min(map(len, lines)) < _SHORT:
            yield SecretForms(secret)
        for line in dict.fromkeys(lines):
            if len(line) >= SHORTEST and not line.startswith("-----"):
                yield SecretForms(line)
    elif len(secret) >= SHORTEST:
        yield SecretForms(secret)


def unescaped(content: bytes) -> bytes:
    """Return `content` with letters and digits as they are, escaped or not; the rest may suffer."""
    given = content
    for _ in range(3):
        before = content
        if b"\\u00" in content:
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
    return max(found, key=len, default=None)


@lru_cache(maxsize=1024)
def _character(one: str) -> str:
    """Return a pattern of all that a character may be written as."""
    code = ord(one)
    raw = one.encode("utf-8", "surrogatepass")
    units = one.encode("utf-16-be", "surrogatepass")
    forms = [
        "".join(f"{_PERCENT}{each:02x}" for each in raw),
        "".join(f"{_JSON}{units[at : at + 2].hex()}" for at in range(0, len(units), 2)),
        f"{_NUMBER}{code};?",
        f"{_HEX}{code:x};?",
    ]
    if code in _NAMES:
        forms.append(f"{_NAME}{_NAMES[code]};")
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
        other = one.swapcase()
        forms += [_bytes(one), *([_bytes(other)] if len(other) == 1 else [])]
    return f"(?:{'|'.join(forms)})"


def _bytes(one: str) -> str:
    return "".join(f"\\x{each:02x}" for each in one.encode("utf-8", "surrogatepass"))


def _code(one: str) -> str:
    return one if one.isalnum() else f"(?i:{_character(one)})"


def _base64(raw: bytes) -> Iterator[bytes]:
    # What stands before decides how it is written: of each of the three alignments, take the part
    # that does not depend on it.
    for skip in range(3):
        code = base64.b64encode(b"\0" * skip + raw)
        stable = code[-(-skip * 8 // 6) : (skip + len(raw)) * 8 // 6]
        yield stable
        other = stable.replace(b"+", b"-").replace(b"/", b"_")
        if other != stable:
            yield other
