"""The ASGI application: the provider, its sign-in, the control API and the log."""

import asyncio
from dataclasses import replace
from email.utils import format_datetime
from typing import Final

import structlog

from jackfield.kit.json import encode
from jackfield.sandbox.connector import control
from jackfield.sandbox.connector.desk import Asked, Desk
from jackfield.sandbox.connector.directories import check_directory
from jackfield.sandbox.connector.envelopes import SERVER_ERROR, fault_reply
from jackfield.sandbox.connector.faults import Fault, FaultKind
from jackfield.sandbox.connector.journal import Entry
from jackfield.sandbox.connector.request import Request
from jackfield.sandbox.connector.sign_in import OWN_PATHS, with_left_out
from jackfield.sandbox.connector.state import State
from jackfield.sandbox.listener import Scope
from jackfield.sandbox.locality import is_local
from jackfield.sandbox.oauth.app import OAuthApp
from jackfield.sandbox.oauth.refusals import OAuthError
from jackfield.sandbox.oauth.request import Request as TokenRequest
from jackfield.sandbox.replies import JSON, Reply, json_reply
from jackfield.sandbox.transmission import Receive, Send, cut_short, read_body, reset, send_answer

_log = structlog.get_logger()
_FAILED: Final = "the sandbox has a bug; its log says more"


class ConnectorApp:
    """Answers as the provider of a connector."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._desk = Desk(state)
        self._authority = OAuthApp(state.authority)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", scope["type"]
        content = await read_body(receive)
        if content is None:
            return
        request = Request.of(scope, content)
        if request.path.startswith(control.PREFIX):
            await send_answer(self._controlled(request), request.headers, send)
            return
        asked = self._desk.find(request)
        own = self._sign_in_path(request.path)
        if own is not None and (asked is None or asked.endpoint.info is None):
            await self._sign_in(scope, request, own, send)
            return
        action = asked.endpoint.action if asked is not None else ""
        fault = self._state.faults.take(action, request.method, request.path)
        if fault is not None and fault.kind is FaultKind.DELAY:
            await asyncio.sleep(fault.seconds)
        reply = (fault and self._faulty(fault, request)) or self._answer(asked, request)
        entry = Entry(
            self._state.clock(), action, request.method, request.path, int(reply.status),
            fault.kind if fault is not None else "",
        )  # fmt: skip
        self._state.journal.add(entry)
        if fault is not None and fault.kind is FaultKind.RESET:
            await reset(scope, receive)
        elif fault is not None and fault.kind is FaultKind.TRUNCATED:
            await cut_short(reply, scope, receive, send)
        else:
            # So that a client can learn how far its clock is off.
            now = format_datetime(self._state.clock(), usegmt=True)
            dated = replace(reply, headers={**reply.headers, "date": now})
            await send_answer(dated, request.headers, send)

    def _sign_in_path(self, path: str) -> str | None:
        """Return what the authority calls a path of the sign-in; `None` of any other."""
        provider = self._state.provider
        known = {**OWN_PATHS, **provider.sign_in}.get(path)
        is_elsewhere = any(each.form.fullmatch(path) for each in provider.directories)
        return "/token" if known is None and is_elsewhere else known

    async def _sign_in(self, scope: Scope, request: Request, path: str, send: Send) -> None:
        """Let the authority answer, by the path that it knows the endpoint by."""
        provider, content = self._state.provider, request.content
        authority = self._state.authority
        try:
            asked = TokenRequest.of(scope, content)
            check_directory(authority, provider.directories, request.path, asked)
        except OAuthError as error:
            now, method = self._state.clock(), request.method
            self._state.journal.add(Entry(now, "", method, request.path, error.status))
            await send_answer(error.reply, request.headers, send)
            return
        if path == "/token":
            kind = request.content_type
            content = with_left_out(authority, provider.logins, content, kind)

        async def whole() -> dict[str, object]:
            return {"type": "http.request", "body": content}

        await self._authority({**scope, "path": path}, whole, send)

    def _controlled(self, request: Request) -> Reply:
        if not is_local(request.headers, origin=request.origin):
            return control.refuse()
        return control.answer(self._state, request)

    def _answer(self, asked: Asked | None, request: Request) -> Reply:
        try:
            return self._desk.answer(asked, request)
        except Exception:  # noqa: BLE001 - a bug of ours must look like one of theirs, and be seen
            _log.exception("sandbox_failed", method=request.method, path=request.path)
            return json_reply({"message": _FAILED}, 500)

    def _faulty(self, fault: Fault, request: Request) -> Reply | None:
        """Return what takes an answer's place, if something does; status 0 is no answer."""
        match fault.kind:
            case FaultKind.RESET:
                return Reply(b"", 0)
            case FaultKind.ERROR:
                return self._state.refusals.named(fault.error)
            case FaultKind.STATUS:
                if fault.body is None:
                    said = "A fault that was asked for."
                    made = (
                        self._state.refusals.with_status(fault.status, said)
                        if request.envelope is None
                        else fault_reply(said, fault.status, is_ours=fault.status >= SERVER_ERROR)
                    )
                    return replace(made, headers={**made.headers, **fault.headers})
                return Reply(encode(fault.body), fault.status, JSON, fault.headers)
            case FaultKind.DELAY | FaultKind.TRUNCATED:
                return None
