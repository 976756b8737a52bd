"""`/__sandbox__/`: turning the knobs of the sandbox while it runs."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct

from jackfield.kit.json import DecodeError, Json, ValidationError, decode
from jackfield.sandbox.oauth.authority import Authority, describe
from jackfield.sandbox.oauth.behavior_table import BEHAVIORS
from jackfield.sandbox.oauth.clients import NewClient
from jackfield.sandbox.oauth.code_webhook import CodeWebhook
from jackfield.sandbox.oauth.faults import Fault
from jackfield.sandbox.oauth.registration import Description, add_document
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.replies import Reply, json_reply

PREFIX: Final = "/__sandbox__/"
_Handler: TypeAlias = Callable[[Authority, Request], Json]


class Turn(Struct, forbid_unknown_fields=True):
    """How far to turn the clock, in seconds."""

    advance: Annotated[float, Meta(ge=0, le=10_000_000_000)]


class Document(Struct, forbid_unknown_fields=True):
    """A client that is described by the document at its id."""

    url: str
    document: Description


def answer(authority: Authority, request: Request) -> Reply:
    """Answer one control request."""
    name = request.path.removeprefix(PREFIX).strip("/")
    handler = CONTROLS.get((request.method, name))
    if handler is None and request.method == "DELETE" and name.startswith("clients/"):
        is_gone = authority.clients.remove(name.removeprefix("clients/"))
        return json_reply({"removed": is_gone})
    if handler is None:
        known = sorted(f"{method} {PREFIX}{each}" for method, each in CONTROLS)
        return _error(HTTPStatus.NOT_FOUND, "no such control", {"controls": known})
    try:
        return json_reply(handler(authority, request))
    except DecodeError as error:
        return _error(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    except ValueError as error:
        return _error(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))


def refuse() -> Reply:
    return _error(
        HTTPStatus.FORBIDDEN, "use the sandbox by its address, or localhost, and its own page"
    )


def _describe(authority: Authority, _request: Request) -> Json:
    return describe(authority)


def _behaviors(_authority: Authority, _request: Request) -> Json:
    return {
        each.name: {"says": each.says, "settings": each.settings} for each in BEHAVIORS.values()
    }


def _clock(authority: Authority, request: Request) -> Json:
    authority.clock.advance(decode(request.body, Turn).advance)
    return {"now": authority.now()}


def _clients(authority: Authority, _request: Request) -> Json:
    return {"clients": [client.show() for client in authority.clients]}


def _add_client(authority: Authority, request: Request) -> Json:
    return authority.clients.add(decode(request.body, NewClient)).show()


def _add_document(authority: Authority, request: Request) -> Json:
    given = decode(request.body, Document)
    return add_document(authority, given.url, given.document).show()


def _faults(authority: Authority, _request: Request) -> Json:
    return {"faults": list(authority.faults)}


def _add_fault(authority: Authority, request: Request) -> Json:
    authority.faults.add(decode(request.body, Fault))
    return {"faults": list(authority.faults)}


def _clear_faults(authority: Authority, _request: Request) -> Json:
    authority.faults.clear()
    return {"faults": []}


def _requests(authority: Authority, request: Request) -> Json:
    wanted = request.query
    known = ("client_id", "endpoint", "method", "path")
    if unknown := set(wanted) - set(known):
        msg = f"no filter {min(unknown)!r} here, expected one of {', '.join(known)}"
        raise ValidationError(msg)
    chosen = [
        entry
        for entry in authority.journal
        if all(getattr(entry, name) == value for name, value in wanted.items())
    ]
    return {"total": len(chosen), "requests": chosen}


def _clear_requests(authority: Authority, _request: Request) -> Json:
    authority.journal.clear()
    return {"total": 0, "requests": []}


def _codes(authority: Authority, request: Request) -> Json:
    client_id = request.query.get("client_id")
    return {
        "codes": [
            {
                "code": code.value,
                "client_id": code.client_id,
                "person": code.person.id,
                "webhook": CodeWebhook.of(client, code).show(),
            }
            for code in authority.codes.values()
            if client_id in {None, code.client_id}
            and (client := authority.clients.get(code.client_id)) is not None
        ]
    }


def _families(authority: Authority, request: Request) -> Json:
    client_id = request.query.get("client_id")
    return {
        "families": [
            family.show() for family in authority.grants if client_id in {None, family.client_id}
        ]
    }


def _error(status: int, message: str, extra: dict[str, Json] | None = None) -> Reply:
    return json_reply({"error": message, **(extra or {})}, status)


CONTROLS: Final[dict[tuple[str, str], _Handler]] = {
    ("GET", ""): _describe,
    ("GET", "behaviors"): _behaviors,
    ("POST", "clock"): _clock,
    ("GET", "clients"): _clients,
    ("POST", "clients"): _add_client,
    ("POST", "documents"): _add_document,
    ("GET", "codes"): _codes,
    ("GET", "families"): _families,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _clear_requests,
}
