"""Proxy calls: a caller's own request to the provider, with an account's credentials.

The provider's response is returned as it is, errors included. Credentials are sent only to the
hosts that the connector declares.
"""

import asyncio
import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Final
from urllib.parse import urlencode

from jackfield.accounts import decoy_alarm
from jackfield.accounts import service as accounts
from jackfield.accounts.access import AccountAccess, load_usable, open_credentials
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.decoys.models import Touch
from jackfield.accounts.provider import SIGNER, ProviderTransport, safe, safe_data
from jackfield.accounts.renewal.service import with_fresh_tokens
from jackfield.actions import run_recorder
from jackfield.actions.dry_run import describe
from jackfield.actions.models import HostNotDeclared, ProxyRequest, ProxyResponse
from jackfield.actions.recorded_run import RecordedRun
from jackfield.actions.renewed_access import other_access, remember_secrets
from jackfield.actions.repeated_writes import run_unless_repeated
from jackfield.actions.run_recorder import RunRecorder
from jackfield.connectors.action import is_write
from jackfield.connectors.connector import Connector
from jackfield.engine.current_time import using_clock
from jackfield.engine.ports import Request, Response
from jackfield.engine.proxy import ProxyAccount
from jackfield.engine.wire.charset import exact_text_of, utf8_of
from jackfield.engine.wire.json import decode_json
from jackfield.engine.wire.url import count_dots, normalize, origin_of, path_and_query
from jackfield.kit import redaction
from jackfield.kit.actor import Actor
from jackfield.kit.clock import Clock
from jackfield.kit.errors import Fault, HubError, InvalidRequest, ProviderAnswer
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json, encode
from jackfield.kit.large_json import LARGE
from jackfield.profiles.service import PROXY
from jackfield.projects.narrowed_keys.calls import count_call
from jackfield.runtime import Hub

_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]{0,8000}")
_SCHEME: Final = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*:")
# URLs drop or resolve these, and another resource would be reached than was named.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_DROPPED_FROM_PATH: Final = re.compile(r"#|\s\Z")
# Headers of the connection, of the hub, or set by the transport itself.
_DROPPED: Final = frozenset(
    {
        "host", "content-length", "connection", "keep-alive", "transfer-encoding", "te", "trailer",
        "upgrade", "expect", "accept-encoding", "cookie", "x-account-id", "x-connector-profile-id",
        "idempotency-key", "x-hub-session-token", "proxy-authorization", "proxy-connection",
    }
)  # fmt: skip
_KEPT_BACK: Final = frozenset(
    {"set-cookie", "connection", "keep-alive", "transfer-encoding", "content-encoding"}
)
# Clients give an empty body with these as well; some providers refuse a request that has one.
_BODILESS: Final = frozenset({"GET", "DELETE"})
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
# Blanks before a document end within as many characters.
_HEAD: Final = 4096
_UNAUTHORIZED: Final = 401
_REFUSED: Final = 400


async def forward(
    hub: Hub, project_id: ProjectId, actor: Actor, proxied: ProxyRequest
) -> ProxyResponse:
    """
    Send a request to an account's provider and return the response.

    Raises:
        AccountNotFound: the project has no such account, or the key may not use it.
        AccountNotUsable: it is not active.
        ActionNotAllowed: its connector profile, or the key, allows some actions only.
        CallsUsedUp: the number of calls of the key is used up.
        HostNotDeclared: the connector does not send credentials there.
        InvalidRequest: it cannot be sent.
        ProviderError: there is no response.
        RequestTimeout: it took too long.
        OutcomeUnknown: a write was sent, and its outcome is unknown.
        WriteInProgress: an equal write, whose client hung up, still runs.
        AnswerNotKept: an equal write, whose client hung up, got a large answer.
    """
    if proxied.dry_run or not is_write(proxied.method):
        return await _forward(hub, project_id, actor, proxied)
    write: Json = [
        PROXY, proxied.account_id, proxied.profile_id, proxied.method.upper(), proxied.base_url,
        proxied.path, dict(proxied.headers), proxied.body, proxied.is_base64,
    ]  # fmt: skip
    work = partial(_forward, hub, project_id, actor, proxied)
    return await run_unless_repeated(hub, write, work)


