"""Context that a step is compiled in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from jackfield.engine.auth.authorization import Authorization, compile_authorization
from jackfield.engine.compat import Mode
from jackfield.engine.errors import InvalidStep
from jackfield.engine.run import Run, StepResult
from jackfield.kit.json import Json, as_object

StepFunction: TypeAlias = Callable[[Run], Awaitable[StepResult]]

_DEFAULT_ENVIRONMENT = "production"


class Authorizations:
    """The connector's ways to authorize, by auth method and environment, compiled when needed."""

    def __init__(self, documents: Mapping[str, Json], mode: Mode) -> None:
        """`documents` holds `{"authorization": …}` under method and environment."""
        self._documents = documents
        self._mode: Mode = mode
        self._compiled: dict[tuple[str, str], Authorization] = {}

    def find(self, method: str, environment: str) -> Authorization:
        """
        Return how to authorize an account linked with `method`.

        Raises:
            InvalidStep: the connector has no such method, or it cannot be compiled.
        """
        found = self._compiled.get((method, environment))
        if found is None:
            found = self._compile(method, environment)
            self._compiled[method, environment] = found
        return found

    def _compile(self, method: str, environment: str) -> Authorization:
        if not self._documents:
            return compile_authorization({"type": "none"}, self._mode)
        environments = as_object(self._documents.get(method))
        document = environments.get(environment, environments.get(_DEFAULT_ENVIRONMENT))
        if document is None:
            msg = f"The connector has no authentication {method!r} for {environment!r}"
            raise InvalidStep(msg)
        return compile_authorization(as_object(document).get("authorization"), self._mode)


@dataclass(frozen=True, slots=True)
class CompileContext:
    """`fields` are the action's `fieldConfigs`, for steps that have none of their own."""

    mode: Mode
    authorizations: Authorizations
    base_url: str | None = None
    fields: list[Json] | None = None
    step_id: str = ""
