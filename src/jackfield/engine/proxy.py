"""Proxy requests: a caller's own request with the connector's base URL and credentials."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from jackfield.engine.auth.signable import signable
from jackfield.engine.compat import Mode
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.ports import Request
from jackfield.engine.steps.address import compile_address
from jackfield.engine.steps.compile_context import Authorizations
from jackfield.engine.wire.body import replace_headers
from jackfield.engine.wire.url import join_query, without_parameters
from jackfield.kit.json import Json


@dataclass(frozen=True, slots=True)
class ProxyAccount:
    """An account's auth method and environment, with its credentials in plain text."""

    auth_method: str
    environment: str
    credentials: Mapping[str, str]


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

        Raises:
            InvalidStep: the connector has no such auth method.
            CredentialMissing: the account lacks a credential.
        """
        authorization = self._authorizations.find(account.auth_method, account.environment)
        scope = _scope(account)
        own_headers, url = dict(request.headers), request.url
        headers = replace_headers(own_headers, dict(authorization.headers(scope)))
        if authorization.query is not None:
            pairs = authorization.query(scope)
            url = without_parameters(url, [name for name, _ in pairs])
            url = join_query(url, urlencode(pairs), separator="&" if "?" in url else "?")
        authorized = replace(request, url=url, headers=headers)
        if authorization.sign is None:
            return authorized
        signed = authorization.sign(signable(authorized, own_headers, self._mode), scope)
        return replace(authorized, headers=replace_headers(headers, signed))


def _scope(account: ProxyAccount) -> EvaluationScope:
    credentials: dict[str, Json] = dict(account.credentials)
    return {"credentials": credentials, "inputs": {}, "steps": {}}
