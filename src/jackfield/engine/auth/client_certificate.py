"""The `certificates` of a step or an auth method, compiled: what is shown when TLS is set up."""

import base64
from collections.abc import Callable, Mapping
from typing import TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.credential_faults import faults_of
from jackfield.engine.errors import InvalidStep
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.ports import ClientCertificate
from jackfield.kit.json import Json, as_object, is_list

FindCertificate: TypeAlias = Callable[
    [EvaluationScope, Mapping[str, str]], ClientCertificate | None
]


def compile_certificate(document: Json, mode: Mode) -> FindCertificate:
    """
    Compile a `certificates` object, or the lack of one.

    Raises:
        InvalidExpression: a text in it cannot be read.
    """
    if document is None:
        return lambda _scope, _credentials: None
    evaluate = compile_value(document, mode)

    def find(scope: EvaluationScope, credentials: Mapping[str, str]) -> ClientCertificate:
        value = as_object(evaluate(scope))
        return ClientCertificate(
            _pems(value.get("certs"), credentials), _pems(value.get("keys"), credentials)
        )

    return find


def _pems(values: Json, credentials: Mapping[str, str]) -> tuple[str, ...]:
    texts = map(js.to_text, values) if is_list(values) else ()
    return tuple(_pem(text, credentials) for text in texts)


def _pem(text: str, credentials: Mapping[str, str]) -> str:
    if "-----BEGIN" in text:
        return text
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        msg = "A certificate is neither PEM nor base64 of it"
        faults = faults_of(credentials, text, "is neither PEM nor base64 of it")
        raise InvalidStep(msg, faults=faults) from None
