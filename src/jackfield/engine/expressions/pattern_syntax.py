"""The shape of a regular expression, and how it is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Never, TypeAlias

from jackfield.engine.expressions.errors import SyntaxFault

_LONGEST: Final = 512
_MOST_REPEATS: Final = 256
_DEEPEST: Final = 32
_QUANTIFIER: Final = re.compile(r"([*+?]|\{(\d{1,3})(,(\d{0,3}))?\})(\?)?")
_GROUP: Final = re.compile(r"\((?:\?(?P<plain>:)|\?<(?P<name>[A-Za-z]\w*)>|(?P<other>\?))?")
_CONTROL: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_HEX_DIGITS: Final = {"x": 2, "u": 4}

Matches: TypeAlias = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Single:
    matches: Matches


@dataclass(frozen=True, slots=True)
class Assertion:
    holds: Callable[[str, int], bool]


@dataclass(frozen=True, slots=True)
class Sequence:
    items: "tuple[Item, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    options: "tuple[Item, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    item: "Item"
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True, slots=True)
class Group:
    item: "Item"
    number: int | None


Item: TypeAlias = Single | Assertion | Sequence | Choice | Repeat | Group


def parse_pattern(source: str) -> tuple[Item, int, bool]:
    """
    Read a pattern: its tree, how many groups it has, and whether case is ignored.

    Raises:
        SyntaxFault: it is not a regular expression of the supported kind.
    """
    if len(source) > _LONGEST:
        reason = f"a pattern may have {_LONGEST} characters"
        raise SyntaxFault(reason, _LONGEST)
    fold = source.startswith("(?i)")
    reader = _Reader(source, 4 if fold else 0, fold=fold)
    tree = reader.choice()
    if reader.position < len(source):
        reader.fail("unexpected ')'")
    return tree, reader.groups, fold


class _Reader:
    def __init__(self, source: str, position: int, *, fold: bool) -> None:
        self._source = source
        self._fold = fold
        self._depth = 0
        self.position = position
        self.groups = 0

    def choice(self) -> Item:
        self._depth += 1
        if self._depth > _DEEPEST:
            self.fail("nested too deeply")
        options = [self._sequence()]
        while self._takes("|"):
            options.append(self._sequence())
        self._depth -= 1
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def fail(self, reason: str) -> Never:
        raise SyntaxFault(reason, self.position)

    def _sequence(self) -> Item:
        items: list[Item] = []
        while self.position < len(self._source) and self._peek() not in "|)":
            items.append(self._quantified())
        return Sequence(tuple(items))

    def _quantified(self) -> Item:
        item = self._atom()
        found = _QUANTIFIER.match(self._source, self.position)
        if found is None:
            return item
        self.position = found.end()
        least, most = _bounds(found)
        if (most is not None and (most < least or most > _MOST_REPEATS)) or least > _MOST_REPEATS:
            self.fail("a repetition out of bounds")
        return Repeat(item, least, most, lazy=found[5] is not None)

    def _atom(self) -> Item:  # noqa: PLR0911 - one for each beginning
        char = self._peek()
        if char == "(":
            return self._group()
        self.position += 1
        match char:
            case "[":
                return Single(self._class())
            case ".":
                return Single(lambda c: c not in "\n\r\u2028\u2029")
            case "^":
                return Assertion(lambda _text, at: at == 0)
            case "$":
                return Assertion(lambda text, at: at == len(text))
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                self.position -= 1
                self.fail(f"nothing to repeat before {char!r}")
            case _:
                return Single(self._equals(char))
        return None

    def _group(self) -> Item:
        opening = _GROUP.match(self._source, self.position)
        if opening is None or opening["other"]:
            self.fail("only plain, named and (?:…) groups are supported")
        self.position = opening.end()
        number = None
        if not opening["plain"]:
            self.groups += 1
            number = self.groups
        inner = self.choice()
        if not self._takes(")"):
            self.fail("expected ')'")
        return Group(inner, number)

    def _escape(self) -> Item:
        char = self._peek() if self.position < len(self._source) else ""
        if char in ("b", "B"):
            self.position += 1
            inside = char == "B"
            return Assertion(lambda text, at: _at_word_edge(text, at) is not inside)
        return Single(self._escaped())

    def _escaped(self) -> Matches:
        """Read what stands after a backslash."""
        if self.position >= len(self._source):
            self.fail("unfinished escape")
        char = self._peek()
        self.position += 1
        if char in _CLASSES:
            return _CLASSES[char]
        if char in _HEX_DIGITS:
            return self._equals(self._code_point(_HEX_DIGITS[char]))
        if char in _CONTROL:
            return self._equals(_CONTROL[char])
        if char.isalnum():
            self.fail(f"\\{char} is not supported")
        return self._equals(char)

    def _code_point(self, digits: int) -> str:
        code = self._source[self.position : self.position + digits]
        if not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", code):
            self.fail(f"expected {digits} hexadecimal digits")
        self.position += digits
        return chr(int(code, 16))

    def _class(self) -> Matches:
        negated = self._takes("^")
        tests: list[Matches] = []
        while not self._takes("]"):
            if self.position >= len(self._source):
                self.fail("expected ']'")
            tests.append(self._class_item())
        return lambda char: any(test(char) for test in tests) is not negated

    def _class_item(self) -> Matches:
        start = self._peek()
        self.position += 1
        if start == "\\":
            return self._escaped()
        following = self._source[self.position : self.position + 2]
        if following[:1] == "-" and following[1:] not in ("", "]", "\\"):
            self.position += 2
            low, high = self._folded(start), self._folded(following[1])
            return lambda char: low <= char <= high
        return self._equals(start)

    def _equals(self, char: str) -> Matches:
        return self._folded(char).__eq__

    def _folded(self, char: str) -> str:
        return char.casefold() if self._fold else char

    def _peek(self) -> str:
        return self._source[self.position]

    def _takes(self, char: str) -> bool:
        if self._source[self.position : self.position + 1] != char:
            return False
        self.position += 1
        return True


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    match found[1][0]:
        case "*":
            return 0, None
        case "+":
            return 1, None
        case "?":
            return 0, 1
        case _:
            least = int(found[2])
            if found[3] is None:
                return least, least
            return least, int(found[4]) if found[4] else None


def _is_word(char: str) -> bool:
    return (char.isalnum() and char.isascii()) or char == "_"


def _at_word_edge(text: str, at: int) -> bool:
    before = at > 0 and _is_word(text[at - 1])
    after = at < len(text) and _is_word(text[at])
    return before != after


_CLASSES: Final[dict[str, Matches]] = {
    "d": lambda char: "0" <= char <= "9",
    "D": lambda char: not "0" <= char <= "9",
    "w": _is_word,
    "W": lambda char: not _is_word(char),
    "s": str.isspace,
    "S": lambda char: not char.isspace(),
}
