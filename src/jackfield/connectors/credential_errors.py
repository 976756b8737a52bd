"""Refusals of credentials that a provider is known for: the cause, and the guide's step that mends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from jackfield.connectors.compilation import Compilation
from jackfield.engine.expressions.jexl import Evaluate
from jackfield.engine.expressions.templates import compile_safely
from jackfield.kit.errors import ProviderError
from jackfield.kit.json import Json, items, text


@dataclass(frozen=True, eq=False)
class KnownError:
    """
    A known refusal: by its `status`, by the credential `field` that it is about, and by `condition`.

    `step` is the title of a step of the guide for linking.
    """

    cause: str
    status: int | None
    field: str | None
    condition: str | None
    message: str | None
    step: str | None
    compilation: Compilation

    def matches(self, error: ProviderError, credentials: Mapping[str, str]) -> bool:
        """Return whether `error` is this refusal; a failure that may pass is none."""
        answer = error.answer
        if answer is None or error.retryable or self.status not in (None, answer.status):
            return False
        if self.field is not None and self.field not in {fault.path for fault in error.faults}:
            return False
        if self._holds is None:
            return True
        scope = {
            "status": answer.status,
            "data": answer.raw,
            "message": error.detail,
            "credentials": dict(credentials),
        }
        return self._holds(scope) is True

    @cached_property
    def _holds(self) -> Evaluate | None:
        if self.condition is None:
            return None
        return compile_safely(self.condition, self.compilation.connector.mode)


def read_known_errors(
    entry: Mapping[str, Json], compilation: Compilation
) -> tuple[KnownError, ...]:
    return tuple(
        KnownError(
            cause=text(each, "cause"),
            status=each.get("status"),
            field=text(each, "field") or None,
            condition=text(each, "condition") or None,
            message=text(each, "message") or None,
            step=text(each, "step") or None,
            compilation=compilation,
        )
        for each in items(entry, "credentialErrors")
    )
