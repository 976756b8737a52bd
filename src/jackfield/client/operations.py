"""API operations as data, shared by both clients."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from jackfield.client.errors import sendable
from jackfield.client.models import (
    Account,
    Connector,
    ConnectSession,
    File,
    FoundAction,
    NarrowedKey,
    PortalSession,
    Result,
)

T = TypeVar("T")
PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful response of a hub."""

    content: bytes
    content_type: str
    file_name: str | None
    # Whether it is a file to be saved, as are all that a hub passes on of a provider's.
    is_file: bool = False

    @property
    def is_json(self) -> bool:
        return "json" in self.content_type


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    method: str
    path: str
    read: Callable[[Answer], T]
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    # Whether the response is rows as they come, which are not asked for a second time.
    is_stream: bool = False

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


def raw(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Operation[Any]:
    """Return any request; JSON is decoded, anything else is returned as bytes."""
    read = partial(_read_any, method=method)
    return Operation(method, path + _query(query or {}), read, body, headers or {})


def list_accounts(*, page: int, **only: Any) -> Operation[list[Account]]:
    query = _query({"page": page, "page_size": PAGE, **only})
    return Operation("GET", f"/accounts{query}", partial(_read, type_=list[Account]))


def get_account(account_id: str) -> Operation[Account]:
    return Operation("GET", _account(account_id), partial(_read, type_=Account))


def update_account(account_id: str, changes: Mapping[str, Any]) -> Operation[Account]:
    return Operation("PATCH", _account(account_id), partial(_read, type_=Account), changes)


def delete_account(account_id: str) -> Operation[Account]:
    return Operation("DELETE", _account(account_id), partial(_read, type_=Account))


def change_status(account_id: str, verb: str) -> Operation[Account]:
    path = f"/jackfield{_account(account_id)}/{verb}"
    return Operation("POST", path, partial(_read, type_=Account))


def create_connect_session(terms: Mapping[str, Any]) -> Operation[ConnectSession]:
    return Operation("POST", "/connect_sessions", partial(_read, type_=ConnectSession), terms)


def create_portal_session(terms: Mapping[str, Any]) -> Operation[PortalSession]:
    path = "/jackfield/portal_sessions"
    return Operation("POST", path, partial(_read, type_=PortalSession), terms)


def narrow_key(limits: Mapping[str, Any]) -> Operation[NarrowedKey]:
    return Operation("POST", "/jackfield/keys", partial(_read, type_=NarrowedKey), limits)


def list_connectors(
    *, cursor: str | None, only: Mapping[str, Any]
) -> Operation[tuple[tuple[Connector, ...], str | None]]:
    query = _query({"page_size": PAGE, "next": cursor, **only})
    return Operation("GET", f"/actions{query}", _read_connectors)


def search_actions(
    query: str, *, connector: str | None, top_k: int
) -> Operation[list[FoundAction]]:
    body: dict[str, Any] = {"query": query, "top_k": top_k, "min_similarity": 0}
    if connector is not None:
        body["connector"] = connector
    return Operation("POST", "/actions/search", _read_found, body)


def run(
    action: str, *, account_id: str, inputs: Mapping[str, Any], cursor: str | None, dry_run: bool
) -> Operation[Result | File]:
    body: dict[str, Any] = {"action": action, "body": inputs}
    if cursor is not None:
        body["query"] = {"next": cursor}
    if dry_run:
        body["dry_run"] = True
    return Operation("POST", "/actions/rpc", _read_result, body, {"x-account-id": account_id})


def stream(action: str, *, account_id: str, inputs: Mapping[str, Any]) -> Operation[None]:
    body = {"action": action, "body": inputs}
    headers = {"x-account-id": account_id}
    path = "/actions/rpc?stream=true"
    return Operation("POST", path, _ignore, body, headers, is_stream=True)


def send_feedback(account_id: str, tools: Iterable[str], feedback: str) -> Operation[None]:
    body = {"account_id": account_id, "tool_names": list(tools), "feedback": feedback}
    return Operation("POST", "/ai/tool-feedback", _ignore, body)


def _account(account_id: str) -> str:
    with sendable():
        return f"/accounts/{quote(account_id, safe='')}"


def _query(values: Mapping[str, Any]) -> str:
    present = {name: value for name, value in values.items() if value not in (None, [], ())}
    with sendable():
        return f"?{urlencode(present, doseq=True)}" if present else ""


def _read(response: Answer, type_: type[T]) -> T:
    return msgspec.json.decode(response.content, type=type_)


def _read_any(response: Answer, method: str) -> Any:
    if not response.is_json:
        # Pages of a hub are looked at; what it is told to do is not answered by one.
        return response.content if method == "GET" else _read_file(response)
    return msgspec.json.decode(response.content) if response.content else None


class ConnectorPage(msgspec.Struct):
    data: tuple[Connector, ...]
    next: str | None = None


def _read_connectors(response: Answer) -> tuple[tuple[Connector, ...], str | None]:
    page = _read(response, ConnectorPage)
    return page.data, page.next


class FoundActions(msgspec.Struct):
    results: list[FoundAction]


def _read_found(response: Answer) -> list[FoundAction]:
    return _read(response, FoundActions).results


def _read_result(response: Answer) -> Result | File:
    if response.is_json:
        return _read(response, Result)
    content = _read_file(response)
    if content is None:
        msg = "the response is empty"
        raise msgspec.DecodeError(msg)
    return File(content, response.content_type, response.file_name)


def _read_file(response: Answer) -> bytes | None:
    if response.content and not response.is_file:
        msg = f"{response.content_type or 'what came'} is neither JSON nor a file"
        raise msgspec.DecodeError(msg)
    return response.content if response.is_file else None


def _ignore(_response: Answer) -> None:
    return None
