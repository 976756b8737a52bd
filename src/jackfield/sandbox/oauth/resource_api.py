"""`/api/`: a small API that the tokens are for."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeAlias

from jackfield.kit.json import Json, text
from jackfield.sandbox.numbers import is_number
from jackfield.sandbox.oauth.access import Access, admit
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.refusals import OAuthError, invalid_request
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.replies import Reply, json_reply

PREFIX: Final = "/api/"
_LARGEST_PAGE: Final = 100
_Handler: TypeAlias = Callable[[Authority, Request, Access], Reply]


def answer(authority: Authority, request: Request) -> Reply:
    """Answer a call with a token."""
    found = _HANDLERS.get((request.method, request.path.removeprefix(PREFIX)))
    access = admit(authority, request, scope=found[0] if found else "")
    if found is None:
        error = "not_found"
        raise OAuthError(error, "there is no such resource", HTTPStatus.NOT_FOUND)
    return found[1](authority, request, access)


def _me(_authority: Authority, _request: Request, access: Access) -> Reply:
    if access.person is None:
        return json_reply({"client": access.client.id})
    return json_reply(access.person.show())


def _tenants(_authority: Authority, _request: Request, access: Access) -> Reply:
    tenants = access.person.tenants if access.person else ()
    return json_reply({"tenants": [tenant.show() for tenant in tenants]})


def _people(authority: Authority, request: Request, access: Access) -> Reply:
    people = authority.people.of(access.person.tenants) if access.person else list(authority.people)
    limit, cursor = request.query.get("limit", "2"), request.query.get("cursor", "0")
    if not (is_number(limit) and 0 < int(limit) <= _LARGEST_PAGE and is_number(cursor)):
        msg = "limit or cursor is none"
        raise invalid_request(msg)
    start, end = int(cursor), int(cursor) + int(limit)
    following = str(end) if end < len(people) else None
    return json_reply({"people": [each.show() for each in people[start:end]], "next": following})


def _notes(authority: Authority, _request: Request, access: Access) -> Reply:
    notes = authority.notes_of(access.client, access.person) if access.person else []
    return json_reply({"notes": notes})


def _add_note(authority: Authority, request: Request, access: Access) -> Reply:
    if access.person is None:
        error = "forbidden"
        raise OAuthError(error, "only a person has notes", HTTPStatus.FORBIDDEN)
    written = text(request.json(), "text")
    if not written:
        msg = "text is missing"
        raise invalid_request(msg)
    notes = authority.notes_of(access.client, access.person)
    note: Json = {"id": f"{access.person.id}-{len(notes) + 1}", "text": written}
    notes.append(note)
    return json_reply(note, HTTPStatus.CREATED)


# The scope that a call needs, and what answers it.
_HANDLERS: Final[dict[tuple[str, str], tuple[str, _Handler]]] = {
    ("GET", "me"): ("", _me),
    ("GET", "tenants"): ("", _tenants),
    ("GET", "people"): ("people.read", _people),
    ("GET", "notes"): ("notes.read", _notes),
    ("POST", "notes"): ("notes.write", _add_note),
}
