"""The envelope of a SOAP call, written from a step's parameters and the args of its body."""

from collections.abc import Callable, Mapping
from typing import TypeAlias
from xml.sax.saxutils import escape

from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import take_objects
from jackfield.engine.errors import InvalidStep, missing_field
from jackfield.engine.expressions import js, strict_values
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.expressions.text import Reference, split_text
from jackfield.engine.steps.arguments import Draft
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.soap import UsernameToken, write_envelope
from jackfield.engine.wire.xml_writer import write_xml
from jackfield.kit.json import Json, as_object, is_object

# Returns the body of one request, from its arguments.
Write: TypeAlias = Callable[[EvaluationScope, Draft], str]


def compile_envelope(params: Mapping[str, Json], mode: Mode) -> Write:
    """
    Compile the envelope: a text, an object, or one built around the body args.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    envelope = params.get("envelope")
    if isinstance(envelope, str):
        return _text_writer(envelope, mode)
    if is_object(envelope):
        evaluate = compile_value(envelope, mode)
        return lambda scope, _draft: write_xml(evaluate(scope))
    operation = compile_value(params.get("soapOperation"), mode)
    namespaces = _compile_namespaces(params.get("namespaces"), mode)
    with_token = params.get("useSoapContext") is not False

    def write(scope: EvaluationScope, draft: Draft) -> str:
        name = operation(scope)
        if name is None or name is UNDEFINED:
            msg = "Missing soapOperation in config"
            raise InvalidStep(msg)
        return write_envelope(
            as_object(draft.body),
            operation=js.to_text(name),
            namespaces=[(js.to_text(n(scope)), js.to_text(u(scope))) for n, u in namespaces],
            token=_token(scope) if with_token else None,
            mode=mode,
        )

    return write


def _compile_namespaces(document: Json, mode: Mode) -> list[tuple[Evaluate, Evaluate]]:
    compiled: list[tuple[Evaluate, Evaluate]] = []
    for index, entry in enumerate(take_objects(document, "namespaces")):
        for key in ("namespaceIdentifier", "namespace"):
            if key not in entry:
                raise missing_field(path=f"namespaces[{index}].{key}")
        compiled.append(
            (
                compile_value(entry["namespaceIdentifier"], mode),
                compile_value(entry["namespace"], mode),
            )
        )
    return compiled


def _text_writer(envelope: str, mode: Mode) -> Write:
    if mode == "compat" or "${" not in envelope:
        evaluate = compile_value(envelope, mode)
        return lambda scope, _draft: js.to_text(evaluate(scope))
    # A value must not become part of the envelope's markup.
    parts = split_text(envelope, mode)

    def write(scope: EvaluationScope, _draft: Draft) -> str:
        return "".join(part if isinstance(part, str) else _escaped(part, scope) for part in parts)

    return write


def _escaped(part: Reference, scope: EvaluationScope) -> str:
    value = part.evaluate(scope)
    return (
        ""
        if value is UNDEFINED
        else escape(strict_values.to_text(value), {'"': "&quot;", "'": "&apos;"})
    )


def _token(scope: EvaluationScope) -> UsernameToken:
    credentials = as_object(scope.get("credentials"))
    return UsernameToken(
        username=credentials.get("username", UNDEFINED), password=credentials.get("password", "")
    )
