"""Answers of providers that belong to no sign-in, as of an installation that began there.

Nothing is linked by them: the browser that brought one carries it, sealed, until its user has it
used for a sign-in of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from jackfield.connect import sessions as connect
from jackfield.connect.sign_in import service as sign_ins
from jackfield.connect.sign_in.exchange import Conversation
from jackfield.connect.sign_in.kept import keep, kept_of
from jackfield.connect.sign_in.models import BrowserKey, SignIn, SignInUsed, State
from jackfield.connect.sign_in.service import SignInEnd
from jackfield.engine.oauth.settings import Callback
from jackfield.engine.oauth.sign_in import awaited_by, read_callback, state_in
from jackfield.kit.json import DecodeError, decode, encode
from jackfield.runtime import Hub
from jackfield.secrets.sealed_cookie import open_from_browser, seal_for_browser
from jackfield.vault.cipher import SealBroken

LIFETIME: Final = timedelta(minutes=30)
# A cookie is cut off, or dropped, beyond 4 KB.
_LONGEST: Final = 2500
_PURPOSE: Final = "parked"


@dataclass(frozen=True, slots=True)
class Parked:
    """An answer to no sign-in: the parameters that a provider sent a browser back with."""

    connector_key: str
    parameters: Mapping[str, str] = field(repr=False)
    ends_at: datetime


def may_park(hub: Hub, connector_key: str, parameters: Mapping[str, str]) -> bool:
    """Tell whether an answer may come from a provider whose users may begin there."""
    callbacks = _callbacks(hub, connector_key)
    is_ours = any(state_in(each, parameters).startswith(State.prefix) for each in callbacks)
    return bool(callbacks) and not is_ours and len(encode(parameters)) <= _LONGEST


def waits_for_approval(hub: Hub, connector_key: str, parameters: Mapping[str, str]) -> bool:
    return any(each.is_pending(parameters) for each in _callbacks(hub, connector_key))


def park(hub: Hub, connector_key: str, parameters: Mapping[str, str]) -> str:
    """Return an answer as its browser carries it."""
    parked = Parked(connector_key, parameters, hub.clock() + LIFETIME)
    return seal_for_browser(hub.vault, _PURPOSE, encode(parked).decode())


def open_parked(hub: Hub, connector_key: str, carried: str) -> Parked | None:
    """Return the answer of a connector's provider that a browser carries, if it still may."""
    try:
        parked = decode(open_from_browser(hub.vault, _PURPOSE, carried), Parked)
    except (SealBroken, DecodeError):
        return None
    is_late = parked.ends_at <= hub.clock()
    return None if is_late or parked.connector_key != connector_key else parked


async def claim(hub: Hub, sign_in: SignIn, parked: Parked, browser: BrowserKey) -> SignInEnd | str:
    """
    Use an answer for a sign-in that is open in the same browser.

    Without a code in it, or one that comes by webhook, return the address of the provider's sign-in page instead: what it told is
    kept.

    Raises:
        SignInUsed: it was answered meanwhile.
        HubError: the answer, or the way on, is not what the connector expects.
    """
    callback = await _callback_of(hub, sign_in)
    answer = read_callback(callback, parked.parameters)
    if not answer.code and not awaited_by(callback, answer):
        return await go_on(hub, sign_in, told=answer.values)
    holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
    kept = await kept_of(hub, sign_in)
    if kept.request is None:
        raise SignInUsed(sign_in=sign_in.id)
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        # The provider gave this code without a challenge.
        await keep(tx, hub, sign_in, replace(kept, request=replace(kept.request, verifier="")))
    name = callback.names.get("state") or "state"
    parameters = {**parked.parameters, name: kept.request.state}
    return await sign_ins.finish(hub, parked.connector_key, parameters, browser)


async def go_on(hub: Hub, sign_in: SignIn, *, told: Mapping[str, str] | None = None) -> str:
    """
    Return the address of the provider's sign-in page, for a sign-in that waits for its answer.

    Raises:
        HubError: as `claim`.
    """
    holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
    kept = await kept_of(hub, sign_in)
    if kept.request is None:
        raise SignInUsed(sign_in=sign_in.id)
    conversation = await Conversation.of(hub, holder, sign_in, kept.values)
    url, request, found = await conversation.begin(State(kept.request.state))
    kept = replace(kept, request=request, told={**(told or {}), **found})
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        await keep(tx, hub, sign_in, kept)
    return url


async def told_by(hub: Hub, sign_in: SignIn, parked: Parked) -> Mapping[str, str]:
    """Return what an answer tells of the account to link, by credential."""
    return read_callback(await _callback_of(hub, sign_in), parked.parameters).values


async def _callback_of(hub: Hub, sign_in: SignIn) -> Callback:
    holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
    kept = await kept_of(hub, sign_in)
    conversation = await Conversation.of(hub, holder, sign_in, kept.values)
    oauth = conversation.prepared.candidate.method.oauth
    assert oauth is not None
    return oauth.callback


def _callbacks(hub: Hub, connector_key: str) -> list[Callback]:
    connector = hub.catalog.find(connector_key)
    methods = () if connector is None else connector.auth_methods
    return [
        method.oauth.callback
        for method in methods
        if method.redirects and method.oauth is not None and method.oauth.callback.may_start_there
    ]
