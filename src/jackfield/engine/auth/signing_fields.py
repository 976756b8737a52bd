"""The fields of a `signing` that are credentials, compiled."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.errors import CredentialMissing, missing_field
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json

Fields: TypeAlias = Callable[[EvaluationScope], dict[str, str]]


def compile_fields(
    content: Mapping[str, Json],
    mode: Mode,
    *,
    needed: tuple[str, ...],
    optional: tuple[str, ...] = (),
) -> Fields:
    """
    Compile texts of a `signing`: those that a signature cannot do without, and others.

    Raises:
        InvalidStep: one that is needed is not there.
    """
    for name in needed:
        if name not in content:
            raise missing_field(path=f"signing.{name}")
    compiled = {
        name: compile_value(content[name], mode)
        for name in (*needed, *optional)
        if content.get(name) is not None
    }

    def evaluate(scope: EvaluationScope) -> dict[str, str]:
        values: dict[str, str] = {}
        for name, template in compiled.items():
            value = template(scope)
            if value is not None and value is not UNDEFINED and value != "":
                values[name] = js.to_text(value)
            elif name in needed:
                msg = f"The account has no value for 'signing.{name}'"
                raise CredentialMissing(msg)
        return values

    return evaluate
