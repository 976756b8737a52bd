"""Repositories of webhook endpoints and their deliveries."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Final, LiteralString

from jackfield.db.columns import columns_of
from jackfield.db.lease import Leases
from jackfield.db.tx import Tx
from jackfield.events.models import DELIVERIES
from jackfield.kit.json import convert
from jackfield.kit.pages import Page
from jackfield.webhooks.models import (
    ClaimedDelivery,
    Delivery,
    DeliveryNotFound,
    DeliveryStatus,
    Endpoint,
    EndpointId,
    EndpointNotFound,
)

_LEASES: Final = Leases("webhook_deliveries", "leased_until", key=("endpoint_id", "event_id"))
_ENDPOINT: Final = columns_of(Endpoint, without=["events"])
_DELIVERY: Final = columns_of(Delivery, without=["event_type"], alias="delivery")


class Endpoints:
    """The webhook endpoints of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, endpoint: Endpoint) -> None:
        await self._tx.run(
            """
            insert into webhook_endpoints
                   (id, project_id, url, description, active, disabled_reason, created_at,
                    updated_at)
            values (:id, :project_id, :url, :description, :active, :disabled_reason, :created_at,
                    :updated_at)
            """,
            **_columns(endpoint),
        )
        await self._subscribe(endpoint)

    async def save(self, endpoint: Endpoint) -> None:
        await self._tx.run(
            """
            update webhook_endpoints
               set url = :url, description = :description, active = :active,
                   disabled_reason = :disabled_reason, updated_at = :updated_at,
                   previous_secret_until = :previous_secret_until
             where project_id = :project_id and id = :id
            """,
            **_columns(endpoint),
        )
        await self._tx.run(
            """
            delete from webhook_subscriptions
             where project_id = :project_id and endpoint_id = :id
            """,
            id=endpoint.id,
        )
        await self._subscribe(endpoint)

    async def get(self, endpoint_id: str) -> Endpoint:
        """
        Return one endpoint; `endpoint_id` is unchecked input.

        Raises:
            EndpointNotFound: the project has none with this id.
        """
        endpoints = await self._read(endpoint_id)
        if not endpoints:
            raise EndpointNotFound
        return endpoints[0]

    async def all(self) -> list[Endpoint]:
        """Return all endpoints, newest first."""
        return await self._read(None)

    async def remove(self, endpoint_id: EndpointId) -> None:
        """Delete an endpoint, its replays, its deliveries and what is kept of their attempts."""
        # First what a step of a replay locks first, so that neither waits for the other in a circle.
        await self._tx.run(
            "delete from webhook_replays where project_id = :project_id and endpoint_id = :id",
            id=endpoint_id,
        )
        await self._tx.run(
            """
            delete from webhook_attempts
             where project_id = :project_id and endpoint_id = :id and event_id in (
                   select event_id
                     from webhook_deliveries
                    where project_id = :project_id and endpoint_id = :id)
            """,
            id=endpoint_id,
        )
        await self._tx.run(
            "delete from webhook_deliveries where project_id = :project_id and endpoint_id = :id",
            id=endpoint_id,
        )
        await self._tx.run(
            """
            delete from webhook_subscriptions
             where project_id = :project_id and endpoint_id = :id
            """,
            id=endpoint_id,
        )
        await self._tx.run(
            "delete from webhook_endpoints where project_id = :project_id and id = :id",
            id=endpoint_id,
        )

    async def _subscribe(self, endpoint: Endpoint) -> None:
        await self._tx.executemany(
            """
            insert into webhook_subscriptions (endpoint_id, project_id, event_type)
            values (:endpoint_id, :project_id, :event_type)
            """,
            [{"endpoint_id": endpoint.id, "event_type": each} for each in endpoint.events],
        )

    async def _read(self, endpoint_id: str | None) -> list[Endpoint]:
        condition: LiteralString = "" if endpoint_id is None else " and id = :id"
        of_it: LiteralString = "" if endpoint_id is None else " and endpoint_id = :id"
        chosen = {} if endpoint_id is None else {"id": endpoint_id}
        rows = await self._tx.all(
            f"""
            select {_ENDPOINT}
              from webhook_endpoints
             where project_id = :project_id {condition}
             order by id desc
            """,  # noqa: S608 - one of two literals
            **chosen,
        )
        subscribed = await self._tx.all(
            f"""
            select endpoint_id, event_type from webhook_subscriptions
             where project_id = :project_id {of_it} order by endpoint_id, event_type
            """,  # noqa: S608 - one of two literals
            **chosen,
        )
        events: dict[str, list[str]] = {}
        for row in subscribed:
            events.setdefault(row["endpoint_id"], []).append(row["event_type"])
        return [convert({**row, "events": events.get(row["id"], [])}, Endpoint) for row in rows]


