"""Examples of events, sent to an endpoint on request."""

from jackfield.kit.errors import Fault, InvalidRequest
from jackfield.kit.ids import EventId, ProjectId
from jackfield.runtime import Hub
from jackfield.webhooks import delivery
from jackfield.webhooks.catalogue.events import CATALOGUE, TEST
from jackfield.webhooks.models import DeliveryResult, Endpoint
from jackfield.webhooks.signature import Secrets


async def send(
    hub: Hub, project_id: ProjectId, endpoint: Endpoint, signing: Secrets, *, event: str
) -> DeliveryResult:
    """
    Send a signed example once, whether or not the endpoint is told of such events.

    Raises:
        InvalidRequest: there is no such event.
    """
    if event not in CATALOGUE:
        expected = f"expected one of {', '.join(CATALOGUE)}"
        fault = Fault("event", f"unknown event {event[:80]!r}: {expected}")
        raise InvalidRequest.of([fault])
    now = hub.clock()
    body = CATALOGUE[event].body(project_id, now)
    if event == TEST:
        body["record_id"] = endpoint.id
    return await delivery.send(hub, endpoint, signing, event_id=EventId.new(now), body=body)
