"""`/jackfield/webhook_events`: the catalogue of events that webhook endpoints are told of."""

from msgspec import Raw, Struct

from jackfield.http.context import ApiContext, api_key
from jackfield.http.routing import Routes
from jackfield.kit.json import encode
from jackfield.projects.models import Scope
from jackfield.webhooks.catalogue.events import CATALOGUE

api = Routes(api_key, tag="webhooks")


class WebhookEventOut(Struct, frozen=True):
    """An event type with an example of what is sent, but for `sent_at`, and its JSON Schema."""

    event: str
    description: str
    example: Raw
    schema: Raw


class WebhookEventsOut(Struct, frozen=True):
    data: tuple[WebhookEventOut, ...]
    next: None = None


@api.add("GET", "/jackfield/webhook_events", scope=Scope.WEBHOOKS_WRITE)
async def list_webhook_events(_ctx: ApiContext) -> WebhookEventsOut:
    """List the event types that there are, each with an example and a schema."""
    return WebhookEventsOut(
        tuple(
            WebhookEventOut(
                each.type, each.description, Raw(encode(each.body())), Raw(encode(each.schema))
            )
            for each in CATALOGUE.values()
        )
    )