class Deliveries:
    """The deliveries to the endpoints of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def page(
        self, endpoint_id: EndpointId, *, status: str | None, after: str | None, size: int
    ) -> Page[Delivery]:
        """Return one page of an endpoint's deliveries, newest first."""
        chosen: LiteralString = " and delivery.status = :status" if status else ""
        beyond: LiteralString = " and delivery.event_id < :after" if after else ""
        rows = await self._tx.all(
            f"""
            select {_DELIVERY}, event.type as event_type
              from webhook_deliveries delivery
              join events event on event.id = delivery.event_id
             where delivery.project_id = :project_id
               and delivery.endpoint_id = :endpoint_id {chosen} {beyond}
             order by delivery.event_id desc
             limit :limit
            """,  # noqa: S608 - the parts are literals
            endpoint_id=endpoint_id,
            limit=size + 1,
            **({"status": status} if status else {}),
            **({"after": after} if after else {}),
        )
        items = tuple(convert(row, Delivery) for row in rows[:size])
        return Page(items, items[-1].event_id if len(rows) > size else None)

    async def get(self, endpoint_id: EndpointId, event_id: str) -> Delivery:
        """
        Return one delivery.

        Raises:
            DeliveryNotFound: the event has no delivery to this endpoint.
        """
        row = await self._tx.one(
            f"""
            select {_DELIVERY}, event.type as event_type
              from webhook_deliveries delivery
              join events event on event.id = delivery.event_id
             where delivery.project_id = :project_id
               and delivery.endpoint_id = :endpoint_id and delivery.event_id = :event_id
            """,  # noqa: S608 - columns of ours
            endpoint_id=endpoint_id,
            event_id=event_id,
        )
        if row is None:
            raise DeliveryNotFound
        return convert(row, Delivery)

    async def settle(
        self,
        claimed: ClaimedDelivery,
        status: DeliveryStatus,
        *,
        due_at: datetime,
        last_status: int | None,
        last_error: str | None,
    ) -> None:
        """Store the result of an attempt, unless another process has the lease by now."""
        await self._tx.run(
            """
            update webhook_deliveries
               set status = :status, attempts = :attempts, due_at = :due_at, leased_until = null,
                   last_status = :last_status, last_error = :last_error, updated_at = :now
             where project_id = :project_id and endpoint_id = :endpoint_id
               and event_id = :event_id and leased_until = :leased_until
            """,
            endpoint_id=claimed.endpoint_id,
            event_id=claimed.event_id,
            leased_until=claimed.leased_until,
            status=status,
            attempts=claimed.attempts + 1,
            due_at=due_at,
            last_status=last_status,
            last_error=last_error,
        )

    async def accept(self, claimed: Sequence[ClaimedDelivery], *, last_status: int | None) -> None:
        """Store the success of deliveries that share a lease."""
        await self._tx.run(
            """
            update webhook_deliveries
               set status = 'delivered', attempts = attempts + 1, due_at = :now,
                   leased_until = null, last_status = :last_status, last_error = null,
                   updated_at = :now
             where project_id = :project_id and event_id in (:event_ids)
               and endpoint_id || event_id in (:keys) and leased_until = :leased_until
            """,
            leased_until=claimed[0].leased_until,
            event_ids=list({each.event_id for each in claimed}),
            keys=[each.endpoint_id + each.event_id for each in claimed],
            last_status=last_status,
        )

    async def begin_again(self, endpoint_id: EndpointId, event_id: str) -> None:
        """Deliver an event again, beginning with the first attempt."""
        await self._tx.run(
            """
            update webhook_deliveries
               set status = 'pending', attempts = 0, due_at = :now, leased_until = null,
                   updated_at = :now
             where project_id = :project_id and endpoint_id = :endpoint_id
               and event_id = :event_id
            """,
            endpoint_id=endpoint_id,
            event_id=event_id,
        )
        self._tx.signal(DELIVERIES)

    async def begin_many_again(
        self,
        endpoint_id: EndpointId,
        *,
        status: str,
        since: datetime | None,
        until: datetime | None,
        after: str,
        most: int,
    ) -> list[str]:
        """Deliver up to `most` events of one status and time again, those `after` an event's id.

        Returns:
            their ids, from the first on.
        """
        since_then: LiteralString = " and created_at >= :since" if since else ""
        until_then: LiteralString = " and created_at < :until" if until else ""
        begun = await self._tx.all(
            f"""
            update webhook_deliveries
               set status = 'pending', attempts = 0, due_at = :now, leased_until = null,
                   updated_at = :now
             where project_id = :project_id and endpoint_id = :endpoint_id and event_id in (
                   select event_id
                     from webhook_deliveries
                    where project_id = :project_id and endpoint_id = :endpoint_id
                      and status = :status and event_id > :after
                      {since_then} {until_then}
                    order by event_id
                    limit :most)
            returning event_id
            """,  # noqa: S608 - the parts are literals
            endpoint_id=endpoint_id,
            status=status,
            after=after,
            most=most,
            **({"since": since} if since else {}),
            **({"until": until} if until else {}),
        )
        self._tx.signal(DELIVERIES)
        return sorted(row["event_id"] for row in begun)

    async def renew(self, claimed: ClaimedDelivery, *, until: datetime) -> ClaimedDelivery | None:
        """Renew the lease of a delivery; `None` if another process has it by now."""
        is_ours = await _LEASES.renew(
            self._tx,
            held=claimed.leased_until,
            until=until,
            endpoint_id=claimed.endpoint_id,
            event_id=claimed.event_id,
        )
        return replace(claimed, leased_until=until) if is_ours else None

    async def release(self, claimed: ClaimedDelivery) -> None:
        """Release the lease of a delivery."""
        await _LEASES.release(
            self._tx,
            held=claimed.leased_until,
            endpoint_id=claimed.endpoint_id,
            event_id=claimed.event_id,
        )

    async def give_up(self, endpoint_id: EndpointId, *, error: str) -> None:
        """Mark the pending deliveries of an endpoint as failed."""
        await self._tx.run(
            """
            update webhook_deliveries
               set status = 'failed', leased_until = null, last_error = :error, updated_at = :now
             where project_id = :project_id and endpoint_id = :endpoint_id
               and status = 'pending'
            """,
            endpoint_id=endpoint_id,
            error=error,
        )


def _columns(endpoint: Endpoint) -> dict[str, object]:
    return {name: value for name, value in asdict(endpoint).items() if name != "events"}
