"""Operations on webhook endpoints: create, change, rotate the secret, remove."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from jackfield.audit.models import AuditKind
from jackfield.db.tx import Tx
from jackfield.egress.policy import PrivateNetworks, is_inside, may_lead_to
from jackfield.events.models import EventType
from jackfield.kit.errors import Fault, InvalidRequest
from jackfield.kit.secret import Secret
from jackfield.kit.urls import find_origin
from jackfield.secrets.store import remove_secrets
from jackfield.vault.cipher import Vault
from jackfield.webhooks import secrets
from jackfield.webhooks.audit import record_endpoint
from jackfield.webhooks.models import Endpoint, EndpointChange, EndpointId
from jackfield.webhooks.repo import Deliveries, Endpoints

EVERY_EVENT: Final = "*"
_LONGEST_URL: Final = 2048
_ALLOW: Final = " (unless its operator names that network in JACKFIELD_ALLOW_PRIVATE_NETWORKS)"
_SWITCHED_OFF: Final = "the endpoint was switched off"


async def create(
    tx: Tx, vault: Vault, values: EndpointChange, *, private: PrivateNetworks
) -> tuple[Endpoint, Secret]:
    """
    Add an endpoint, and return it with its secret.

    It may be in a network of `private`, and be reached there by plain HTTP.

    Raises:
        InvalidRequest: the URL or an event is invalid; all faults are named.
    """
    endpoint = Endpoint(
        id=EndpointId.new(tx.now),
        url=values.url or "",
        description=values.description or None,
        events=_distinct(values.events or ()),
        active=True,
        disabled_reason=None,
        created_at=tx.now,
        updated_at=tx.now,
    )
    _require([*_url_faults(endpoint, private=private), *_event_faults(endpoint)])
    await Endpoints(tx).add(endpoint)
    await record_endpoint(tx, AuditKind.WEBHOOK_CREATED, None, endpoint)
    return endpoint, await secrets.issue(tx, vault, endpoint.id)


async def change(
    tx: Tx, endpoint_id: str, values: EndpointChange, *, private: PrivateNetworks
) -> Endpoint:
    """
    Change an endpoint. If it is switched off, its pending deliveries fail.

    Other events hold for what happens from now on: what is pending already is still delivered.

    Raises:
        EndpointNotFound: the project has none with this id.
        InvalidRequest: the URL or an event is invalid; all faults are named.
    """
    endpoint = await Endpoints(tx).get(endpoint_id)
    is_active = endpoint.active if values.active is None else values.active
    description = endpoint.description if values.description is None else values.description
    changed = replace(
        endpoint,
        url=endpoint.url if values.url is None else values.url,
        events=endpoint.events if values.events is None else _distinct(values.events),
        description=description or None,
        active=is_active,
        disabled_reason=None if is_active else endpoint.disabled_reason,
        updated_at=tx.now,
    )
    # What was stored under other settings can still be switched off, or told apart.
    is_put_to_use = values.url is not None or (changed.active and not endpoint.active)
    _require(
        [
            *(_url_faults(changed, private=private) if is_put_to_use else ()),
            *_event_faults(changed),
        ]
    )
    await Endpoints(tx).save(changed)
    await record_endpoint(tx, AuditKind.WEBHOOK_CHANGED, endpoint, changed)
    if endpoint.active and not changed.active:
        await Deliveries(tx).give_up(endpoint.id, error=_SWITCHED_OFF)
    return changed


async def switch_off(tx: Tx, endpoint_id: EndpointId, *, reason: str) -> None:
    """Switch an endpoint off because its receiver said that it is gone."""
    endpoint = await Endpoints(tx).get(endpoint_id)
    changed = replace(endpoint, active=False, disabled_reason=reason, updated_at=tx.now)
    await Endpoints(tx).save(changed)
    await record_endpoint(tx, AuditKind.WEBHOOK_CHANGED, endpoint, changed)
    await Deliveries(tx).give_up(endpoint_id, error=reason)


async def give_up_inactive(tx: Tx) -> None:
    """
    Fail what waits for endpoints that receive nothing.

    What is told, or replayed, while another process switches the endpoint off can come too late for
    that process to see it: it would wait for ever.
    """
    for endpoint in await Endpoints(tx).all():
        if not endpoint.active:
            error = endpoint.disabled_reason or _SWITCHED_OFF
            await Deliveries(tx).give_up(endpoint.id, error=error)


async def remove(tx: Tx, endpoint_id: str) -> Endpoint:
    """
    Delete an endpoint, its secrets and its deliveries.

    Raises:
        EndpointNotFound: the project has none with this id.
    """
    endpoint = await Endpoints(tx).get(endpoint_id)
    await remove_secrets(tx, endpoint.id)
    await Endpoints(tx).remove(endpoint.id)
    await record_endpoint(tx, AuditKind.WEBHOOK_DELETED, endpoint, None)
    return endpoint


def _distinct(events: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(events)))


def _require(faults: list[Fault]) -> None:
    if faults:
        raise InvalidRequest.of(faults)


def _url_faults(endpoint: Endpoint, *, private: PrivateNetworks) -> Iterable[Fault]:
    message = _why_unusable(endpoint.url, private=private)
    if message is not None:
        yield Fault("url", message)


def _why_unusable(url: str, *, private: PrivateNetworks) -> str | None:
    """Return what is wrong with a URL: for what sending would refuse, it is refused now."""
    if any(each <= " " or each == "\x7f" for each in url):
        return "must not hold blanks, line breaks or control characters"
    if not url.isascii():
        return "must be ASCII: write the host in Punycode (xn--…), and escape the path with %"
    try:
        parts = urlsplit(url)
        has_user = parts.username is not None or parts.password is not None
        is_sound = find_origin(url) is not None and parts.port != 0 and len(url) <= _LONGEST_URL
    except ValueError:
        has_user = is_sound = False
    else:
        if is_sound:
            return _why_unreachable(parts.scheme, parts.hostname or "", private)
    if has_user:
        return "must not hold a user name or password"
    return None if is_sound else "expected a URL such as https://example.com/webhooks"


def _why_unreachable(scheme: str, host: str, private: PrivateNetworks) -> str | None:
    may_be_plain = private is True or (private and is_inside(host))
    if scheme != "https" and not may_be_plain:
        return f"plain HTTP is refused: use https://{_ALLOW}"
    if may_lead_to(host, private):
        return None
    if private is True:
        return "the host is link-local or serves a cloud's metadata, and is never reached"
    return f"the host is private or reserved: this hub does not reach its network{_ALLOW}"


def _event_faults(endpoint: Endpoint) -> Iterable[Fault]:
    known = [*EventType, EVERY_EVENT]
    if not endpoint.events:
        yield Fault("events", f"expected at least one of {', '.join(known)}")
    for each in endpoint.events:
        if each not in known:
            yield Fault(
                "events", f"unknown event {each[:80]!r}: expected some of {', '.join(known)}"
            )
