"""Proxy requests: a caller's own request with the connector's base URL and credentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from jackfield.engine.auth.authorization import authorized
from jackfield.engine.auth.signable import Situation
from jackfield.engine.compat import Mode
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.ports import Request, Signer
from jackfield.engine.steps.address import compile_address
from jackfield.engine.steps.compile_context import Authorizations
from jackfield.kit.json import Json


@dataclass(frozen=True, slots=True)
class ProxyAccount:
    """An account's auth method and environment, with its credentials in plain text."""

    auth_method: str
    environment: str
    credentials: Mapping[str, str]
    signer: Signer | None = None


class ProxyTemplate:
    """A connector's base URL and authorization for proxy calls.

    The caller's request is never evaluated as an expression.
    """

    def __init__(self, *, base_url: str | None, authorizations: Authorizations, mode: Mode) -> None:
        self._locate: Final = compile_address(base_url, "", mode) if base_url else None
        self._authorizations: Final = authorizations
        self._mode: Final[Mode] = mode

    def base_url(self, account: ProxyAccount) -> str | None:
        """Return the base URL of the account's provider, if the connector declares one."""
        return None if self._locate is None else self._locate(_scope(account))

    def authorize(self, request: Request, account: ProxyAccount) -> Request:
        """
        Add the account's credentials to a request, replacing headers of the same name.

        A signature is made when the request is sent.

        Raises:
            InvalidStep: the connector has no such auth method.
            CredentialMissing: the account lacks a credential.
        """
        authorization = self._authorizations.find(account.auth_method, account.environment)
        scope = _scope(account)
        find = self._authorizations.certificate(account.auth_method, account.environment)
        shown = replace(request, certificate=find(scope, account.credentials))
        return authorized(shown, authorization, Situation(scope, self._mode, account.signer))


def _scope(account: ProxyAccount) -> EvaluationScope:
    credentials: dict[str, Json] = dict(account.credentials)
    return {"credentials": credentials, "inputs": {}, "steps": {}}
