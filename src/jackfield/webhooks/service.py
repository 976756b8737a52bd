"""Operations on webhook endpoints: create, change, rotate the secret, remove."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.kit.errors import Fault, InvalidRequest
from jackfield.kit.secret import Secret
from jackfield.secrets.store import remove_secrets
from jackfield.vault.cipher import Vault
from jackfield.webhooks import secrets
from jackfield.webhooks.models import Endpoint, EndpointChange, EndpointId
from jackfield.webhooks.repo import Deliveries, Endpoints

EVERY_EVENT: Final = "*"
_LONGEST_URL: Final = 2048
_SWITCHED_OFF: Final = "the endpoint was switched off"


async def create(
    tx: Tx, vault: Vault, values: EndpointChange, *, plain_http: bool
) -> tuple[Endpoint, Secret]:
    """
    Add an endpoint, and return it with its secret.

    Raises:
        InvalidRequest: the URL or an event is invalid; all faults are named.
    """
    endpoint = Endpoint(
        id=EndpointId.new(tx.now),
        url=(values.url or "").strip(),
        description=values.description,
        events=_distinct(values.events or ()),
        active=True,
        disabled_reason=None,
        created_at=tx.now,
        updated_at=tx.now,
    )
    _require_usable(endpoint, plain_http=plain_http)
    await Endpoints(tx).add(endpoint)
    return endpoint, await secrets.issue(tx, vault, endpoint.id)


async def change(tx: Tx, endpoint_id: str, values: EndpointChange, *, plain_http: bool) -> Endpoint:
    """
    Change an endpoint. If it is switched off, its pending deliveries fail.

    Raises:
        EndpointNotFound: the project has none with this id.
        InvalidRequest: the URL or an event is invalid; all faults are named.
    """
    endpoint = await Endpoints(tx).get(endpoint_id)
    is_active = endpoint.active if values.active is None else values.active
    description = endpoint.description if values.description is None else values.description
    changed = replace(
        endpoint,
        url=endpoint.url if values.url is None else values.url.strip(),
        events=endpoint.events if values.events is None else _distinct(values.events),
        description=description or None,
        active=is_active,
        disabled_reason=None if is_active else endpoint.disabled_reason,
        updated_at=tx.now,
    )
    _require_usable(changed, plain_http=plain_http)
    await Endpoints(tx).save(changed)
    if endpoint.active and not changed.active:
        await Deliveries(tx).give_up(endpoint.id, error=_SWITCHED_OFF)
    return changed


async def switch_off(tx: Tx, endpoint_id: EndpointId, *, reason: str) -> None:
    """Switch an endpoint off because its receiver said that it is gone."""
    endpoint = await Endpoints(tx).get(endpoint_id)
    await Endpoints(tx).save(
        replace(endpoint, active=False, disabled_reason=reason, updated_at=tx.now)
    )
    await Deliveries(tx).give_up(endpoint_id, error=reason)


async def remove(tx: Tx, endpoint_id: str) -> Endpoint:
    """
    Delete an endpoint, its secrets and its deliveries.

    Raises:
        EndpointNotFound: the project has none with this id.
    """
    endpoint = await Endpoints(tx).get(endpoint_id)
    await remove_secrets(tx, endpoint.id)
    await Endpoints(tx).remove(endpoint.id)
    return endpoint


def _distinct(events: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(events)))


def _require_usable(endpoint: Endpoint, *, plain_http: bool) -> None:
    faults = [*_url_faults(endpoint.url, plain_http=plain_http), *_event_faults(endpoint.events)]
    if faults:
        raise InvalidRequest.of(faults)


def _url_faults(url: str, *, plain_http: bool) -> Iterable[Fault]:
    schemes = ("https", "http") if plain_http else ("https",)
    try:
        parts = urlsplit(url)
        is_sound = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        yield Fault("url", "expected a URL such as https://example.com/webhooks")
        return
    if not is_sound or len(url) > _LONGEST_URL or any(ord(each) <= ord(" ") for each in url):
        yield Fault("url", "expected a URL such as https://example.com/webhooks")
    if parts.username is not None or parts.password is not None:
        yield Fault("url", "must not hold a user name or password")


def _event_faults(events: tuple[str, ...]) -> Iterable[Fault]:
    known = [*EventType, EVERY_EVENT]
    if not events:
        yield Fault("events", f"expected at least one of {', '.join(known)}")
    for each in events:
        if each not in known:
            yield Fault(
                "events", f"unknown event {each[:80]!r}: expected some of {', '.join(known)}"
            )
