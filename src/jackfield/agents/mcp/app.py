"""
MCP application at `/mcp`: actions of linked accounts as tools, over stateless streamable HTTP.

Every request is complete in itself: no session is opened, so any process can answer any request,
and nothing is kept between two of them.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.responses import Response
from starlette.types import Scope

from jackfield.agents import jsonrpc, results
from jackfield.agents.jsonrpc import RpcRefused
from jackfield.agents.mcp import calls, messages, revisions
from jackfield.agents.mcp.endpoint import Endpoint, resolve
from jackfield.agents.mcp.messages import Message
from jackfield.agents.mcp.tools import Toolbox
from jackfield.kit.errors import HubError, UnsupportedMediaType
from jackfield.kit.headers import RequestHeaders
from jackfield.kit.json import Json, is_object
from jackfield.logs.runs.sources import PATHS, RunSource
from jackfield.projects import service as projects
from jackfield.projects.authorization import read_api_key
from jackfield.projects.models import Scope as ApiScope
from jackfield.runtime import Hub

PATH: Final = PATHS[RunSource.MCP]
# In a call's `_meta`: return the request that would be sent, and send nothing.
_DRY_RUN: Final = "jackfield/dry-run"
# Also there: a call that is repeated with the same key runs its tool only once.
_IDEMPOTENCY_KEY: Final = "jackfield/idempotency-key"
_CACHE_MS: Final = 60_000
_SERVER: Final = {"name": "jackfield", "title": "Jackfield", "version": version("jackfield")}
_CAPABILITIES: Final = {"tools": {"listChanged": False}, "logging": {}}
_JSON: Final = "application/json"
_STREAM: Final = "text/event-stream"
_UNWANTED: Final = re.compile(r"q\s*=\s*0(?:\.0*)?")
# What only clients with a handshake may ask for.
_OF_HANDSHAKE: Final = frozenset({"initialize", "ping", "logging/setLevel"})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# Stateless revisions report an error as an HTTP status as well.
_REFUSED, _NOT_FOUND, _INTERNAL = 400, 404, 500
_STATUSES: Final = {jsonrpc.METHOD_NOT_FOUND: 404, jsonrpc.INTERNAL_ERROR: 200}

_log = structlog.get_logger()


class NotAcceptable(HubError):
    """The client accepts neither application/json nor text/event-stream."""

    code = "not_acceptable"
    status = 406


class OriginRefused(HubError):
    """Only pages of the origin in JACKFIELD_PUBLIC_URL, and of this machine, may use this endpoint with an ordinary API key."""

    code = "origin_refused"
    status = 403


class Mcp:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def serve(self, scope: Scope, read: Callable[[], Awaitable[bytes]]) -> Response:
        """
        Respond to one HTTP request.

        Raises:
            HubError: the request is refused for its API key, accounts, origin or media type.
        """
        headers = RequestHeaders(scope["headers"])
        is_foreign = _is_foreign(headers, self._hub.public_url)
        if scope["method"] != "POST":
            if is_foreign:
                raise OriginRefused
            return _only_post()
        media_type = _negotiate(headers)
        caller = await projects.authenticate(self._hub, read_api_key(headers.get("authorization")))
        if is_foreign and caller.narrowing is None:
            raise OriginRefused
        caller.require(ApiScope.ACTIONS_EXECUTE)
        try:
            received = await messages.read(await read())
            if isinstance(received, list):
                messages.require_bounded(received)
                revisions.require_batches(received, headers)
                # The request itself has been counted.
                await projects.count_requests(self._hub, caller, len(received) - 1)
        except RpcRefused as refused:
            return await _respond(jsonrpc.refuse(None, refused), media_type, status=400)
        try:
            endpoint = await resolve(
                self._hub, caller, headers=headers, query_string=scope["query_string"]
            )
        except HubError as error:
            if error.status >= _INTERNAL:
                raise
            # Clients take 404 for the end of a session, and show no other form of an error.
            status = _REFUSED if error.status == _NOT_FOUND else error.status
            request_id = received.answer_id if isinstance(received, Message) else None
            return await _respond(
                jsonrpc.refuse(request_id, _as_rpc(error)), media_type, status=status
            )
        if isinstance(received, Message):
            status, content = await self._receive(endpoint, received, headers)
            return await _respond(content, media_type, status=status)
        responses = [(await self._receive(endpoint, each, headers))[1] for each in received]
        content = b",".join(filter(None, responses))
        return await _respond(b"[" + content + b"]" if content else b"", media_type, status=200)

    async def _receive(
        self, endpoint: Endpoint, message: Message, headers: RequestHeaders
    ) -> tuple[int, bytes]:
        """Return the HTTP status and the response of one message."""
        try:
            if not message.is_request():
                return 202, b""
        except RpcRefused as refused:
            return 400, jsonrpc.refuse(refused.rpc_id, refused)
        is_modern = revisions.claims_to_be_stateless(message, headers)
        try:
            revisions.require_revision(message, headers)
            if is_modern and message.method in _OF_HANDSHAKE:
                raise _no_method(message)
            result = await self._answer(endpoint, message)
        except RpcRefused as refused:
            status = (
                _STATUSES.get(refused.rpc_code, 400) if is_modern else _handshake_status(refused)
            )
            return status, jsonrpc.refuse(message.answer_id, refused)
        except HubError as error:
            _log.warning("mcp_failed", code=error.code, detail=error.detail, **error.context)
            failed = RpcRefused(error.detail, rpc_code=jsonrpc.INTERNAL_ERROR)
            return 200, jsonrpc.refuse(message.answer_id, failed)
        if is_modern:
            result = {"resultType": "complete", "_meta": {revisions.SERVER_INFO: _SERVER}, **result}
        return 200, await jsonrpc.answer(message.answer_id, result)

    async def _answer(self, endpoint: Endpoint, message: Message) -> Mapping[str, Json]:
        arguments = message.arguments
        match message.method:
            case "tools/call":
                return await self._call(endpoint, arguments)
            case "tools/list":
                if arguments.get("cursor") is not None:
                    msg = "params.cursor: the list is whole, and gives out no cursor"
                    raise RpcRefused(msg, rpc_code=jsonrpc.INVALID_PARAMS)
                tools = self._hub.catalog.derived(Toolbox).listed(endpoint)
                return {"tools": tools, "ttlMs": _CACHE_MS, "cacheScope": "private"}
            case "initialize":
                return {
                    "protocolVersion": revisions.agree(arguments.get("protocolVersion")),
                    "capabilities": _CAPABILITIES,
                    "serverInfo": _SERVER,
                    **self._instructions(endpoint),
                }
            case "server/discover":
                return {
                    "supportedVersions": list(revisions.KNOWN),
                    "capabilities": {"tools": {}},
                    "ttlMs": _CACHE_MS,
                    "cacheScope": "private",
                    **self._instructions(endpoint),
                }
            case "ping" | "logging/setLevel":
                return {}
            case _:
                raise _no_method(message)

    async def _call(self, endpoint: Endpoint, params: Mapping[str, Json]) -> Mapping[str, Json]:
        name, arguments = params.get("name"), params.get("arguments")
        if not isinstance(name, str):
            msg = "params.name must be the name of a tool"
            raise RpcRefused(msg, rpc_code=jsonrpc.INVALID_PARAMS)
        if arguments is not None and not is_object(arguments):
            msg = "params.arguments must be an object"
            raise RpcRefused(msg, rpc_code=jsonrpc.INVALID_PARAMS)
        meta = params.get("_meta")
        if is_object(meta) and meta.get(_DRY_RUN) is True:
            endpoint = replace(endpoint, is_dry_run=True)
        key = meta.get(_IDEMPOTENCY_KEY) if is_object(meta) else None
        return await calls.call(self._hub, endpoint, name, arguments or {}, key=key)

    def _instructions(self, endpoint: Endpoint) -> dict[str, str]:
        """Return the instructions of the accounts' connectors for a model."""
        providers = dict.fromkeys(account.provider for account in endpoint.accounts)
        connectors = (self._hub.catalog.find(key) for key in providers)
        texts = [
            f"{each.title}: {each.instructions}"
            for each in connectors
            if each and each.instructions
        ]
        texts += [f"Account {key}: {error.detail}." for key, error in endpoint.unusable.items()]
        return {"instructions": "\n\n".join(texts)} if texts else {}


