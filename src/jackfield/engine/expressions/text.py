"""
Strings of a connector, compiled: plain text, a path, an expression, or a template of them.

In compat mode a string is read exactly as the published engine reads it (`compat`). Strict mode
differs where that surprises: prose keeps its `$.`, a text that starts with `$` and is no path is
just text, an empty string stays one, and a `${…}` without a value makes the whole text `UNDEFINED`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from jackfield.engine import compat
from jackfield.engine.compat import Mode
from jackfield.engine.expressions import js, strict_values
from jackfield.engine.expressions.errors import EvaluationFault, InvalidExpression, SyntaxFault
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope, compile_jexl
from jackfield.engine.expressions.paths import compile_path
from jackfield.engine.expressions.plain_names import compile_names
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json

LONGEST: Final = 1_000_000
_TOKEN: Final = re.compile(r"\$\{([^}]+)\}")
_BRACED: Final = re.compile(r"\{\{.+\}\}", re.DOTALL)
# Expressions whose values may not be JSON: with list or object literals, or dates.
_MAKES_VALUES: Final = re.compile(
    r"\A\s*\{\{(?:.*(?:nextAnniversary|\bin\s*\[|[(,:?&|=+\-<>*/%^!\[]\s*[\[{])|\s*[\[{])",
    re.DOTALL,
)
_PLAIN_NAMES: Final = re.compile(r"[\w$-]+(?:\.[\w$-]+)*")
# Paths that evaluate an expression, or may match too much.
_MAY_FAIL: Final = re.compile(r"[(*]|\.\.")
_MOST_TOKENS: Final = 1024
_LARGEST_TEXT: Final = 64 * 1024 * 1024
_SHOWN: Final = 120
_KEPT: Final = 4096
_LONGEST_KEPT: Final = 1000


@dataclass(frozen=True, slots=True)
class Reference:
    """One `${…}` of a text: its source, position and compiled expression."""

    source: str
    position: int
    evaluate: Evaluate


def compile_text(text: str, mode: Mode) -> Evaluate:
    """
    Compile one string of a connector. Its value is JSON, or `UNDEFINED` as a whole.

    Actions of one connector repeat many texts; each is compiled once.

    Raises:
        InvalidExpression: it looks like an expression and is not valid. In compat mode the result
            may raise it too: if undefined `${…}` leave no text, and if a path reads a member of
            null or matches too much.
    """
    return _settled_once(text, mode) if len(text) <= _LONGEST_KEPT else _settled(text, mode)


def _settled(text: str, mode: Mode) -> Evaluate:
    if mode == "strict" and text.strip() == "$":
        reason = "$ alone is the whole run: name a part of it, such as $.inputs"
        msg = f"Invalid expression: {reason}"
        raise InvalidExpression(msg, reason=reason)
    evaluate_raw = _compile(text, mode)
    if not _MAKES_VALUES.search(text):
        return evaluate_raw
    return lambda scope: js.settle(evaluate_raw(scope))


_settled_once = lru_cache(_KEPT)(_settled)


def is_static(text: str) -> bool:
    """Whether `text` has no expression in it."""
    stripped = text.strip()
    return bool(stripped) and not (
        stripped.startswith("$") or _is_braced(stripped) or _TOKEN.search(stripped)
    )


def split_text(text: str, mode: Mode) -> list[str | Reference]:
    """
    Split a text with `${…}` into its literal parts and its references.

    Raises:
        InvalidExpression: one of the references is not an expression.
    """
    parts: list[str | Reference] = []
    end = 0
    for count, token in enumerate(_TOKEN.finditer(text)):
        if count >= _MOST_TOKENS:
            raise _invalid(text, "Text too long", f"more than {_MOST_TOKENS} ${{…}}", token.start())
        if token.start() > end:
            parts.append(text[end : token.start()])
        parts.append(_reference(text, token, mode))
        end = token.end()
    if end < len(text):
        parts.append(text[end:])
    return parts


def check(text: str, *, mode: Mode) -> str | None:
    """Return the fault of a string of a connector with its position; `None` if it is valid."""
    if not text.strip() or (text.strip()[0] == "$" and text.strip()[1:2] not in (".", "[", "{")):
        return None
    try:
        if mode == "compat" and _TOKEN.search(text):
            _check_tokens(text)
        else:
            compile_text(text, mode)
    except InvalidExpression as fault:
        return f"{fault.reason} (at character {fault.position + 1} of {_shown(text)})"
    return None


def _check_tokens(text: str) -> None:
    """Refuse a `${…}` that is neither an expression nor plain names between dots."""
    for token in _TOKEN.finditer(compat.without_root_prefixes(text)):
        code = token[1].strip()
        if not _PLAIN_NAMES.fullmatch(code):
            _jexl(code, text, "compat")


def evaluate(text: str, context: Mapping[str, Json], mode: Mode = "compat") -> Json:
    """
    Evaluate one string on `context`.

    Raises:
        InvalidExpression: it is not valid.
    """
    return _compile(text, mode)(dict(context))


def _compile(text: str, mode: Mode) -> Evaluate:
    stripped = text.strip()
    if len(text) > LONGEST:
        raise _invalid(text, "Text too long", f"a text may have {LONGEST} characters", LONGEST)
    if mode == "strict":
        return _compile_strict(text, stripped)
    return _compile_compat(text, stripped)


def _compile_strict(text: str, stripped: str) -> Evaluate:
    if _is_braced(stripped):
        return _jexl(stripped[2:-2], text, "strict")
    if _TOKEN.search(text):
        return _join(split_text(text, "strict"))
    if stripped.startswith(("$.", "$[")) or stripped == "$":
        return _path(stripped, text, "strict")
    return lambda _scope: text


def _compile_compat(text: str, stripped: str) -> Evaluate:
    if not stripped:
        raise _invalid(text, "Empty expression", "the text is empty", 0)
    braced = _is_braced(stripped)
    prose = compat.without_root_prefixes(stripped[2:-2] if braced else stripped).strip()
    if not _TOKEN.search(prose):
        return _compile_whole(text, stripped, prose if braced else None)
    interpolate = _interpolation(prose)
    try:
        otherwise = _compile_whole(text, stripped, prose if braced else None)
    except InvalidExpression as error:
        otherwise = _failing(error)

    def evaluate_text(scope: EvaluationScope) -> Json:
        return interpolate(scope) or otherwise(scope)

    return evaluate_text


def _compile_whole(text: str, stripped: str, code: str | None) -> Evaluate:
    if code is not None:
        return _jexl(code, text, "compat")
    if stripped.startswith("$"):
        return _path(stripped, text, "compat")
    return lambda _scope: text


def _interpolation(prose: str) -> Callable[[EvaluationScope], str]:
    parts = split_text(prose, "compat")
    references = [part for part in parts if isinstance(part, Reference)]

    def interpolate(scope: EvaluationScope) -> str:
        values = {part.position: _rendered(part, scope, js.to_text) for part in references}
        if any(value is not None and "$" in value for value in values.values()):
            text = prose
            for part in references:
                value = values[part.position]
                text = text if value is None else compat.replace_token(text, part.source, value)
            return text
        rendered = (
            part if isinstance(part, str) else values[part.position] or _kept(part, values)
            for part in parts
        )
        return _bounded("".join(rendered), prose)

    return interpolate


def _kept(part: Reference, values: Mapping[int, str | None]) -> str:
    return part.source if values[part.position] is None else ""


def _join(parts: list[str | Reference]) -> Evaluate:
    def join(scope: EvaluationScope) -> Json:
        texts: list[str] = []
        for part in parts:
            text = part if isinstance(part, str) else _rendered(part, scope, strict_values.to_text)
            if text is None:
                return UNDEFINED
            texts.append(text)
        return _bounded("".join(texts), "")

    return join


def _rendered(
    part: Reference, scope: EvaluationScope, to_text: Callable[[Json], str]
) -> str | None:
    value = part.evaluate(scope)
    if value is UNDEFINED:
        return None
    try:
        return to_text(value)
    except RecursionError:
        return None


def _reference(text: str, token: re.Match[str], mode: Mode) -> Reference:
    code = token[1].strip()
    position = token.start()
    if mode == "strict":
        try:
            strict_jexl = compile_jexl(code, mode)
        except SyntaxFault as fault:
            raise _invalid(
                text, "Invalid expression", fault.reason, position + 2 + fault.position
            ) from fault
        return Reference(token[0], position, lambda scope: _none_as_undefined(strict_jexl(scope)))
    dotted = compile_names(code)
    try:
        jexl = compile_jexl(code, mode) if code else dotted
    except SyntaxFault:
        return Reference(token[0], position, dotted)

    def evaluate_token(scope: EvaluationScope) -> Json:
        value = jexl(scope)
        return dotted(scope) if value is UNDEFINED else value

    return Reference(token[0], position, evaluate_token)


def _none_as_undefined(value: Json) -> Json:
    return UNDEFINED if value is None else value


def _jexl(code: str, text: str, mode: Mode) -> Evaluate:
    try:
        # A lone dot would begin a name.
        return compile_jexl(code if code.strip() != "." else "", mode)
    except SyntaxFault as fault:
        # In compat mode the code was cut out of the text: its position is approximate.
        start = max(text.find(code), 0)
        position = start + fault.position
        raise _invalid(text, "Invalid expression", fault.reason, position) from fault


def _path(path: str, text: str, mode: Mode) -> Evaluate:
    try:
        walk = compile_path(path, mode)
    except SyntaxFault as fault:
        position = text.find(path) + fault.position
        raise _invalid(text, "Invalid JSON path", fault.reason, position) from fault
    if not _MAY_FAIL.search(path):
        return walk

    def walk_filtered(scope: EvaluationScope) -> Json:
        try:
            return walk(scope)
        except EvaluationFault as fault:
            raise _invalid(text, "Invalid JSON path", str(fault), 0) from fault

    return walk_filtered


def _failing(error: InvalidExpression) -> Evaluate:
    def fail(_scope: EvaluationScope) -> Json:
        raise InvalidExpression(error.detail, reason=error.reason, position=error.position)

    return fail


def _bounded(text: str, source: str) -> str:
    if len(text) > _LARGEST_TEXT:
        raise _invalid(source, "Text too long", "the values make it too long", 0)
    return text


def _is_braced(stripped: str) -> bool:
    return stripped != "{{}}" and _BRACED.fullmatch(stripped) is not None


def _invalid(text: str, what: str, reason: str, position: int) -> InvalidExpression:
    stripped = text.strip()
    detail = f"{what}: {_shown(stripped)}" if stripped else what
    return InvalidExpression(detail, reason=reason, position=position)


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= _SHOWN else f'"{text[:_SHOWN]}…"'
