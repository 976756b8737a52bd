"""Context that a step is compiled in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from jackfield.engine.auth.authorization import Authorization, compile_authorization
from jackfield.engine.auth.client_certificate import FindCertificate, compile_certificate
from jackfield.engine.compat import Mode
from jackfield.engine.errors import InvalidStep
from jackfield.engine.run import Run, StepResult
from jackfield.kit.json import Json, as_object

StepFunction: TypeAlias = Callable[[Run], Awaitable[StepResult]]

_DEFAULT_ENVIRONMENT = "production"


class Authorizations:
    """A connector's authorizations by auth method and environment, compiled on first use."""

    def __init__(self, documents: Mapping[str, Json], mode: Mode) -> None:
        """`documents` holds `{"authorization": …, "certificates": …}` by method and environment."""
        self._documents = documents
        self._mode: Mode = mode
        self._compiled: dict[tuple[str, str], Authorization] = {}
        self._certificates: dict[tuple[str, str], FindCertificate] = {}

    def find(self, method: str, environment: str) -> Authorization:
        """
        Return the authorization of accounts linked with `method`.

        Raises:
            InvalidStep: the connector has no such method, or it cannot be compiled.
        """
        authorization = self._compiled.get((method, environment))
        if authorization is None:
            authorization = self._compile(method, environment)
            self._compiled[method, environment] = authorization
        return authorization

    def certificate(self, method: str, environment: str) -> FindCertificate:
        """Return what finds the client certificate of accounts linked with `method`."""
        find = self._certificates.get((method, environment))
        if find is None:
            document = as_object(self._find(method, environment))
            find = compile_certificate(document.get("certificates"), self._mode)
            self._certificates[method, environment] = find
        return find

    def _find(self, method: str, environment: str) -> Json:
        environments = as_object(self._documents.get(method))
        return environments.get(environment, environments.get(_DEFAULT_ENVIRONMENT))

    def _compile(self, method: str, environment: str) -> Authorization:
        if not self._documents:
            return compile_authorization({"type": "none"}, self._mode)
        document = self._find(method, environment)
        if document is None:
            msg = f"The connector has no authentication {method!r} for {environment!r}"
            raise InvalidStep(msg)
        return compile_authorization(as_object(document).get("authorization"), self._mode)


@dataclass(frozen=True, slots=True)
class CompileContext:
    """The connector's and the action's settings that a step is compiled with.

    `fields` are the action's `fieldConfigs`, for steps without `fields` of their own.
    """

    mode: Mode
    authorizations: Authorizations
    base_url: str | None = None
    fields: list[Json] | None = None
