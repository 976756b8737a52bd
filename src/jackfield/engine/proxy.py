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
from jackfield.engine.wire.url import join_query
from jackfield.kit.json import Json


@dataclass(frozen=True, slots=True)
class ProxyAccount:
    """How an account was linked, with its credentials in clear."""

    auth_method: str
    environment: str
    credentials: Mapping[str, str]


class ProxyTemplate:
    """What a connector lends to a request. Nothing the caller wrote is taken for an expression."""

    def __init__(self, *, base_url: str | None, authorizations: Authorizations, mode: Mode) -> None:
        self._locate: Final = compile_address(base_url, "", mode) if base_url else None
        self._authorizations: Final = authorizations
        self._mode: Final[Mode] = mode

    def base_url(self, linked: ProxyAccount) -> str | None:
        """Return where the account's provider is, if the connector has one address for all."""
        return None if self._locate is None else self._locate(_scope(linked))

    def authorize(self, request: Request, linked: ProxyAccount) -> Request:
        """
        Put the account's credentials into a request, in place of what stands there.

        Raises:
            InvalidStep: the connector has no such auth method.
            CredentialMissing: the account lacks a credential.
        """
        authorization = self._authorizations.find(linked.auth_method, linked.environment)
        scope = _scope(linked)
        given, url = dict(request.headers), request.url
        headers = _with(given, dict(authorization.headers(scope)))
        if authorization.query is not None:
            query = urlencode(authorization.query(scope))
            url = join_query(url, query, separator="&" if "?" in url else "?")
        authorized = replace(request, url=url, headers=headers)
        if authorization.sign is None:
            return authorized
        signed = authorization.sign(signable(authorized, given, self._mode), scope)
        return replace(authorized, headers=_with(headers, signed))


def _scope(linked: ProxyAccount) -> EvaluationScope:
    credentials: dict[str, Json] = dict(linked.credentials)
    return {"credentials": credentials, "inputs": {}, "steps": {}}


def _with(headers: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    names = {name.lower() for name in added}
    kept = {name: value for name, value in headers.items() if name.lower() not in names}
    return {**kept, **added}