async def _forward(
    hub: Hub, project_id: ProjectId, actor: Actor, proxied: ProxyRequest
) -> ProxyResponse:
    recorder = RunRecorder(
        hub, project_id, actor, action_id=PROXY, account_id=proxied.account_id, source=PROXY
    )
    if proxied.dry_run:
        access = await _load(hub, project_id, proxied, recorder)
        if access.is_decoy:
            await decoy_alarm.touched(
                hub, project_id, actor, access.account, Touch.DRY_RUN, action=PROXY
            )
        request, credentials = _prepare(hub, access, proxied)
        described = await describe(request.signed(), credentials.redactor)
        return ProxyResponse(200, {}, {"dry_run": True, "requests": [described]})
    async with RecordedRun(hub, project_id, recorder, inputs={"path": proxied.path}) as outcome:
        access = await _load(hub, project_id, proxied, recorder)
        if proxied.key is not None:
            # What cannot be sent is not counted.
            _prepare(hub, access, proxied)
            await count_call(hub, project_id, actor, proxied.key)
        access = recorder.access = await with_fresh_tokens(hub, access)
        result = await _attempt(hub, access, proxied, recorder)
        if result.status == _UNAUTHORIZED:
            other = await other_access(hub, access)
            if other is not None and not is_write(proxied.method):
                recorder.access = other
                result = await _attempt(hub, other, proxied, recorder)
        outcome.status, outcome.output = result.status, result.data
        if result.status == _UNAUTHORIZED:
            await accounts.recheck(hub, project_id, actor, access.account)
    return result


async def _load(
    hub: Hub, project_id: ProjectId, proxied: ProxyRequest, recorder: RunRecorder
) -> AccountAccess:
    access = await load_usable(
        hub, project_id, proxied.account_id, profile_id=proxied.profile_id, key=proxied.key
    )
    connector = access.connector
    recorder.access, recorder.connector = access, connector
    access.require_allowed(f"{connector.key}_{PROXY}")
    return access


def _prepare(hub: Hub, access: AccountAccess, proxied: ProxyRequest) -> tuple[Request, Credentials]:
    credentials = open_credentials(hub, access)
    return _request(proxied, access, access.connector, credentials), credentials


async def _attempt(
    hub: Hub, access: AccountAccess, proxied: ProxyRequest, recorder: RunRecorder
) -> ProxyResponse:
    request, credentials = _prepare(hub, access, proxied)
    remember_secrets(recorder, credentials)
    redaction.learn(credentials.redactor)
    response = await _send(hub, proxied.account_id, request, credentials, recorder)
    return await _result(response, request, credentials)


def _request(
    proxied: ProxyRequest, access: AccountAccess, connector: Connector, credentials: Credentials
) -> Request:
    account, compiled = access.account, connector.compiled
    linked = ProxyAccount(account.auth_method, account.environment, credentials.values, SIGNER)
    base_url = proxied.base_url or compiled.proxy.base_url(linked)
    if base_url is None:
        raise InvalidRequest(
            faults=[Fault("url", "is required: the connector has no single address")]
        )
    _require_plain(proxied)
    # A slash between them, or the path could turn the host before it into something else.
    url = normalize(f"{base_url.rstrip('/')}/{proxied.path.lstrip('/')}")
    if not compiled.allows(url, credentials.values):
        raise HostNotDeclared(account_id=account.id)
    headers = dict(_checked(proxied.headers))
    method = proxied.method.upper()
    if method in _BODILESS and proxied.body in ({}, ""):
        content = None
    elif proxied.is_base64:
        content = _bytes(proxied.body, headers)
    else:
        content = _content(proxied.body, headers)
    request = Request(method, url, headers, content)
    return compiled.proxy.authorize(request, linked)


async def _send(
    hub: Hub, account_id: str, request: Request, credentials: Credentials, recorder: RunRecorder
) -> Response:
    assert recorder.connector is not None
    assert recorder.access is not None
    access, parts = recorder.access, frozenset[str]()
    if access.setup.fields:
        parts = access.method.typed_beside_setup(credentials.values, {})
    transport = ProviderTransport(
        hub.egress,
        recorder.connector.compiled,
        credentials,
        seconds=run_recorder.LIFE_SECONDS,
        parts=parts,
    )
    limiter = hub.limiter.for_account(account_id, recorder.connector.compiled.limits)

    async def transmit(clock: Clock) -> Response:
        with using_clock(clock):
            signed = request.signed()
        recorder.requested(PROXY, signed)
        return await transport.send(signed)

    recorder.step_started(PROXY, PROXY)
    try:
        async with limiter.enter(request.method, request.url):
            if request.sign is None:
                response = await transmit(hub.clock)
            else:
                place, is_read = origin_of(request.url), not is_write(request.method)
                response = await hub.clocks.send(place, hub.clock, transmit, repeats=is_read)
    except HubError as error:
        if error.nothing_sent:
            recorder.not_sent(PROXY)
        recorder.step_ended(PROXY, "failed", {"message": error.detail})
        raise safe(error, credentials.redactor) from None
    recorder.answered(PROXY, response, seconds=0)
    recorder.step_ended(PROXY, "done", {})
    return response


