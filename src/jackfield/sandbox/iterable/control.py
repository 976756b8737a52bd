"""`/__sandbox__/`: turning the knobs of a sandbox while it runs."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final, TypeAlias
from urllib.parse import parse_qs

import msgspec
from msgspec import Meta, Struct

from jackfield.kit.json import DecodeError, Json, ValidationError, decode
from jackfield.sandbox.iterable.faults import Fault
from jackfield.sandbox.iterable.refusals import Refusal
from jackfield.sandbox.iterable.regional import RegionalSandbox
from jackfield.sandbox.iterable.seed.document import Seed
from jackfield.sandbox.iterable.state.settings import Settings
from jackfield.sandbox.iterable.times import iso
from jackfield.sandbox.replies import Reply, json_reply

PREFIX: Final = "/__sandbox__/"
_SHOWN: Final = 100
_FLAGS: Final = {"true": True, "false": False}
_Handler: TypeAlias = Callable[[RegionalSandbox, bytes], Json]


class Turn(Struct, forbid_unknown_fields=True):
    """How far to turn the clock, in seconds."""

    advance: Annotated[float, Meta(ge=0, le=10_000_000_000)]


class KeyChange(Struct, rename="camel", forbid_unknown_fields=True):
    name: str
    disabled: bool | msgspec.UnsetType = msgspec.UNSET
    jwt_secret: str | msgspec.UnsetType | None = msgspec.UNSET


def refuse() -> Reply:
    return _error(
        HTTPStatus.FORBIDDEN, "use the sandbox by its address, or localhost, and its own page"
    )


def answer(sandbox: RegionalSandbox, method: str, path: str, *, query: str, body: bytes) -> Reply:
    """Answer one control request."""
    name = path.removeprefix(PREFIX).strip("/")
    if (method, name) == ("GET", "requests"):
        return json_reply(_requests(sandbox, query))
    handler = _HANDLERS.get((method, name))
    if handler is None:
        known = sorted(f"{verb} {PREFIX}{each}" for verb, each in (*_HANDLERS, ("GET", "requests")))
        return _error(HTTPStatus.NOT_FOUND, "no such control", {"controls": known})
    try:
        return json_reply(handler(sandbox, body))
    except ValidationError as error:
        return _error(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    except DecodeError as error:
        return _error(HTTPStatus.BAD_REQUEST, f"not JSON: {error}")
    except Refusal as refused:
        return _error(HTTPStatus.UNPROCESSABLE_ENTITY, str(refused))


def describe(sandbox: RegionalSandbox) -> dict[str, Json]:
    """Say what a region holds and how it is set."""
    return {
        "region": sandbox.region,
        "project": sandbox.project.facts.project_name,
        "projectId": sandbox.project.facts.project_id,
        "now": iso(sandbox.clock()),
        "contents": count(sandbox),
        "settings": sandbox.project.settings,
        "faults": list(sandbox.faults),
        "requests": len(sandbox.journal),
    }


def count(sandbox: RegionalSandbox) -> dict[str, int]:
    project = sandbox.project
    return {
        "users": len(project.users),
        "lists": len(project.lists),
        "campaigns": len(project.campaigns),
        "templates": len(project.templates),
        "channels": len(project.channels),
        "messageTypes": len(project.message_types),
        "events": len(project.events),
        "messages": len(project.messages),
        "scheduledMessages": len(project.scheduled),
        "journeys": len(project.journeys),
        "catalogs": len(project.catalogs),
        "metadataTables": len(project.metadata),
        "snippets": len(project.snippets),
        "experiments": len(project.experiments),
        "exportJobs": len(project.jobs),
        "webhooks": len(project.webhooks),
    }


def _describe(sandbox: RegionalSandbox, _body: bytes) -> Json:
    return describe(sandbox)


def _reset(sandbox: RegionalSandbox, _body: bytes) -> Json:
    sandbox.reset()
    return describe(sandbox)


def _seed(sandbox: RegionalSandbox, body: bytes) -> Json:
    sandbox.reset(decode(body or b"{}", Seed))
    return describe(sandbox)


def _clock(sandbox: RegionalSandbox, body: bytes) -> Json:
    sandbox.clock.advance(decode(body, Turn).advance)
    sandbox.project.agenda.settle(sandbox.clock())
    return {"now": iso(sandbox.clock())}


def _settings(sandbox: RegionalSandbox, _body: bytes) -> Json:
    return sandbox.project.settings


def _change_settings(sandbox: RegionalSandbox, body: bytes) -> Json:
    changes = decode(body, dict[str, Json])
    now: dict[str, Json] = msgspec.to_builtins(sandbox.project.settings)
    if isinstance(changes.get("features"), dict):
        changes["features"] = {**now["features"], **changes["features"]}
    sandbox.project.settings = msgspec.convert({**now, **changes}, Settings)
    return sandbox.project.settings


def _faults(sandbox: RegionalSandbox, _body: bytes) -> Json:
    return {"faults": list(sandbox.faults)}


def _add_fault(sandbox: RegionalSandbox, body: bytes) -> Json:
    sandbox.faults.add(decode(body, Fault))
    return {"faults": list(sandbox.faults)}


def _clear_faults(sandbox: RegionalSandbox, _body: bytes) -> Json:
    sandbox.faults.clear()
    return {"faults": []}


def _requests(sandbox: RegionalSandbox, query: str) -> Json:
    asked = {name: values[-1] for name, values in parse_qs(query).items()}
    wanted = {name: asked[name] for name in ("method", "path", "route", "effect") if name in asked}
    changed = _FLAGS.get(asked.get("changed", ""))
    chosen = [
        entry
        for entry in sandbox.journal
        if changed in {None, entry.changed}
        and all(getattr(entry, name) == value for name, value in wanted.items())
    ]
    limit = int(asked["limit"]) if asked.get("limit", "").isdecimal() else _SHOWN
    redactor = sandbox.redactor()
    newest = [entry.show(redactor) for entry in reversed(chosen)]
    return {"total": len(chosen), "requests": newest[:limit]}


def _clear_requests(sandbox: RegionalSandbox, _body: bytes) -> Json:
    sandbox.journal.clear()
    return {"total": 0, "requests": []}


def _keys(sandbox: RegionalSandbox, _body: bytes) -> Json:
    return {
        "keys": [
            {
                "name": key.name,
                "type": key.kind,
                "identifier": key.identifier,
                "disabled": key.disabled,
                "jwt": key.jwt_secret is not None,
            }
            for key in sandbox.keys.values()
        ]
    }


def _change_key(sandbox: RegionalSandbox, body: bytes) -> Json:
    change = decode(body, KeyChange)
    key = sandbox.keys.get(change.name)
    if key is None:
        msg = f"no key is called {change.name!r}, expected one of {', '.join(sandbox.keys)}"
        raise ValidationError(msg)
    if not isinstance(change.disabled, msgspec.UnsetType):
        key.disabled = change.disabled
    if not isinstance(change.jwt_secret, msgspec.UnsetType):
        key.jwt_secret = change.jwt_secret
    return _keys(sandbox, body)


def _error(status: int, message: str, extra: dict[str, Json] | None = None) -> Reply:
    return json_reply({"error": message, **(extra or {})}, status)


_HANDLERS: Final[dict[tuple[str, str], _Handler]] = {
    ("GET", ""): _describe,
    ("POST", "reset"): _reset,
    ("POST", "seed"): _seed,
    ("POST", "clock"): _clock,
    ("GET", "settings"): _settings,
    ("PATCH", "settings"): _change_settings,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("DELETE", "requests"): _clear_requests,
    ("GET", "keys"): _keys,
    ("PATCH", "keys"): _change_key,
}
