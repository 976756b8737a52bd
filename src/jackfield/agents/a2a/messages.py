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

_ACTION: Final = "action"
_EXAMPLE: Final = '{"action": "iterable_list_channels"}'
# In a message's metadata: say what would be sent, and send nothing.
_DRY_RUN: Final = "jackfield/dry-run"
# There as well: however often a message with this key arrives, its action is run once.
_ONCE: Final = "jackfield/idempotency-key"
_LONGEST_TEXT: Final = 2000


class OutputMode(StrEnum):
    """What answers are made of; data first, because that is what programs read."""

    DATA = "application/json"
    TEXT = "text/plain"


_FORMS: Final = tuple(OutputMode)
_ANYTHING: Final = {
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
    """`order` is an action and its inputs; without one, `text` says what is looked for."""

    context_id: str
    form: OutputMode
    text: str = ""
    order: Mapping[str, Json] | None = None
    key: Json = None
    is_dry_run: bool = False


def parse_message(params: Mapping[str, Json]) -> MessageRequest:
    """
    Read the parameters of `message/send` and `message/stream`.

    Raises:
        RpcRefused: they are not what the protocol says, or ask for what is not offered.
    """
    try:
        sent = convert(params, SendParams)
    except ValidationError as error:
        msg = f"params: {error}"
        raise RpcRefused(msg, rpc_code=INVALID_PARAMS) from None
    message, configuration = sent.message, sent.configuration or Configuration()
    if configuration.push_notification_config is not None:
        raise no_push_notifications()
    if message.task_id is not None:
        raise task_not_found()
    form = _form(configuration.accepted_output_modes or [])
    metadata = {**(sent.metadata or {}), **(message.metadata or {})}
    text, order = _content(message)
    return MessageRequest(
        context_id=message.context_id or str(uuid4()),
        form=form,
        text=text,
        order=order,
        key=metadata.get(_ONCE),
        is_dry_run=metadata.get(_DRY_RUN) is True,
    )


def task_not_found() -> RpcRefused:
    msg = (
        "there is no such task: a task ends within the request that began it, whose answer is "
        "all there is of it"
    )
    return RpcRefused(msg, rpc_code=TASK_NOT_FOUND)


def no_push_notifications() -> RpcRefused:
    msg = "this agent sends no push notifications; message/stream tells how a task goes on"
    return RpcRefused(msg, rpc_code=NO_PUSH_NOTIFICATIONS)


def _form(accepted: list[str]) -> OutputMode:
    known = [_ANYTHING.get(each, each) for each in map(str.lower, accepted)]
    for form in _FORMS:
        if form in known or not known:
            return form
    msg = f"answers are {' or '.join(_FORMS)}: name one of them in acceptedOutputModes"
    raise RpcRefused(msg, rpc_code=CONTENT_TYPE_NOT_SUPPORTED)


def _content(message: Message) -> tuple[str, Mapping[str, Json] | None]:
    """Return the text of a message, or the one action it names: data goes before text."""
    if any(isinstance(part, FilePart) for part in message.parts):
        msg = "a message is made of text and data: name a file in an action's inputs instead"
        raise RpcRefused(msg, rpc_code=CONTENT_TYPE_NOT_SUPPORTED)
    orders = [part.data for part in message.parts if isinstance(part, DataPart)]
    texts = [part.text for part in message.parts if isinstance(part, TextPart)]
    text = "\n".join(texts).strip()
    if not orders and (written := _written(text)) is not None:
        orders = [written]
    if orders:
        if len(orders) > 1 or not isinstance(orders[0].get(_ACTION), str):
            msg = f"a message runs one action, which a data part names, as in {_EXAMPLE}"
            raise RpcRefused(msg, rpc_code=INVALID_PARAMS)
        return text, orders[0]
    if not 1 <= len(text) <= _LONGEST_TEXT:
        msg = f"the text must say what is to be done, in at most {_LONGEST_TEXT} characters"
        raise RpcRefused(msg, rpc_code=INVALID_PARAMS)
    return text, None


def _written(text: str) -> dict[str, Json] | None:
    """Read a text that is a data part written out, as clients send it that know only text."""
    if not text.startswith("{"):
        return None
    try:
        found = parse(text)
    except (DecodeError, RecursionError):
        return None
    return found if is_object(found) and _ACTION in found else None
