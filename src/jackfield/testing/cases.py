"""Runner of a connector's cases."""

from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime
from functools import partial

import msgspec
from msgspec.structs import replace

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.engine.connector import CompiledAction
from jackfield.engine.oauth.token_endpoint import TokenEndpoint
from jackfield.engine.ports import Request, Response
from jackfield.engine.run_context import ActionResult, File, RunContext
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.errors import HubError, InvalidRequest, ProviderError
from jackfield.testing.calls import make_run_context
from jackfield.testing.case_files import Answer, Case, FileExpectation, InvalidCase
from jackfield.testing.differences import differences
from jackfield.testing.expectations import compare
from jackfield.testing.provider import ScriptedTransport, answer
from jackfield.vault.signing import KeySigner


async def run_case(connector: Connector, case: Case) -> list[str]:
    """Run a case without a network; return the differences, in words."""
    transport = ScriptedTransport(_response(turn.answer) for turn in case.provider)
    found: list[str] = []
    try:
        outcome = await _run(connector, case, transport)
    except HubError as error:
        found += _error_differences(connector, case, error)
    except AssertionError as unexpected:
        found.append(str(unexpected))
    else:
        found += _outcome_differences(case, outcome)
    found += _request_differences(case, transport.requests)
    return found


async def _run(connector: Connector, case: Case, transport: ScriptedTransport) -> ActionResult:
    method = _auth_method(connector, case)
    call = make_run_context(
        transport,
        case.credentials,
        auth_method=method.key,
        environment=case.environment,
        signer=KeySigner(),
    )
    call = replace(call, clock=_clock(case.now), sleep=_no_time_passes)
    if case.link:
        return await _link(method, call)
    if case.refresh:
        return await _refresh(method, call)
    if case.revoke:
        return await _revoke(connector, method, call)
    action = _action(connector, case)
    call = replace(call, inputs=action.accept({"body": case.inputs}))
    outcome = await action.run(call)
    for _ in range(case.follow):
        following = await action.run(replace(call, cursor=outcome.next))
        outcome = replace(following, data=[*outcome.data, *following.data])
    return outcome


async def _link(method: AuthMethod, call: RunContext) -> ActionResult:
    checked = method.check(call.credentials)
    if checked.faults:
        msg = "the credentials are refused before a request is sent"
        raise InvalidRequest(msg, faults=checked.faults)
    warnings = tuple(warning.message for warning in checked.warnings)
    for probe in method.test_actions:
        if not probe.applies(checked.values):
            continue
        await probe.compiled.run(replace(call, credentials=checked.values, flow="test_action"))
    return ActionResult(data=None, warnings=warnings)


async def _refresh(method: AuthMethod, call: RunContext) -> ActionResult:
    if method.refresh is None:
        msg = f"the auth method {method.key!r} renews nothing"
        raise InvalidCase(msg)
    return await method.refresh.compiled.run(replace(call, flow="refresh_authentication"))


async def _revoke(connector: Connector, method: AuthMethod, call: RunContext) -> ActionResult:
    way = method.revocation
    if way is not None and way.compiled is not None:
        return await way.compiled.run(call)
    if way is None or method.oauth is None:
        msg = f"the auth method {method.key!r} revokes nothing"
        raise InvalidCase(msg)
    allows = partial(connector.compiled.allows, credentials=call.credentials)
    endpoint = TokenEndpoint(method.oauth, call, "https://hub.example.com", allows)
    for name, token in way.tokens_of(call.credentials):
        await endpoint.revoke(way.address, token, name)
    return ActionResult(data=None)


def _auth_method(connector: Connector, case: Case) -> AuthMethod:
    key = case.link or case.refresh or case.revoke or case.auth
    method = connector.find_auth_method(key) if key else connector.auth_methods[0]
    if method is None:
        msg = f"the connector has no auth method {key!r}"
        raise InvalidCase(msg)
    return method


def _action(connector: Connector, case: Case) -> CompiledAction:
    action = connector.find_action(f"{connector.key}_{case.action}")
    if action is None:
        msg = f"the connector has no action {case.action!r}"
        raise InvalidCase(msg)
    return action.compiled


def _clock(now: datetime | None) -> Clock:
    return system_clock if now is None else lambda: now


async def _no_time_passes(_seconds: float) -> None:
    return


def _response(scripted: Answer) -> Response:
    if scripted.base64 is not None:
        headers = {name.lower(): value for name, value in scripted.headers.items()}
        return Response(scripted.status, headers, b64decode(scripted.base64))
    return answer(
        status=scripted.status, json=scripted.json, text=scripted.text, headers=scripted.headers
    )


def _outcome_differences(case: Case, outcome: ActionResult) -> Iterator[str]:
    if case.error:
        yield f"error: expected {case.error.code}, got an output"
        return
    if case.output is not msgspec.UNSET:
        yield from differences(case.output, outcome.data, "output")
    yield from differences(case.extra, outcome.extra, "extra")
    yield from differences(case.more, outcome.next is not None, "more")
    yield from differences(case.warnings, outcome.warnings, "warnings")
    yield from _file_differences(case.file, outcome.file)


def _file_differences(expected: FileExpectation | None, file: File | None) -> Iterator[str]:
    if expected is None or file is None:
        yield from differences(expected is not None, file is not None, "file")
        return
    if expected.name is not None:
        yield from differences(expected.name, file.name, "file.name")
    if expected.content_type is not None:
        yield from differences(expected.content_type, file.content_type, "file.content_type")
    if expected.text is not None:
        yield from differences(expected.text, file.content.decode("utf-8", "replace"), "file.text")


def _error_differences(connector: Connector, case: Case, error: HubError) -> Iterator[str]:
    expected = case.error
    if expected is None:
        yield f"error: {error.code}: {error.detail}"
        return
    yield from differences(expected.code, error.code, "error.code")
    if expected.cause is not None:
        known = None
        if isinstance(error, ProviderError):
            known = _auth_method(connector, case).find_known(error, case.credentials)
        yield from differences(expected.cause, known and known.cause, "error.cause")
    if expected.message is not None:
        yield from differences(expected.message, error.detail, "error.message")
    if expected.faults is not None:
        faults = {fault.path: fault.message for fault in error.faults}
        yield from differences(expected.faults, faults, "error.faults")


def _request_differences(case: Case, sent: list[Request]) -> Iterator[str]:
    if len(sent) < len(case.provider):
        yield f"requests: expected {len(case.provider)}, got {len(sent)}"
    for index, (turn, request) in enumerate(zip(case.provider, sent, strict=False)):
        for difference in compare(turn.expect, request):
            yield f"request {index + 1}: {difference}"
