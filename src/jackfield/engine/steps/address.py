"""
URL of a step's request, from `baseUrl` and `url`.

Compat mode glues the two texts. Strict mode escapes every value that becomes part of a path or
query, refuses one that would change the path's shape, and asks of a value in the host's place that
it be a host name or a label of one.
"""

import math
import re
from collections.abc import Callable
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.errors import missing_field
from jackfield.engine.expressions import js, strict_values
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.templates import compile_safely
from jackfield.engine.expressions.text import Reference, is_static, split_text
from jackfield.engine.inputs.errors import InvalidInputs, input_in, inputs_in
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.url import count_dots, escape
from jackfield.kit.errors import EgressBlocked, Fault, UnresolvedReference
from jackfield.kit.json import Json, is_list, is_object

Locate: TypeAlias = Callable[[EvaluationScope], str]

NOT_PLAIN: Final = "must be a single value, or a list of them"
_CREDENTIAL: Final = re.compile(r"\bcredentials(?:\.|\[['\"])(\w+)")
_LABEL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_AUTHORITY: Final = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}(?::\d{1,5})?")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_ORIGIN: Final = re.compile(r"\s*https?://[^/?#]*", re.IGNORECASE)


def is_plain(value: Json) -> bool:
    """Say whether a value can be written as text: a single one, or a list of such."""
    if is_list(value):
        return all(map(is_plain, value))
    return not is_object(value) and not (isinstance(value, float) and math.isnan(value))


def compile_address(base_url: Json, url: Json, mode: Mode) -> Locate:
    """
    Compile the two parts of an address.

    Raises:
        InvalidStep: there is no `url`.
        InvalidExpression: in strict mode, one of them cannot be read.
    """
    if not isinstance(url, str):
        raise missing_field(path="url")
    base = base_url if isinstance(base_url, str) else ""
    if mode == "compat":
        return _compile_compat(base, url)
    return _compile_strict(base, url)


def _compile_compat(base: str, url: str) -> Locate:
    if (not base or is_static(base)) and is_static(url):
        whole = base + url
        return lambda _scope: whole
    before = compile_safely(base, "compat") if base else None
    after = compile_safely(url, "compat")
    own_dots = count_dots(base + url)

    def locate(scope: EvaluationScope) -> str:
        path = after(scope)
        if path is None or path is UNDEFINED:
            raise missing_field(path="url")
        start = "" if before is None else js.to_text(before(scope))
        written = start + js.to_text(path)
        if count_dots(written) > own_dots:
            raise _climbs(base + url)
        return written

    return locate


def _climbs(template: str) -> Exception:
    named = inputs_in(template)
    if len(named) == 1:
        return _unusable(template, "may not be . or ..")
    if named:
        return InvalidInputs(faults=(Fault("path", "may not hold . or .. as a part of a path"),))
    return UnresolvedReference("an address may not hold . or .. as a part of its path")


def _compile_strict(base: str, url: str) -> Locate:
    start = _compile_part(base, in_path=False)
    if is_static(url):
        return lambda scope: start(scope) + url
    # A `url` with an address of its own stands alone only where there is no base before it.
    end = _compile_part(url, in_path=bool(base))
    return lambda scope: start(scope) + end(scope)


def _compile_part(text: str, *, in_path: bool) -> Locate:
    if not text or is_static(text):
        return lambda _scope: text
    stripped = text.strip()
    if stripped.startswith(("{{", "$.", "$[")):
        return _compile_whole(stripped)
    parts = split_text(stripped, "strict")
    pieces: list[str | Locate] = []
    before = "x:///" if in_path else ""
    for index, part in enumerate(parts):
        if isinstance(part, str):
            pieces.append(part)
            before += part
        else:
            following = parts[index + 1] if index + 1 < len(parts) else ""
            after = following if isinstance(following, str) else ""
            pieces.append(_compile_reference(part, before, after))
            before += "x"

    def locate(scope: EvaluationScope) -> str:
        written = "".join(piece if isinstance(piece, str) else piece(scope) for piece in pieces)
        path = written.partition("?")[0]
        if "/." in path and any(segment in (".", "..") for segment in path.split("/")):
            raise _unusable(stripped, "may not be . or ..")
        return written

    return locate


def _compile_whole(text: str) -> Locate:
    """Compile an expression that is all of a part: of its values, none is escaped."""
    evaluate = compile_safely(text, "strict")
    own_dots, takes_inputs = count_dots(text), bool(inputs_in(text))

    def locate(scope: EvaluationScope) -> str:
        written = strict_values.to_text(_required(evaluate(scope), text))
        if count_dots(written) > own_dots:
            raise _climbs(text)
        # URLs drop these, and another resource would be reached than was named.
        if takes_inputs and ("#" in written or _CONTROL.search(written)):
            raise _unusable(text, "may not hold #, line breaks or other controls")
        return written

    return locate


def _compile_reference(part: Reference, before: str, after: str) -> Locate:
    evaluate, source = part.evaluate, part.source
    if not before:
        return lambda scope: strict_values.to_text(_required(evaluate(scope), source))
    if _ORIGIN.fullmatch(before):
        return _compile_host(evaluate, source, before, after)
    in_path = "?" not in before

    def escaped(scope: EvaluationScope) -> str:
        text = strict_values.to_text(_required(evaluate(scope), source))
        if not text:
            raise _unusable(source, "may not be empty")
        if in_path and _CONTROL.search(text):
            raise _unusable(source, "may not hold line breaks or other controls")
        # Some servers take an escaped slash for one, and some decode twice.
        if in_path and count_dots(f"/{escape(text)}"):
            raise _unusable(source, "may not hold . or .. as a part of a path")
        return escape(text)

    return escaped


def _compile_host(evaluate: Evaluate, source: str, before: str, after: str) -> Locate:
    alone = before.endswith("//") and not after.startswith((".", "-"))
    expected = _AUTHORITY if alone else _LABEL

    def host(scope: EvaluationScope) -> str:
        text = strict_values.to_text(_required(evaluate(scope), source)).strip()
        if not expected.fullmatch(text):
            msg = f"the value of {source} is not a host name"
            raise EgressBlocked(msg, faults=_host_faults(source, alone=alone))
        return text

    return host


def _host_faults(source: str, *, alone: bool) -> list[Fault]:
    """Blame the credential a host is made of, where it is one."""
    name = _CREDENTIAL.search(source)
    expected = "a host name" if alone else "one part of a host name, without dots"
    return [Fault(name[1], f"must be {expected}: letters, digits and hyphens")] if name else []


def _required(value: Json, source: str) -> Json:
    if value is None or value is UNDEFINED:
        if name := input_in(source):
            fault = Fault(f"path.{name}", "is required")
            raise InvalidInputs(faults=(fault,))
        msg = f"{source} has no value"
        raise UnresolvedReference(msg)
    if not is_plain(value):
        raise _unusable(source, NOT_PLAIN)
    return value


def _unusable(source: str, reason: str) -> Exception:
    if name := input_in(source):
        return InvalidInputs(faults=(Fault(f"path.{name}", reason),))
    msg = f"a value in {source} {reason}"
    return UnresolvedReference(msg)