def _no_method(message: Message) -> RpcRefused:
    msg = f"there is no method {str(message.method)[:128]!r}"
    return RpcRefused(msg, rpc_code=jsonrpc.METHOD_NOT_FOUND)


def _as_rpc(error: HubError) -> RpcRefused:
    return RpcRefused(error.detail, rpc_code=jsonrpc.INVALID_PARAMS, data=results.refusal(error))


def _only_post() -> Response:
    refused = RpcRefused(
        "Only POST is supported for stateless MCP.", rpc_code=messages.SERVER_ERROR
    )
    return Response(jsonrpc.refuse(None, refused), 405, {"allow": "POST"}, media_type=_JSON)


def _negotiate(headers: RequestHeaders) -> str:
    """
    Return the media type of the response: JSON if the client accepts it.

    Raises:
        NotAcceptable: the client accepts neither media type.
        UnsupportedMediaType: the request is not JSON.
    """
    sent = headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    if sent != _JSON:
        raise UnsupportedMediaType
    accepted = _accepted(headers.get("accept", "*/*"))
    for media_type in (_JSON, _STREAM):
        # The range that says most counts.
        ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        if next((accepted[each] for each in ranges if each in accepted), False):
            return media_type
    raise NotAcceptable


def _accepted(header: str) -> dict[str, bool]:
    """Return the media ranges of an `Accept` header, and whether each is wanted at all."""
    ranges: dict[str, bool] = {}
    for each in header.lower().split(","):
        media_range, *parameters = (part.strip() for part in each.split(";"))
        ranges[media_range] = not any(_UNWANTED.fullmatch(part) for part in parameters)
    return ranges


def _is_foreign(headers: RequestHeaders, public_url: str) -> bool:
    """Return whether a page of another site asks, which may be DNS rebinding."""
    origin = headers.get("origin")
    if origin is None:
        return False
    host = urlsplit(origin).hostname
    return host not in _LOOPBACK and host != urlsplit(public_url).hostname


def _handshake_status(refused: RpcRefused) -> int:
    """Return the HTTP status of an error for a client with a handshake."""
    bad_request = (messages.UNSUPPORTED_VERSION, messages.HEADER_MISMATCH)
    return 400 if refused.rpc_code in bad_request else 200


async def _respond(content: bytes, media_type: str, *, status: int) -> Response:
    if not content:
        return Response(status_code=202)
    if media_type == _STREAM:
        content = await jsonrpc.event_aside(content, name="message")
    return Response(content, status, media_type=media_type)
