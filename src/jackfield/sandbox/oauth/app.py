"""The ASGI application: which handler answers, what goes wrong on request, and the log of it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final, TypeAlias

import structlog

from jackfield.sandbox.listener import Scope
from jackfield.sandbox.locality import is_local
from jackfield.sandbox.oauth import (
    control,
    devices,
    fernwood,
    mcp_endpoint,
    metadata,
    pages,
    registration,
    resource_api,
    sessions,
    sign_in,
    signatures,
    token_endpoint,
    token_status,
)
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.faults import Fault, FaultKind
from jackfield.sandbox.oauth.identification import identify
from jackfield.sandbox.oauth.journal import Entry
from jackfield.sandbox.oauth.refusals import OAuthError
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.replies import Reply, json_reply
from jackfield.sandbox.transmission import Receive, Send, read_body, reset, send_answer

_Handler: TypeAlias = Callable[[Authority, Request], Reply]
_log = structlog.get_logger()
_SHOWN: Final = 50


class OAuthApp:
    """Answers from what an authority knows."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", scope["type"]
        body = await read_body(receive)
        if body is None:
            return
        request = Request.of(scope, body)
        if request.path == "/" or request.path.startswith(control.PREFIX):
            await send_answer(self._local(request), request.headers, send)
            return
        client = identify(self._authority, request)
        endpoint, handler = self._find(request.path)
        fault = self._authority.faults.take(endpoint, client.id if client else "")
        if fault is not None and fault.kind is FaultKind.DELAY:
            await asyncio.sleep(fault.seconds)
        answer = (fault and fault.reply(request)) or self._answer(handler, request)
        self._note(request, endpoint, client, answer, fault)
        if fault is not None and fault.kind in {FaultKind.RESET, FaultKind.LOST}:
            await reset(scope, receive)
            return
        await send_answer(self._dated(answer), request.headers, send)

    def _dated(self, answer: Reply) -> Reply:
        """Say what time it is here, so that a client can learn how far its clock is off."""
        now = format_datetime(self._authority.now(), usegmt=True)
        return replace(answer, headers={**answer.headers, "date": now})

    def _find(self, path: str) -> tuple[str, _Handler]:
        if path in ENDPOINTS:
            return ENDPOINTS[path]
        if any(path == client.conduct.refresh.path for client in self._authority.clients):
            return "token", token_endpoint.answer
        found = next((each for each in _PREFIXES if path.startswith(each)), "")
        return _PREFIXES.get(found, ("", _not_found))

    def _answer(self, handler: _Handler, request: Request) -> Reply:
        try:
            return handler(self._authority, request)
        except OAuthError as error:
            return error.reply
        except Exception:  # noqa: BLE001 - a bug of ours must look like one of theirs, and be seen
            _log.exception("sandbox_failed", method=request.method, path=request.path)
            return json_reply({"error": "server_error", "error_description": _FAILED}, 500)

    def _local(self, request: Request) -> Reply:
        if not is_local(request.headers, origin=request.origin):
            return control.refuse()
        if request.path.startswith(control.PREFIX):
            return control.answer(self._authority, request)
        authority = self._authority
        return pages.render(
            "start",
            issuer=authority.issuer,
            now=authority.now(),
            clients=list(authority.clients),
            people=list(authority.people),
            families=list(authority.grants)[: -_SHOWN - 1 : -1],
            requests=list(authority.journal)[: -_SHOWN - 1 : -1],
        )

    def _note(
        self,
        request: Request,
        endpoint: str,
        client: Client | None,
        answer: Reply,
        fault: Fault | None,
    ) -> None:
        self._authority.journal.add(
            Entry(
                self._authority.now(),
                endpoint,
                client.id if client else "",
                request.method,
                request.path,
                request.raw_query,
                dict(request.headers),
                request.body.decode("utf-8", "replace"),
                int(answer.status),
                fault.kind if fault is not None else "",
            )
        )


def _not_found(_authority: Authority, _request: Request) -> Reply:
    return pages.message("Not found", "There is no such page.", HTTPStatus.NOT_FOUND)


_FAILED: Final = "the sandbox has a bug; its log says more"
# What faults and the log call an endpoint, and what answers there.
ENDPOINTS: Final[dict[str, tuple[str, _Handler]]] = {
    "/authorize": ("authorize", sign_in.authorize),
    "/oauth/authorize": ("authorize", sign_in.authorize),
    **dict.fromkeys(token_endpoint.PATHS, ("token", token_endpoint.answer)),
    "/introspect": ("introspect", token_status.introspect),
    "/revoke": ("revoke", token_status.revoke),
    "/oauth/revoke": ("revoke", token_status.revoke),
    "/register": ("register", registration.register),
    "/device_authorization": ("device_authorization", devices.answer),
    "/device": ("device", sign_in.device),
    "/session": ("session", sessions.answer),
    "/jwks": ("metadata", metadata.keys),
    "/.well-known/oauth-authorization-server": ("metadata", metadata.server),
    "/.well-known/openid-configuration": ("metadata", metadata.openid),
    metadata.RESOURCE: ("metadata", metadata.resource),
    f"{metadata.RESOURCE}/api": ("metadata", metadata.resource),
    f"{metadata.RESOURCE}{mcp_endpoint.PATH}": ("metadata", metadata.resource),
    mcp_endpoint.PATH: ("mcp", mcp_endpoint.answer),
}
_PREFIXES: Final[dict[str, tuple[str, _Handler]]] = {
    fernwood.PREFIX: ("api", fernwood.answer),
    resource_api.PREFIX: ("api", resource_api.answer),
    signatures.PREFIX: ("oauth1", signatures.answer),
    token_status.APPLICATIONS: ("revoke", token_status.revoke),
    token_status.REFRESH_TOKENS: ("revoke", token_status.revoke),
}
