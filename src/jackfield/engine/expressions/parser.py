"""
JEXL parser: from source text to a syntax tree.

The language is JEXL's, not JavaScript's. On top of it come a condition straight after a call
(`present(x) ? a : b`) and quoted keys in object literals, which current connectors use. In strict
mode `&&` binds tighter than `||`, and `null` and `undefined` are literals.
"""

from typing import Final, Never

from jackfield.engine.compat import Mode
from jackfield.engine.expressions import syntax
from jackfield.engine.expressions.errors import SyntaxFault
from jackfield.engine.expressions.tokens import Token, tokenize
from jackfield.engine.undefined import UNDEFINED

LONGEST: Final = 16_384
_DEEPEST: Final = 64
_MOST_OPERATORS: Final = 256

_PRECEDENCE: Final = {
    **dict.fromkeys(("%", "^"), 50),
    **dict.fromkeys(("*", "/", "//"), 40),
    **dict.fromkeys(("+", "-"), 30),
    **dict.fromkeys(("==", "!=", ">", ">=", "<", "<=", "in"), 20),
    **dict.fromkeys(("&&", "||"), 10),
    "??": 0,
}
_PRECEDENCES: Final[dict[Mode, dict[str, int]]] = {
    "compat": _PRECEDENCE,
    "strict": {**_PRECEDENCE, "&&": 11},
}
_KEYWORDS: Final = {"null": None, "undefined": UNDEFINED}


def parse(source: str, mode: Mode) -> syntax.Node | None:
    """
    Parse a whole expression; an empty one is `None`.

    Raises:
        SyntaxFault: it is not an expression, or too large.
    """
    if len(source) > LONGEST:
        reason = f"an expression may have {LONGEST} characters"
        raise SyntaxFault(reason, LONGEST)
    parser = _Parser(tokenize(source, mode), mode)
    node, _ = parser.nested(frozenset({"end"}))
    return node


