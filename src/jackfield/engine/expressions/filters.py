"""JavaScript expressions in JSONPath filters (`[?(…)]`, `[(…)]`), compiled to closures."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Never, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.expressions import js, strict_values
from jackfield.engine.expressions.errors import EvaluationFault, SyntaxFault
from jackfield.engine.expressions.operators import OPERATORS
from jackfield.engine.expressions.patterns import Pattern
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json


@dataclass(frozen=True, slots=True)
class Candidate:
    """The values of `@`, `@property`, `@parent`, `@parentProperty` and `@root` in a filter."""

    value: Json
    key: Json
    parent: Json
    parent_key: Json
    root: Json
    spend: Callable[[int], None]


Predicate: TypeAlias = Callable[[Candidate], Json]

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
    | (?P<here>@(?:parentProperty|parent|property|root)?)
    | (?P<name>[A-Za-z_]\w*)
    | (?P<mark>===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()\[\]])
    )""",
    re.VERBOSE,
)
_REGEX: Final = re.compile(r"\s*/((?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\[])+)/([a-z]*)")
_CONSTANTS: Final = {"true": True, "false": False, "null": None, "undefined": UNDEFINED}
_HERE: Final[Mapping[str, Predicate]] = {
    "@": lambda at: at.value,
    "@property": lambda at: at.key,
    "@parent": lambda at: at.parent,
    "@parentProperty": lambda at: at.parent_key,
    "@root": lambda at: at.root,
}
_LEVELS: Final = (
    frozenset({"==", "!=", "===", "!=="}),
    frozenset({"<", "<=", ">", ">="}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
_DEEPEST: Final = 32

# The methods that may be called on a text; no others are reachable.
_METHODS: Final[Mapping[str, Callable[[str, str], Json]]] = {
    "includes": lambda text, part: part in text,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "indexOf": str.find,
    "toLowerCase": lambda text, _: text.lower(),
    "toUpperCase": lambda text, _: text.upper(),
    "trim": lambda text, _: text.strip(),
}


def compile_filter(source: str, mode: Mode) -> Predicate:
    """
    Compile the text between the parentheses.

    In compat mode the result raises `EvaluationFault` for a member of null; in strict mode that is
    undefined.

    Raises:
        SyntaxFault: it is not an expression of the supported kind.
    """
    return _Parser(source, mode).whole()


class _Parser:
    def __init__(self, source: str, mode: Mode) -> None:
        self._source = source
        self._member_of = js.own if mode == "strict" else _member_of
        self._operators = OPERATORS[mode]
        self._to_number = strict_values.to_number if mode == "strict" else js.to_number
        self._position = 0
        self._depth = 0
        self._kind, self._word = "", ""
        self._advance()

    def whole(self) -> Predicate:
        predicate = self._conditional()
        if self._kind:
            self._fail(f"unexpected {self._word!r}")
        return predicate

    def _conditional(self) -> Predicate:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail("nested too deeply")
        test = self._either()
        if self._takes("?"):
            then = self._conditional()
            self._expect(":")
            otherwise = self._conditional()
            test = _chosen(test, then, otherwise)
        self._depth -= 1
        return test

    def _either(self) -> Predicate:
        left = self._both()
        while self._takes("||"):
            left = _either(left, self._both())
        return left

    def _both(self) -> Predicate:
        left = self._binary(0)
        while self._takes("&&"):
            left = _both(left, self._binary(0))
        return left

    def _binary(self, level: int) -> Predicate:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self._kind == "mark" and self._word in _LEVELS[level]:
            apply = self._operators[self._word]
            self._advance()
            left = _applied(apply, left, self._binary(level + 1))
        return left

    def _unary(self) -> Predicate:
        for sign, apply in _SIGNS.items():
            if self._takes(sign):
                self._depth += 1
                if self._depth > _DEEPEST:
                    self._fail("nested too deeply")
                operand = self._unary()
                self._depth -= 1
                return lambda at: apply(operand(at))
        return self._postfix(self._primary())

    def _primary(self) -> Predicate:  # noqa: PLR0911 - one for each beginning
        pattern = _REGEX.match(self._source, self._start) if self._word == "/" else None
        if pattern is not None:
            return self._regex(pattern)
        kind, word = self._kind, self._word
        self._advance()
        match kind:
            case "number":
                return _constant(self._to_number(word))
            case "text":
                return _constant(re.sub(r"\\(.)", r"\1", word[1:-1]))
            case "here":
                return _HERE[word]
            case "name" if word in _CONSTANTS:
                return _constant(_CONSTANTS[word])
            case "mark" if word == "(":
                inner = self._conditional()
                self._expect(")")
                return inner
            case "mark" if word == "[":
                items = self._items("]")
                return lambda at: [item(at) for item in items]
            case _:
                return self._fail(f"unexpected {word!r}")

    def _postfix(self, value: Predicate) -> Predicate:
        while True:
            if self._takes("."):
                value = self._member(value)
            elif self._takes("["):
                value = _indexed(self._member_of, value, self._conditional())
                self._expect("]")
            else:
                return value

    def _member(self, value: Predicate) -> Predicate:
        name = self._word
        if self._kind != "name":
            self._fail("expected a name")
        self._advance()
        if not self._takes("("):
            member_of = self._member_of
            return lambda at: member_of(value(at), name)
        arguments = self._items(")")
        if name in ("match", "test"):
            return _matched(*((value, *arguments) if name == "match" else (*arguments, value))[:2])
        if name not in _METHODS:
            self._fail(f"{name} cannot be called here")
        argument = arguments[0] if arguments else _constant("")
        return _called(_METHODS[name], value, argument)

    def _items(self, closing: str) -> tuple[Predicate, ...]:
        items: list[Predicate] = []
        while not self._takes(closing):
            if items:
                self._expect(",")
            items.append(self._conditional())
        return tuple(items)

    def _regex(self, literal: re.Match[str]) -> Predicate:
        self._position = literal.end()
        self._advance()
        return _constant(Pattern(("(?i)" if "i" in literal[2] else "") + literal[1]))

    def _takes(self, mark: str) -> bool:
        if self._kind != "mark" or self._word != mark:
            return False
        self._advance()
        return True

    def _expect(self, mark: str) -> None:
        if not self._takes(mark):
            self._fail(f"expected {mark!r}")

    def _advance(self) -> None:
        self._start = self._position
        token = _TOKEN.match(self._source, self._position)
        if token is None:
            if self._source[self._position :].strip():
                self._fail(f"unexpected {self._source[self._position :].strip()[0]!r}")
            self._kind, self._word = "", ""
            return
        self._kind = token.lastgroup or ""
        self._word = token[self._kind]
        self._position = token.end()

    def _fail(self, reason: str) -> Never:
        raise SyntaxFault(reason, self._start)


_SIGNS: Final[Mapping[str, Callable[[Json], Json]]] = {
    "!": lambda value: not js.truthy(value),
    "-": lambda value: js.subtract(0, value),
    "+": js.to_number,
}


def _constant(value: Json) -> Predicate:
    return lambda _at: value


def _applied(apply: Callable[[Json, Json], Json], left: Predicate, right: Predicate) -> Predicate:
    return lambda at: apply(left(at), right(at))


def _both(left: Predicate, right: Predicate) -> Predicate:
    def both(at: Candidate) -> Json:
        value = left(at)
        return right(at) if js.truthy(value) else value

    return both


def _either(left: Predicate, right: Predicate) -> Predicate:
    def either(at: Candidate) -> Json:
        value = left(at)
        return value if js.truthy(value) else right(at)

    return either


def _chosen(test: Predicate, then: Predicate, otherwise: Predicate) -> Predicate:
    return lambda at: (then if js.truthy(test(at)) else otherwise)(at)


def _indexed(member_of: Callable[[Json, str], Json], value: Predicate, key: Predicate) -> Predicate:
    return lambda at: member_of(value(at), js.to_text(key(at)))


def _member_of(value: Json, name: str) -> Json:
    if value is None or value is UNDEFINED:
        reason = f"there is no {name[:40]} of nothing"
        raise EvaluationFault(reason)
    return js.own(value, name)


def _called(method: Callable[[str, str], Json], value: Predicate, argument: Predicate) -> Predicate:
    def call(at: Candidate) -> Json:
        subject = value(at)
        kind: object = subject.__class__
        if kind is list and method is _METHODS["includes"]:
            return js.contains(argument(at), subject)
        return method(subject, js.to_text(argument(at))) if kind is str else UNDEFINED

    return call


def _matched(text: Predicate, pattern: Predicate) -> Predicate:
    def matched(at: Candidate) -> Json:
        subject, expression = text(at), pattern(at)
        if not isinstance(expression, Pattern) or not isinstance(subject, str):
            return None
        return expression.search(subject, at.spend) is not None

    return matched
