"""`/api/webhooks`: changing what there is; webhooks are made elsewhere."""

from typing import Final, Literal

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.refusals import bad_params
from jackfield.sandbox.iterable.state.webhooks import Webhook
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import get, post


class Header(Struct):
    key: str
    value: str


class Change(Struct, rename="camel"):
    id: int
    endpoint: str | None = None
    enabled: bool | None = None
    auth_type: Literal["NoAuth", "Basic", "OAuth2"] | None = None
    auth_token: str | None = None
    blast_send_enabled: bool | None = None
    triggered_send_enabled: bool | None = None
    headers: list[Header] | None = None


def list_webhooks(call: Call) -> Json:
    return {"webhooks": [_show(each) for each in call.project.webhooks]}


def update_webhook(call: Call, body: Change) -> Json:
    webhook = call.project.webhooks.find(body.id)
    if webhook is None:
        msg = f"Webhook {body.id} does not exist"
        raise bad_params(msg)
    if body.endpoint is not None and not body.endpoint.startswith("https://"):
        msg = "The endpoint of a webhook must start with https://"
        raise bad_params(msg)
    for name in (
        "endpoint",
        "enabled",
        "auth_type",
        "auth_token",
        "blast_send_enabled",
        "triggered_send_enabled",
    ):
        value = getattr(body, name)
        if value is not None:
            setattr(webhook, name, value)
    if body.headers is not None:
        webhook.headers = {each.key: each.value for each in body.headers}
    return _show(webhook)


def _show(webhook: Webhook) -> Json:
    return {
        "id": webhook.id,
        "endpoint": webhook.endpoint,
        "enabled": webhook.enabled,
        "authType": webhook.auth_type,
        "blastSendEnabled": webhook.blast_send_enabled,
        "triggeredSendEnabled": webhook.triggered_send_enabled,
        "channelIds": [],
        "messageTypeIds": [],
    }


ROUTES: Final = (
    get("/api/webhooks", list_webhooks),
    post("/api/webhooks", update_webhook),
)