class _Parser:
    def __init__(self, tokens: list[Token], mode: Mode) -> None:
        self._tokens = tokens
        self._next = 0
        self._mode: Mode = mode
        self._precedence = _PRECEDENCES[mode]
        self._depth = 0
        self._operators = 0
        self._relative = False
        self._stops: frozenset[str] = frozenset()
        self._begin = 0

    def nested(self, stops: frozenset[str]) -> tuple[syntax.Node | None, bool]:
        """Parse up to one of `stops`; return also whether it refers to a filter's element."""
        outer = self._relative, self._stops, self._begin
        self._relative, self._stops, self._begin = False, stops, self._next
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail("nested too deeply")
        node = self._expression(stops)
        self._depth -= 1
        relative = self._relative
        self._relative, self._stops, self._begin = outer
        return node, relative

    def _expression(self, stops: frozenset[str]) -> syntax.Node | None:
        if self._at(stops):
            return None
        node = self._binary(0)
        if self._takes("?"):
            then, _ = self.nested(frozenset({":"}))
            self._expect(":")
            otherwise, _ = self.nested(stops)
            node = syntax.Conditional(node, then, otherwise)
        if not self._at(stops):
            self._fail(self._unexpected(stops))
        return node

    def _unexpected(self, stops: frozenset[str]) -> str:
        if self._peek().text:
            return f"unexpected {self._peek().text!r}"
        return f"expected {' or '.join(sorted(map(repr, stops)))}"

    def _binary(self, weakest: int) -> syntax.Node:
        left = self._operand()
        while self._peek().kind == "binary":
            operator = self._peek().text
            precedence = self._precedence[operator]
            if precedence < weakest:
                break
            self._operators += 1
            if self._operators > _MOST_OPERATORS:
                self._fail(f"more than {_MOST_OPERATORS} operators")
            self._next += 1
            left = syntax.Binary(operator, left, self._binary(precedence + 1))
        return left

    def _operand(self) -> syntax.Node:
        negations = 0
        while self._peek().kind == "not":
            negations += 1
            self._next += 1
        if negations > _DEEPEST:
            self._fail("nested too deeply")
        node = self._postfix(*self._primary())
        for _ in range(negations):
            node = syntax.Not(node)
        return node

    def _primary(self) -> tuple[syntax.Node, bool]:  # noqa: PLR0911 - one for each beginning
        """Parse an operand's head; return also whether `[` and `(` may follow it."""
        token = self._peek()
        self._next += 1
        if token.kind == "literal":
            return syntax.Literal(token.value), False
        if token.kind == "name":
            if self._mode == "strict" and token.text in _KEYWORDS:
                return syntax.Literal(_KEYWORDS[token.text]), False
            return syntax.Identifier(token.text), True
        match token.text:
            case ".":
                self._relative = True
                return self._relative_name(), True
            case "(":
                return self._group(), False
            case "[":
                return syntax.ListLiteral(self._items("]")), False
            case "{":
                return self._object(), False
            case _:
                self._next -= 1
                return self._fail(
                    f"expected a value, not {token.text!r}" if token.text else "expected a value"
                )

    def _postfix(self, node: syntax.Node, is_name: bool) -> syntax.Node:
        callable_next = is_name
        bracket_next = is_name
        while True:
            token = self._peek()
            if token.text == "." and token.kind == "mark":
                self._next += 1
                node = syntax.Identifier(self._name(), node)
                callable_next = bracket_next = True
            elif token.text == "[" and token.kind == "mark" and bracket_next:
                self._next += 1
                test, relative = self.nested(frozenset({"]"}))
                self._expect("]")
                node = syntax.Filter(node, test, relative)
                callable_next = True
            elif token.text == "(" and token.kind == "mark" and callable_next:
                self._next += 1
                node = self._call(node, token.position)
                callable_next = False
            elif token.text == "|":
                node = self._transform(node)
                callable_next, bracket_next = False, True
            else:
                return node

    def _call(self, callee: syntax.Node, position: int) -> syntax.Node:
        name = callee.name if isinstance(callee, syntax.Identifier) else ""
        method = not isinstance(callee, syntax.Identifier) or callee.source is not None
        if method and self._mode == "strict":
            self._fail(f"there are no methods: write {name}(value)", position)
        return syntax.Call(name, self._items(")"), position)

    def _transform(self, node: syntax.Node) -> syntax.Node:
        position = self._peek().position
        if self._mode == "strict":
            self._fail("there are no transforms: call a function", position)
        self._next += 1
        name = self._name()
        rest = self._items(")") if self._takes("(") else ()
        return syntax.Call(name, (node, *rest), position, known=False)

    def _relative_name(self) -> syntax.Node:
        # `list[.]` is valid, and always undefined.
        if self._depth > 1 and self._at(self._stops):
            return syntax.Call("", (), self._peek().position, known=False)
        return syntax.Identifier(self._name(), relative=True)

    def _group(self) -> syntax.Node:
        # JEXL closes a parenthesis that begins an expression at the expression's end.
        first = self._next - 1 == self._begin and self._mode == "compat"
        stops = frozenset({")", "end"}) if first and "end" in self._stops else frozenset({")"})
        node, _ = self.nested(stops)
        if not self._at(frozenset({"end"}) & stops):
            self._expect(")")
        return syntax.Call("", (), 0, known=False) if node is None else node

    def _items(self, closing: str) -> tuple[syntax.Node, ...]:
        items: list[syntax.Node] = []
        while True:
            node, _ = self.nested(frozenset({",", closing}))
            if node is not None:
                items.append(node)
            if self._takes(closing):
                return tuple(items)
            self._expect(",")

    def _object(self) -> syntax.Node:
        entries: list[tuple[str, syntax.Node | None]] = []
        while not self._takes("}"):
            entries.append((self._key(), self._entry_value()))
            if self._takes("}"):
                break
            self._expect(",")
        return syntax.ObjectLiteral(tuple(entries))

    def _key(self) -> str:
        token = self._peek()
        if token.kind == "literal" and isinstance(token.value, str):
            self._next += 1
            return token.value
        return self._name()

    def _entry_value(self) -> syntax.Node | None:
        self._expect(":")
        value, _ = self.nested(frozenset({",", "}"}))
        return value

    def _name(self) -> str:
        token = self._peek()
        if token.kind != "name":
            self._fail("expected a name")
        self._next += 1
        return token.text

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _at(self, stops: frozenset[str]) -> bool:
        token = self._peek()
        return token.text in stops if token.kind == "mark" else token.kind in stops

    def _takes(self, mark: str) -> bool:
        token = self._peek()
        if token.kind != "mark" or token.text != mark:
            return False
        self._next += 1
        return True

    def _expect(self, mark: str) -> None:
        if not self._takes(mark):
            self._fail(f"expected {mark!r}")

    def _fail(self, reason: str, position: int | None = None) -> Never:
        raise SyntaxFault(reason, self._peek().position if position is None else position)
