"""`/api/channels` and `/api/messageTypes`."""

from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import per_second
from jackfield.sandbox.iterable.state.channels import Channel, MessageType
from jackfield.sandbox.iterable.times import epoch_ms
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import get


def list_channels(call: Call) -> Json:
    return {"channels": [_channel(each) for each in call.project.channels]}


def list_message_types(call: Call) -> Json:
    return {"messageTypes": [_message_type(each) for each in call.project.message_types]}


def _channel(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "channelType": channel.channel_type,
        "messageMedium": channel.medium,
    }


def _message_type(message_type: MessageType) -> Json:
    shown = {
        "id": message_type.id,
        "createdAt": epoch_ms(message_type.created_at),
        "updatedAt": epoch_ms(message_type.updated_at),
        "name": message_type.name,
        "channelId": message_type.channel_id,
        "subscriptionPolicy": message_type.subscription_policy,
    }
    if message_type.rate_limit_per_minute is not None:
        shown["rateLimitPerMinute"] = message_type.rate_limit_per_minute
    return shown


ROUTES: Final = (
    get("/api/channels", list_channels, per_second(100)),
    get("/api/messageTypes", list_message_types, per_second(100)),
)
