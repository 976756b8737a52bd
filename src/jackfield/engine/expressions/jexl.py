"""JEXL compiler: from source text to a closure over the context."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.expressions import js, syntax
from jackfield.engine.expressions.errors import EvaluationFault, SyntaxFault
from jackfield.engine.expressions.functions import FUNCTIONS, Function
from jackfield.engine.expressions.meter import Meter
from jackfield.engine.expressions.operators import OPERATORS
from jackfield.engine.expressions.parser import parse
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json

EvaluationScope: TypeAlias = dict[str, Json]
Evaluate: TypeAlias = Callable[[EvaluationScope], Json]
# Beside the scope, a part of an expression sees the element of the filter it is in.
Closure: TypeAlias = Callable[[EvaluationScope, Json], Json]

# Errors of an evaluation, whose result is then undefined.
FAULTS: Final = (EvaluationFault, ArithmeticError, RecursionError, ValueError)
_FREE_TEXT: Final = 1024
_ROOT: Final = syntax.Identifier("$")


def compile_jexl(source: str, mode: Mode) -> Evaluate:
    """
    Compile `source`. The result never raises: a failed evaluation is `UNDEFINED`.

    Raises:
        SyntaxFault: it is not an expression.
    """
    tree = parse(source, mode)
    if tree is None:
        return lambda _scope: UNDEFINED
    if isinstance(tree, syntax.Literal):
        value = tree.value
        return lambda _scope: value
    meter = Meter()
    closure = _Compiler(mode, meter).closure(tree)

    def evaluate(scope: EvaluationScope) -> Json:
        meter.reset()
        try:
            return closure(scope, scope)
        except FAULTS:
            return UNDEFINED

    return evaluate


class _Compiler:
    def __init__(self, mode: Mode, meter: Meter) -> None:
        self._mode: Mode = mode
        self._meter = meter

    def closure(self, node: syntax.Node | None) -> Closure:
        return _nothing if node is None else self._compilers[type(node)](self, node)

    def _literal(self, node: syntax.Literal) -> Closure:
        value = node.value
        return lambda _scope, _element: value

    def _not(self, node: syntax.Not) -> Closure:
        operand = self.closure(node.operand)
        return lambda scope, element: not js.truthy(operand(scope, element))

    def _list(self, node: syntax.ListLiteral) -> Closure:
        items = tuple(map(self.closure, node.items))
        return lambda scope, element: [item(scope, element) for item in items]

    def _object(self, node: syntax.ObjectLiteral) -> Closure:
        entries = tuple((key, self.closure(value)) for key, value in node.entries)
        return lambda scope, element: {key: value(scope, element) for key, value in entries}

    def _identifier(self, node: syntax.Identifier) -> Closure:
        names = [node.name]
        while isinstance(node.source, syntax.Identifier):
            node = node.source
            names.append(node.name)
        path = tuple(reversed(names))
        if self._mode == "strict" and path[0] == "$" and len(path) > 1:
            path = path[1:]
        if node.source is not None:
            source = self.closure(node.source)
            return lambda scope, element: _walk(source(scope, element), path)
        if node.relative:
            return _relative(path, lenient=self._mode == "compat")
        if len(path) == 1:
            name = path[0]
            return lambda scope, _element: scope.get(name, UNDEFINED)
        return lambda scope, _element: _walk(scope, path)

    def _filter(self, node: syntax.Filter) -> Closure:
        if (
            self._mode == "strict"
            and node.subject == _ROOT
            and isinstance(node.test, syntax.Literal)
        ):
            # By a name that stands there alone: an input must not choose the credentials.
            name = js.to_text(node.test.value)
            return lambda scope, _element: scope.get(name, UNDEFINED)
        test = self.closure(node.test)
        subject = self.closure(node.subject)
        if not node.relative:
            return lambda scope, element: _index(subject(scope, element), test(scope, element))
        meter = self._meter

        def select(scope: EvaluationScope, element: Json) -> Json:
            rows = subject(scope, element)
            if rows is UNDEFINED:
                return []
            kind: object = rows.__class__
            candidates = rows if kind is list else [rows]
            meter.spend(len(candidates))
            return [row for row in candidates if js.truthy(test(scope, row))]

        return select

    def _call(self, node: syntax.Call) -> Closure:
        function = FUNCTIONS.get(node.name) if node.known else None
        if function is None and node.known and self._mode == "strict":
            reason = f"there is no function {node.name!r}"
            raise SyntaxFault(reason, node.position)
        arguments = tuple(map(self.closure, node.arguments))
        if function is None:
            return _nothing
        if node.name in ("present", "missing") and len(arguments) == 1:
            return _presence(node.name, arguments[0])
        return self._invoke(function, arguments)

    def _invoke(self, function: Function, arguments: tuple[Closure, ...]) -> Closure:
        absent = [UNDEFINED] * (function.arity - len(arguments))
        arity = function.arity
        call = function.quirk if self._mode == "compat" and function.quirk else function.call
        meter = self._meter

        def invoke(scope: EvaluationScope, element: Json) -> Json:
            values = [argument(scope, element) for argument in arguments]
            meter.spend(1)
            return call(meter, *values[:arity], *absent)

        return invoke

    def _binary(self, node: syntax.Binary) -> Closure:
        left, right = self.closure(node.left), self.closure(node.right)
        match node.operator:
            case "&&":
                return _both(left, right)
            case "||":
                return _either(left, right)
            case "??":
                return _coalesce(left, right)
            case "+":
                return self._plus(left, right)
            case _:
                apply = OPERATORS[self._mode][node.operator]
                return lambda scope, element: apply(left(scope, element), right(scope, element))

    def _plus(self, left: Closure, right: Closure) -> Closure:
        meter, add = self._meter, OPERATORS[self._mode]["+"]

        def plus(scope: EvaluationScope, element: Json) -> Json:
            total = add(left(scope, element), right(scope, element))
            kind: object = total.__class__
            if kind is str and len(total) > _FREE_TEXT:
                meter.copy(len(total))
            return total

        return plus

    def _conditional(self, node: syntax.Conditional) -> Closure:
        test = self.closure(node.test)
        otherwise = self.closure(node.otherwise)
        if node.then is None:
            return _either(test, otherwise)
        then = self.closure(node.then)

        def choose(scope: EvaluationScope, element: Json) -> Json:
            return (then if js.truthy(test(scope, element)) else otherwise)(scope, element)

        return choose

    _compilers: Final[Mapping[type, Callable[..., Closure]]] = {
        syntax.Literal: _literal,
        syntax.Identifier: _identifier,
        syntax.Filter: _filter,
        syntax.Call: _call,
        syntax.Not: _not,
        syntax.Binary: _binary,
        syntax.Conditional: _conditional,
        syntax.ListLiteral: _list,
        syntax.ObjectLiteral: _object,
    }


def _nothing(_scope: EvaluationScope, _element: Json) -> Json:
    reason = "there is nothing to evaluate"
    raise EvaluationFault(reason)


def _relative(path: tuple[str, ...], *, lenient: bool) -> Closure:
    """Look up in the filter's element; if `lenient`, a falsy one means the scope, as in JEXL."""

    def look_up(scope: EvaluationScope, element: Json) -> Json:
        if lenient and not js.truthy(element):
            element = scope
        return _walk(js.own(element, path[0]), path[1:])

    return look_up


