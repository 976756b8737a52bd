"""Regular expressions that cannot run away.

A pattern comes from a connector and a text from a provider or a caller, so matching is done by RE2:
time is proportional to pattern times text, whatever either looks like. That is the reason there are
no back-references and no look-around.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

import re2

from jackfield.engine.expressions.errors import SyntaxFault
from jackfield.engine.expressions.pattern_syntax import spell, translate

_SPECIAL: Final = re.compile(r"[\\^$.|?*+()\[\]{}]")
_HALVES: Final = re.compile("[\ud800-\udfff]")
# A program of this size takes about two microseconds per character of the worst text.
_INSTRUCTIONS_AN_ELEMENT: Final = 1024
# UTF-8 continuation bytes.
_INNER_BYTES: Final = range(0x80, 0xC0)


class Pattern:
    def __init__(self, source: str) -> None:
        """
        Compile `source`, a regular expression as JavaScript writes them.

        Raises:
            SyntaxFault: it is not a regular expression, or larger than allowed.
        """
        translated = translate(source)
        try:
            self._compiled = re2.compile(translated, _options())
        except re2.error as error:
            reason = "the pattern is too large"
            raise SyntaxFault(reason, 0) from error
        self.groups: Final = self._compiled.groups
        self._literal = None if _SPECIAL.search(source) else source
        self._price = 1 + self._compiled.programsize // _INSTRUCTIONS_AN_ELEMENT
        self._meets_inner_bytes = r"\B" in translated

    def search(self, text: str, spend: Callable[[int], None]) -> tuple[str | None, ...] | None:
        """Return the leftmost match and its groups; the cost is passed to `spend`."""
        spend(len(text) * self._price)
        if self._literal is not None:
            return (self._literal,) if self._literal in text else None
        content, searched = _encoded(text)
        found = self._compiled.search(searched)
        while found is not None and self._meets_inner_bytes and _is_inside(searched, found.span()):
            found = self._compiled.search(searched, found.end() + 1)
        if found is None:
            return None
        spans = map(found.span, range(self.groups + 1))
        return tuple(
            None if start < 0 else content[start:end].decode("utf-8", "surrogatepass")
            for start, end in spans
        )


class PatternSet:
    """Patterns that are searched for in a text all at once."""

    def __init__(self, sources: Sequence[str]) -> None:
        """
        Compile patterns, which match also verbatim: `a+b` finds `a+b` and `aab`.

        Raises:
            SyntaxFault: together they are too large.
        """
        self._size = len(sources)
        self._set = re2.Set.SearchSet(_options())
        for source in sources:
            self._set.Add(_part(source))
        # A pattern that always matches shows whether the search was carried out.
        self._set.Add("")
        try:
            self._set.Compile()
            self.search("")
        except re2.error as error:
            reason = "the patterns are too large"
            raise SyntaxFault(reason, 0) from error

    def search(self, text: str) -> Sequence[int]:
        """Return the indices of the patterns found, in order; all if the search failed."""
        found = self._set.Match(text.encode("utf-8", "replace"))
        return range(self._size) if found is None else sorted(found)[:-1]


def _part(source: str) -> str:
    try:
        Pattern(source)
    except SyntaxFault:
        return spell(source)
    return f"{spell(source)}|(?:{translate(source)})" if _SPECIAL.search(source) else spell(source)


def _encoded(text: str) -> tuple[bytes, bytes]:
    """Return `text` in UTF-8, and the same without lone surrogates, which RE2 cannot take."""
    try:
        content = text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass"), _HALVES.sub("\ufffd", text).encode()
    return content, content


def _is_inside(content: bytes, span: tuple[int, int]) -> bool:
    """Whether a match is empty and between the bytes of one character."""
    start, end = span
    return start == end < len(content) and content[start] in _INNER_BYTES


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options