async def _result(response: Response, request: Request, credentials: Credentials) -> ProxyResponse:
    mask = credentials.redactor
    headers = {
        name: mask.text(value) for name, value in response.headers.items() if name not in _KEPT_BACK
    }
    if len(response.body) > LARGE:
        raw, is_base64 = await asyncio.to_thread(_read, response)
    else:
        raw, is_base64 = _read(response)
    data, _ = await safe_data(raw, mask, is_heavy=len(response.body) > LARGE)
    refusal = None
    if response.status >= _REFUSED:
        url = mask.url(path_and_query(request.url))
        refusal = ProviderAnswer(response.status, url, data, headers)
    return ProxyResponse(response.status, headers, data, refusal, is_base64=is_base64)


def _require_plain(proxied: ProxyRequest) -> None:
    """
    Refuse an address that would be sent as another one.

    Raises:
        InvalidRequest: it holds control characters, dots as parts of its path, or a fragment.
    """
    if _SCHEME.match(proxied.path):
        raise InvalidRequest(faults=[Fault("path", "must be a path; pass an address as `url`")])
    for place, text in (("url", proxied.base_url or ""), ("path", f"/{proxied.path}")):
        if _CONTROL.search(text):
            raise InvalidRequest(faults=[Fault(place, "must not hold control characters")])
        if count_dots(text):
            raise InvalidRequest(faults=[Fault(place, "must not hold `.` or `..` as a part")])
    if _DROPPED_FROM_PATH.search(proxied.path):
        raise InvalidRequest(
            faults=[Fault("path", "must not hold `#` or end in a blank: write `%23`, `%20`")]
        )


def _checked(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    # What `Connection` names is for the connection alone as well.
    listed = (value for name, value in headers.items() if name.lower() == "connection")
    dropped = _DROPPED.union(part.strip().lower() for value in listed for part in value.split(","))
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise InvalidRequest(
                faults=[Fault("headers", "must be valid names and values of HTTP headers")]
            )
        if name.lower() not in dropped:
            yield name, value


def _bytes(body: Json, headers: dict[str, str]) -> bytes:
    """Decode a base64 body, and set the content type where there is none."""
    try:
        content = base64.b64decode(body if isinstance(body, str) else "?", validate=True)
    except ValueError:
        raise InvalidRequest(faults=[Fault("body", "must be base64, as `encoding` says")]) from None
    if all(name.lower() != "content-type" for name in headers):
        headers["Content-Type"] = "application/octet-stream"
    return content


def _content(body: Json, headers: dict[str, str]) -> bytes | None:
    """Encode the body for its content type, and set the header where there is none."""
    if body is None:
        return None
    kind = next((v for name, v in headers.items() if name.lower() == "content-type"), None)
    if isinstance(body, str):
        headers.update({} if kind else {"Content-Type": "text/plain; charset=utf-8"})
        return body.encode()
    if kind is not None and kind.lower().startswith(_FORM) and isinstance(body, Mapping):
        return urlencode(dict(body), doseq=True).encode()  # pyright: ignore[reportUnknownArgumentType]
    headers.update({} if kind else {"Content-Type": _JSON})
    return encode(body)


def _read(response: Response) -> tuple[Json, bool]:
    """Return parsed JSON, other text as it is, and other bytes as base64; the flag marks base64."""
    if not response.body:
        return None, False
    try:
        text = exact_text_of(response)
    except UnicodeDecodeError:
        return base64.b64encode(response.body).decode(), True
    kind = response.headers.get("content-type", "").lower()
    # JSON is often given as text; but only what cannot be meant as one is read as JSON then.
    if not kind or "json" in kind or text[:_HEAD].lstrip().startswith(("{", "[")):
        with suppress(ValueError):
            return decode_json(utf8_of(response), "strict"), False
    return text, False