def _walk(value: Json, path: tuple[str, ...]) -> Json:
    for name in path:
        kind: object = value.__class__
        if kind is dict:
            value = value.get(name, UNDEFINED)
        elif kind is list:
            # A name on a list means its first element; without one the evaluation fails.
            if not value or value[0] is None or value[0] is UNDEFINED:
                reason = "the list has no first element"
                raise EvaluationFault(reason)
            value = js.own(value[0], name)
        elif kind is str and name == "length":
            value = js.length(value)
        else:
            return UNDEFINED
    return value


def _index(subject: Json, key: Json) -> Json:
    if key is True or key is False:
        return subject if key else UNDEFINED
    if subject is None or subject is UNDEFINED:
        reason = "nothing to take an element of"
        raise EvaluationFault(reason)
    return js.own(subject, js.to_text(key))


def _presence(name: str, argument: Closure) -> Closure:
    def present(scope: EvaluationScope, element: Json) -> bool:
        value = argument(scope, element)
        return value is not None and value is not UNDEFINED

    def missing(scope: EvaluationScope, element: Json) -> bool:
        value = argument(scope, element)
        return value is None or value is UNDEFINED or value == ""

    return present if name == "present" else missing


def _both(left: Closure, right: Closure) -> Closure:
    def both(scope: EvaluationScope, element: Json) -> Json:
        value = left(scope, element)
        return right(scope, element) if js.truthy(value) else value

    return both


def _either(left: Closure, right: Closure) -> Closure:
    def either(scope: EvaluationScope, element: Json) -> Json:
        value = left(scope, element)
        return value if js.truthy(value) else right(scope, element)

    return either


def _coalesce(left: Closure, right: Closure) -> Closure:
    def coalesce(scope: EvaluationScope, element: Json) -> Json:
        first, second = left(scope, element), right(scope, element)
        if first is not None and first is not UNDEFINED and first != "":
            return first
        return first if second is None or second is UNDEFINED or second == "" else second

    return coalesce
