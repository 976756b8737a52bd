"""`/__sandbox__/`: turning the knobs of the sandbox while it runs."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct

from jackfield.kit.json import DecodeError, Json, ValidationError, decode
from jackfield.sandbox.connector.faults import Fault, FaultKind
from jackfield.sandbox.connector.request import Request
from jackfield.sandbox.connector.sample_inputs import sample_inputs
from jackfield.sandbox.connector.state import Settings, State
from jackfield.sandbox.replies import Reply, json_reply

PREFIX: Final = "/__sandbox__/"
_SHOWN: Final = 100
_Handler: TypeAlias = Callable[[State, Request], Json]


class Turn(Struct, forbid_unknown_fields=True):
    """How far to turn the clock, in seconds."""

    advance: Annotated[float, Meta(ge=0, le=10_000_000_000)]


def refuse() -> Reply:
    return _error(HTTPStatus.FORBIDDEN, "use the sandbox by its address, or localhost")


def answer(state: State, request: Request) -> Reply:
    """Answer one control request."""
    name = request.path.removeprefix(PREFIX).strip("/")
    handler = CONTROLS.get((request.method, name))
    if handler is None:
        known = sorted(f"{verb} {PREFIX}{each}" for verb, each in CONTROLS)
        return _error(HTTPStatus.NOT_FOUND, "no such control", {"controls": known})
    try:
        return json_reply(handler(state, request))
    except ValidationError as error:
        return _error(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    except DecodeError as error:
        return _error(HTTPStatus.BAD_REQUEST, f"not JSON: {error}")


def _describe(state: State, _request: Request) -> Json:
    return state.describe()


def _actions(state: State, _request: Request) -> Json:
    """Say how each action can be tried: with inputs that lead to something that is there."""
    provider = state.provider
    return {
        "actions": {
            action.id: sample_inputs(provider, state.store, action.name)
            for action in provider.connector.actions
        }
    }


def _reset(state: State, _request: Request) -> Json:
    state.reset()
    return {}


def _clock(state: State, request: Request) -> Json:
    state.clock.advance(decode(request.content, Turn).advance)
    return {"now": state.clock()}


def _settings(state: State, _request: Request) -> Json:
    return state.settings


def _change_settings(state: State, request: Request) -> Json:
    changes = decode(request.content, Settings)
    given = decode(request.content, dict[str, Json])
    for name in given:
        setattr(state.settings, name, getattr(changes, name))
    return state.settings


def _faults(state: State, _request: Request) -> Json:
    return {"faults": list(state.faults), "errors": state.refusals.names()}


def _add_fault(state: State, request: Request) -> Json:
    fault = decode(request.content, Fault)
    known = state.refusals.names()
    if fault.kind is FaultKind.ERROR and fault.error not in known:
        msg = f"no error {fault.error!r} here, expected one of {', '.join(known)}"
        raise ValidationError(msg)
    state.faults.add(fault)
    return _faults(state, request)


def _clear_faults(state: State, request: Request) -> Json:
    state.faults.clear()
    return _faults(state, request)


def _requests(state: State, request: Request) -> Json:
    action = request.query.get("action")
    chosen = [each for each in state.journal if action in {None, each.action}]
    return {"total": len(chosen), "requests": chosen[: -_SHOWN - 1 : -1]}


def _clear_requests(state: State, _request: Request) -> Json:
    state.journal.clear()
    return {"total": 0, "requests": []}


def _error(status: int, message: str, extra: dict[str, Json] | None = None) -> Reply:
    return json_reply({"error": message, **(extra or {})}, status)


CONTROLS: Final[dict[tuple[str, str], _Handler]] = {
    ("GET", ""): _describe,
    ("GET", "actions"): _actions,
    ("POST", "reset"): _reset,
    ("POST", "clock"): _clock,
    ("GET", "settings"): _settings,
    ("PATCH", "settings"): _change_settings,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _clear_requests,
}
