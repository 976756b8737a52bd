"""
A2A application: agent cards, and JSON-RPC at the root.

Every request is complete in itself. A task ends within the request that began it, so nothing is
kept between two of them and any process can answer any request.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

import structlog
from starlette.responses import Response, StreamingResponse
from starlette.types import Scope

from jackfield.actions.models import AccountMissing
from jackfield.agents import jsonrpc, results
from jackfield.agents.a2a import cards, protocol, search_reply, tasks
from jackfield.agents.a2a.messages import (
    MessageRequest,
    no_push_notifications,
    parse_message,
    task_not_found,
)
from jackfield.agents.a2a.objects import Task
from jackfield.agents.a2a.protocol import Request
from jackfield.agents.accounts import AccountSet, account_ids, select_accounts
from jackfield.agents.jsonrpc import RpcRefused
from jackfield.kit.errors import HubError, UnsupportedMediaType
from jackfield.kit.headers import RequestHeaders
from jackfield.kit.json import Json, encode
from jackfield.logs.runs.sources import PATHS, RunSource
from jackfield.projects import service as projects
from jackfield.projects.authorization import read_api_key
from jackfield.projects.models import Caller
from jackfield.projects.models import Scope as ApiScope
from jackfield.runtime import Hub

PATH: Final = PATHS[RunSource.A2A]
CARD: Final = "/.well-known/agent-card.json"
EXTENDED_CARD: Final = "/agent/authenticatedExtendedCard"
BEAT_SECONDS: Final = 10.0

_JSON: Final = "application/json"
_STREAM: Final = "text/event-stream"
_CACHED: Final = {"cache-control": "public, max-age=300"}
# A proxy that gathers events before it passes them on would keep them until the end.
_UNBUFFERED: Final = {"x-accel-buffering": "no"}
_BEAT: Final = b": still working\n\n"
_PUSH: Final = "tasks/pushNotificationConfig/"
_STREAMED: Final = frozenset({"message/stream", "tasks/resubscribe"})
_INTERNAL: Final = 500

_log = structlog.get_logger()


class A2a:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        # References to running work, which continues after the client hangs up: it may be a write.
        self._at_work: set[asyncio.Task[dict[str, Json]]] = set()

    async def card(self, scope: Scope, _read: object) -> Response:
        return Response(encode(cards.card(self._hub)), headers=_CACHED, media_type=_JSON)

    async def extended_card(self, scope: Scope, _read: object) -> Response:
        """
        Return the card of the accounts in the header `x-account-id`.

        Raises:
            HubError: the request is refused for its API key or its accounts.
        """
        headers = RequestHeaders(scope["headers"])
        caller = await self._caller(headers)
        accounts = await self._accounts(caller, headers)
        return Response(encode(cards.extended_card(self._hub, accounts)), media_type=_JSON)

    async def serve(self, scope: Scope, read: Callable[[], Awaitable[bytes]]) -> Response:
        """
        Respond to one JSON-RPC request; its errors are JSON-RPC errors.

        Raises:
            HubError: the request is refused for its API key or its media type.
        """
        headers = RequestHeaders(scope["headers"])
        if headers.get("content-type", _JSON).partition(";")[0].strip().lower() != _JSON:
            raise UnsupportedMediaType
        caller = await self._caller(headers)
        try:
            request = await protocol.read(await read())
        except RpcRefused as refused:
            return Response(jsonrpc.refuse(refused.rpc_id, refused), media_type=_JSON)
        try:
            protocol.require_version(headers.get("a2a-version", "").strip())
            result = await self._answer(request, caller, headers)
        except HubError as error:
            content = jsonrpc.refuse(request.id, _as_rpc(error))
        else:
            if isinstance(result, Response):
                return result
            content = await jsonrpc.answer(request.id, result)
        if request.method in _STREAMED:
            return Response(
                await jsonrpc.event_aside(content), headers=_UNBUFFERED, media_type=_STREAM
            )
        return Response(content, media_type=_JSON)

    async def _answer(
        self, request: Request, caller: Caller, headers: RequestHeaders
    ) -> Json | Response:
        match request.method:
            case "message/send" | "message/stream":
                message = parse_message(request.params)
                accounts = await self._accounts(caller, headers)
                if message.action_call is None:
                    return await search_reply.find(self._hub, accounts, message)
                task = Task(message.context_id)
                if request.method == "message/send":
                    return await tasks.run(self._hub, accounts, message, task)
                events = self._events(request, accounts, message, task)
                return StreamingResponse(events, headers=_UNBUFFERED, media_type=_STREAM)
            case "agent/getAuthenticatedExtendedCard":
                return cards.extended_card(self._hub, await self._accounts(caller, headers))
            case "tasks/get" | "tasks/cancel" | "tasks/resubscribe":
                if not isinstance(request.params.get("id"), str):
                    msg = "params.id must be the id of a task"
                    raise RpcRefused(msg, rpc_code=jsonrpc.INVALID_PARAMS)
                raise task_not_found()
            case method if method.startswith(_PUSH):
                raise no_push_notifications()
            case method:
                raise protocol.no_method(method)

    async def _events(
        self, request: Request, accounts: AccountSet, message: MessageRequest, task: Task
    ) -> AsyncGenerator[bytes]:
        """Run an action, and yield events about its progress."""

        async def event(result: Json) -> bytes:
            return await jsonrpc.event_aside(await jsonrpc.answer(request.id, result))

        # With a key the result may be that of an earlier task, so no event can come before it.
        is_new = message.key is None or message.is_dry_run
        work = asyncio.create_task(tasks.run_aside(self._hub, accounts, message, task))
        self._at_work.add(work)
        work.add_done_callback(self._at_work.discard)
        if is_new:
            yield await event(task.render(task.status("submitted", self._hub.clock())))
            working = task.status("working", self._hub.clock())
            yield await event(task.status_update(working, final=False))
        while not (await asyncio.wait({work}, timeout=BEAT_SECONDS))[0]:
            yield _BEAT
        finished = work.result()
        if not is_new:
            yield await event(finished)
            return
        for artifact in finished.get("artifacts", []):
            yield await event(task.artifact_update(artifact))
        yield await event(task.status_update(finished["status"], final=True))

    async def _caller(self, headers: RequestHeaders) -> Caller:
        caller = await projects.authenticate(self._hub, read_api_key(headers.get("authorization")))
        caller.require(ApiScope.ACTIONS_EXECUTE)
        return caller

    async def _accounts(self, caller: Caller, headers: RequestHeaders) -> AccountSet:
        ids = account_ids(headers.get("x-account-id", ""))
        if not ids:
            raise AccountMissing
        return await select_accounts(
            self._hub, caller, "a2a", ids, end_user=headers.get("x-end-user-id")
        )


def _as_rpc(error: HubError) -> RpcRefused:
    if isinstance(error, RpcRefused):
        return error
    if error.status >= _INTERNAL:
        _log.warning("a2a_failed", code=error.code, detail=error.detail, **error.context)
        return RpcRefused(error.detail, rpc_code=jsonrpc.INTERNAL_ERROR)
    return RpcRefused(error.detail, rpc_code=jsonrpc.INVALID_PARAMS, data=results.refusal(error))
