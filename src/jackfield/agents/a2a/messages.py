"""Parser of A2A messages: a request to run an action, or a text to search actions by."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import uuid4

from msgspec import Meta, Struct

from jackfield.agents.a2a.protocol import (
    CONTENT_TYPE_NOT_SUPPORTED,
    NO_PUSH_NOTIFICATIONS,
    TASK_NOT_FOUND,
)
from jackfield.agents.jsonrpc import INVALID_PARAMS, RpcRefused
from jackfield.kit.json import DecodeError, Json, ValidationError, convert, is_object, parse
from jackfield.search.service import LONGEST_QUERY

_ACTION: Final = "action"
_EXAMPLE: Final = '{"action": "iterable_list_channels"}'
# In a message's metadata: return the request that would be sent, and send nothing.
_DRY_RUN: Final = "jackfield/dry-run"
# Also there: a message that is repeated with the same key runs its action only once.
_IDEMPOTENCY_KEY: Final = "jackfield/idempotency-key"


class OutputMode(StrEnum):
    """The media types of responses; data first, because programs read it."""

    DATA = "application/json"
    TEXT = "text/plain"


_WILDCARDS: Final = {
    "*/*": OutputMode.DATA,
    "application/*": OutputMode.DATA,
    "text/*": OutputMode.TEXT,
}


class TextPart(Struct, frozen=True, tag_field="kind", tag="text"):
    text: str


class DataPart(Struct, frozen=True, tag_field="kind", tag="data"):
    data: dict[str, Json]


class FilePart(Struct, frozen=True, tag_field="kind", tag="file"):
    file: dict[str, Json]


class Message(Struct, frozen=True, rename="camel"):
    message_id: str
    role: Literal["user", "agent"]
    parts: Annotated[list[TextPart | DataPart | FilePart], Meta(min_length=1)]
    kind: Literal["message"] = "message"
    context_id: Annotated[str, Meta(max_length=255)] | None = None
    task_id: str | None = None
    metadata: dict[str, Json] | None = None


class Configuration(Struct, frozen=True, rename="camel"):
    accepted_output_modes: list[str] | None = None
    push_notification_config: dict[str, Json] | None = None


class SendParams(Struct, frozen=True):
    message: Message
    configuration: Configuration | None = None
    metadata: dict[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """A message; `action_call` is an action with its inputs, and without one `text` is a query."""

    context_id: str
    output_mode: OutputMode
    text: str = ""
    action_call: Mapping[str, Json] | None = None
    key: Json = None
    is_dry_run: bool = False


def parse_message(params: Mapping[str, Json]) -> MessageRequest:
    """
    Read the parameters of `message/send` and `message/stream`.

    Raises:
        RpcRefused: they violate the protocol, or request an unsupported feature.
    """
    try:
        request = convert(params, SendParams)
    except ValidationError as error:
        msg = f"params: {error}"
        raise RpcRefused(msg, rpc_code=INVALID_PARAMS) from None
    message, configuration = request.message, request.configuration or Configuration()
    if configuration.push_notification_config is not None:
        raise no_push_notifications()
    if message.task_id is not None:
        raise task_not_found()
    output_mode = _output_mode(configuration.accepted_output_modes or [])
    metadata = {**(request.metadata or {}), **(message.metadata or {})}
    text, action_call = _content(message)
    return MessageRequest(
        context_id=message.context_id or str(uuid4()),
        output_mode=output_mode,
        text=text,
        action_call=action_call,
        key=metadata.get(_IDEMPOTENCY_KEY),
        is_dry_run=metadata.get(_DRY_RUN) is True,
    )


def task_not_found() -> RpcRefused:
    msg = (
        "there is no such task: a task ends within the request that began it, whose "
        "response is its only result"
    )
    return RpcRefused(msg, rpc_code=TASK_NOT_FOUND)


def no_push_notifications() -> RpcRefused:
    msg = "this agent sends no push notifications; use message/stream for the progress of a task"
    return RpcRefused(msg, rpc_code=NO_PUSH_NOTIFICATIONS)


def _output_mode(accepted: list[str]) -> OutputMode:
    modes = [_WILDCARDS.get(each, each) for each in map(str.lower, accepted)]
    for mode in OutputMode:
        if mode in modes or not modes:
            return mode
    msg = f"answers are {' or '.join(OutputMode)}: name one of them in acceptedOutputModes"
    raise RpcRefused(msg, rpc_code=CONTENT_TYPE_NOT_SUPPORTED)


def _content(message: Message) -> tuple[str, Mapping[str, Json] | None]:
    """Return the text of a message and its action call: a data part comes before text."""
    if any(isinstance(part, FilePart) for part in message.parts):
        msg = "a message is made of text and data: name a file in an action's inputs instead"
        raise RpcRefused(msg, rpc_code=CONTENT_TYPE_NOT_SUPPORTED)
    calls = [part.data for part in message.parts if isinstance(part, DataPart)]
    texts = [part.text for part in message.parts if isinstance(part, TextPart)]
    text = "\n".join(texts).strip()
    if not calls and (call := _parse_call(text)) is not None:
        calls = [call]
    if calls:
        if len(calls) > 1 or not isinstance(calls[0].get(_ACTION), str):
            msg = f"a message runs one action, which a data part names, as in {_EXAMPLE}"
            raise RpcRefused(msg, rpc_code=INVALID_PARAMS)
        return text, calls[0]
    if not 1 <= len(text) <= LONGEST_QUERY:
        msg = f"the text must say what is to be done, in at most {LONGEST_QUERY} characters"
        raise RpcRefused(msg, rpc_code=INVALID_PARAMS)
    return text, None


def _parse_call(text: str) -> dict[str, Json] | None:
    """Parse a text that is a data part as JSON, which text-only clients send."""
    if not text.startswith("{"):
        return None
    try:
        value = parse(text)
    except (DecodeError, RecursionError):
        return None
    return value if is_object(value) and _ACTION in value else None
