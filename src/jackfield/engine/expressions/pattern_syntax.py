"""The translation of JavaScript's regular expressions into the syntax of RE2.

Look-around and back-references are refused, as RE2 has none. A leading `(?i)` ignores case.
"""

import re
from typing import Final, Literal, Never

from jackfield.engine.expressions.errors import SyntaxFault

_LONGEST: Final = 512
_MOST_REPEATS: Final = 256
_QUANTIFIER: Final = re.compile(
    r"(?:(?P<sign>[*+?])|\{(?P<least>\d{1,3})(?:,(?P<most>\d{0,3}))?\})(?P<lazy>\??)"
)
_GROUP: Final = re.compile(r"\((?:\?(?P<plain>:)|\?<(?P<name>[A-Za-z]\w*)>|(?P<other>\?))?")
_EDGES: Final = frozenset("bB")
_HEX_DIGITS: Final = {"x": 2, "u": 4}
_CONTROL: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_SPACE: Final = (
    r"\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}"
)
_NO_SPACE: Final = (
    r"\x{0}-\x{8}\x{e}-\x{1f}!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}"
    r"\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}"
)
# RE2's `\s` has fewer characters than JavaScript's.
_CLASSES: Final = {
    "d": r"\d", "D": r"\D", "w": r"\w", "W": r"\W", "s": _SPACE, "S": _NO_SPACE,
}  # fmt: skip
_CHARACTER: Final = r"[\x{0}-\x{10ffff}]"
_NO_CHARACTER: Final = r"[^\x{0}-\x{10ffff}]"
_NOT_AT_LINE_END: Final = r"[^\n\r\x{2028}\x{2029}]"


def translate(source: str) -> str:
    """
    Translate a JavaScript pattern to RE2's syntax.

    Raises:
        SyntaxFault: it is not a regular expression of the supported kind.
    """
    if len(source) > _LONGEST:
        reason = f"a pattern may have {_LONGEST} characters"
        raise SyntaxFault(reason, _LONGEST)
    return _Translator(source).whole()


def spell(text: str) -> str:
    """Return the RE2 pattern that matches exactly `text`."""
    return "".join(map(_spell, text))


class _Translator:
    def __init__(self, source: str) -> None:
        self._source = source
        self._position = 0
        self._depth = 0
        self._written: list[str] = []
        # The kind of item a following quantifier would repeat.
        self._last: Literal["nothing", "character", "more"] = "nothing"

    def whole(self) -> str:
        if self._source.startswith("(?i)"):
            self._position = len("(?i)")
            self._written.append("(?i)")
        while self._position < len(self._source):
            self._next()
        if self._depth:
            self._fail("expected ')'")
        return "".join(self._written)

    def _next(self) -> None:
        found = _QUANTIFIER.match(self._source, self._position)
        # A brace without anything to repeat is a literal.
        if found is not None and (self._last != "nothing" or found["sign"]):
            self._quantify(found)
            return
        char = self._ahead()
        if char == "(":
            self._open()
            return
        self._position += 1
        match char:
            case ")":
                self._close()
            case "|":
                self._write("|", "nothing")
            case "^" | "$":
                self._write(char, "more")
            case ".":
                self._write(_NOT_AT_LINE_END, "character")
            case "[":
                self._write(self._class(), "character")
            case "\\" if self._ahead() in _EDGES:
                self._write(f"\\{self._take()}", "more")
            case "\\":
                char, kind = self._escaped()
                self._write(f"[{kind}]" if kind else _spell(char), "character")
            case _:
                self._write(_spell(char), "character")

    def _write(self, text: str, last: Literal["nothing", "character", "more"]) -> None:
        self._written.append(text)
        self._last = last

    def _open(self) -> None:
        found = _GROUP.match(self._source, self._position)
        if found is None or found["other"]:
            self._fail("only plain, named and (?:…) groups are supported")
        self._position = found.end()
        self._depth += 1
        self._write("(?:" if found["plain"] else "(", "nothing")

    def _close(self) -> None:
        if not self._depth:
            self._fail("unexpected ')'")
        self._depth -= 1
        self._write(")", "more")

    def _quantify(self, found: re.Match[str]) -> None:
        if self._last == "nothing":
            self._fail(f"nothing to repeat before {found['sign']!r}")
        self._position = found.end()
        lazy = found["lazy"]
        if found["sign"]:
            self._write(found["sign"] + lazy, "nothing")
            return
        least = int(found["least"])
        most = least if found["most"] is None else int(found["most"] or 0)
        if max(least, most) > _MOST_REPEATS or (found["most"] != "" and most < least):
            self._fail("a repetition out of bounds")
        if self._depth and self._last == "character":
            self._write_out(self._written.pop(), least, most if found["most"] != "" else None, lazy)
        else:
            self._write(found[0], "nothing")

    def _write_out(self, item: str, least: int, most: int | None, lazy: str) -> None:
        """Unroll a repetition: RE2 multiplies the counts of nested ones."""
        if most is None:
            optional = f"{item}*{lazy}"
        else:
            optional = f"(?:{item}" * (most - least) + f")?{lazy}" * (most - least)
        self._write(item * least + optional, "nothing")

    def _escaped(self) -> tuple[str, str]:
        """Parse an escape: return a character, or the content of a character class."""
        char = self._take()
        if char in _CLASSES:
            return "", _CLASSES[char]
        if char in _HEX_DIGITS:
            return self._code_point(_HEX_DIGITS[char]), ""
        if char in _CONTROL:
            return _CONTROL[char], ""
        if char.isalnum():
            self._fail(f"\\{char} is not supported")
        return char, ""

    def _code_point(self, digits: int) -> str:
        code = self._source[self._position : self._position + digits]
        if not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", code):
            self._fail(f"expected {digits} hexadecimal digits")
        self._position += digits
        return chr(int(code, 16))

    def _class(self) -> str:
        negated = self._takes("^")
        items: list[str] = []
        while not self._takes("]"):
            items.append(self._class_item())
        content = "".join(items)
        if not content:
            return _CHARACTER if negated else _NO_CHARACTER
        return f"[{'^' if negated else ''}{content}]"

    def _class_item(self) -> str:
        low, kind = self._class_atom()
        if kind or self._ahead() != "-" or self._ahead(1) in ("", "]"):
            return kind or _spell_in_class(low)
        self._position += 1
        high, kind = self._class_atom()
        if kind:
            return f"{_spell_in_class(low)}{_spell_in_class('-')}{kind}"
        if high < low:
            self._fail("a range whose end is before its start")
        return f"{_code(low)}-{_code(high)}"

    def _class_atom(self) -> tuple[str, str]:
        if self._position >= len(self._source):
            self._fail("expected ']'")
        char = self._take()
        return self._escaped() if char == "\\" else (char, "")

    def _ahead(self, further: int = 0) -> str:
        at = self._position + further
        return self._source[at : at + 1]

    def _take(self) -> str:
        char = self._ahead()
        if not char:
            self._fail("unfinished escape")
        self._position += 1
        return char

    def _takes(self, char: str) -> bool:
        if self._ahead() != char:
            return False
        self._position += 1
        return True

    def _fail(self, reason: str) -> Never:
        raise SyntaxFault(reason, self._position)


def _spell(char: str) -> str:
    return _NO_CHARACTER if _is_half(char) else _code(char)


def _spell_in_class(char: str) -> str:
    return "" if _is_half(char) else _code(char)


def _code(char: str) -> str:
    return f"\\x{{{ord(char):x}}}"


def _is_half(char: str) -> bool:
    """Whether `char` is a lone surrogate, which RE2 cannot take."""
    return "\ud800" <= char <= "\udfff"
