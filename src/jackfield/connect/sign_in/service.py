"""
Sign-in at the provider: prepare it, send the browser there, take the answer.

What was typed into the form is sealed meanwhile; a URL of the hub has a key that works once, and
the address of the provider a state that works once and in one browser only.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from jackfield.connect import linking
from jackfield.connect import sessions as connect
from jackfield.connect.attempts import AttemptStatus, ConnectionAttemptId
from jackfield.connect.linking import LinkResult, Prepared
from jackfield.connect.pending.models import PendingLink
from jackfield.connect.repo import ConnectSessions, Holder
from jackfield.connect.sent_codes.models import CodeNotSent
from jackfield.connect.sign_in.exchange import Conversation
from jackfield.connect.sign_in.kept import Kept, SignInForm, keep, keep_form_alone, kept_of
from jackfield.connect.sign_in.models import (
    LIFETIME,
    BrowserKey,
    OtherBrowser,
    SignIn,
    SignInExpired,
    SignInNotFound,
    SignInStart,
    SignInUsed,
    Stage,
    StartKey,
    State,
    TenantNotFound,
)
from jackfield.connect.sign_in.repo import SignIns, find_by_key, find_by_state
from jackfield.connect.sign_in.tenancy import in_tenant, of_tenant
from jackfield.connect.steps import service as steps
from jackfield.db.tx import Tx
from jackfield.engine.oauth.sign_in import state_in
from jackfield.kit.errors import HubError, ProviderError
from jackfield.runtime import Hub
from jackfield.secrets.store import remove_secrets

_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class SignInEnd:
    """How a sign-in ended: with `linked`, or with `error`."""

    sign_in: SignIn
    holder: Holder
    linked: LinkResult | None = None
    error: HubError | None = None


async def announce(hub: Hub, holder: Holder) -> SignIn:
    """
    Announce an attempt whose form is not known yet, as the published Hub does.

    Raises:
        TooManyAttempts: the session has had as many attempts as it may have.
    """
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        await ConnectSessions(tx).begin_attempt(holder.session.id)
        sign_in = _new(tx, holder)
        await SignIns(tx).add(sign_in)
    return sign_in


async def prepare(
    hub: Hub,
    holder: Holder,
    prepared: Prepared,
    *,
    form: SignInForm | None = None,
    announced: SignIn | None = None,
) -> tuple[SignIn, StartKey]:
    """
    Prepare a sign-in with the checked values of the form.

    The key is shown once.

    Raises:
        TooManyAttempts: the session has had as many attempts as it may have.
        SignInUsed: the attempt that was `announced` has been started.
    """
    key, candidate = StartKey.mint(), prepared.candidate
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        rows = SignIns(tx)
        if announced is None:
            await ConnectSessions(tx).begin_attempt(holder.session.id)
            announced = _new(tx, holder)
            await rows.add(announced)
        is_open = await rows.prepare(
            announced,
            key=key,
            profile_id=candidate.profile.id,
            connector_key=candidate.connector.key,
            account_id=prepared.into.account_id,
        )
        if not is_open:
            raise SignInUsed(sign_in=announced.id)
        kept = Kept(candidate.values, form or SignInForm())
        await keep(tx, hub, announced, kept)
        return await rows.get(announced.id), key


async def start(hub: Hub, key: StartKey, browser: BrowserKey | None) -> SignInStart:
    """
    Send a browser to the provider's sign-in page, or get the code that it is to show.

    Where the provider gives none, the sign-in has ended, and its browser can see why.

    Raises:
        SignInNotFound: no sign-in has this key.
        SignInUsed: it has been started.
        SignInExpired: it took too long.
        ConnectSessionUsed, ConnectSessionRevoked, ConnectSessionExpired: its session has ended.
        HubError: the connector or its setup does not make an address; the sign-in has ended.
    """
    sign_in = await find_by_key(hub.db, key)
    if sign_in is None:
        raise SignInNotFound
    if sign_in.stage is not Stage.PREPARED:
        raise SignInUsed(sign_in=sign_in.id)
    if sign_in.status_at(hub.clock()) is AttemptStatus.EXPIRED:
        raise SignInExpired
    holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
    browser = browser or BrowserKey.mint()
    state, begun, kept = State.mint(), hub.clock(), await kept_of(hub, sign_in)
    try:
        holder.session.require_unused()
        conversation = await Conversation.of(hub, holder, sign_in, kept.values)
        if conversation.shows_code:
            url, kept = None, replace(kept, device=await conversation.request_device_code())
        else:
            url, request, told = await conversation.begin(state)
            kept = replace(kept, request=request, told=told)
    except HubError as error:
        # The project sees what its connector or setup lacks.
        await linking.record_failure(hub, holder, begun, error)
        if not isinstance(error, ProviderError):
            await fail(hub, holder, sign_in, error)
            raise
        # Its browser is shown why, and can start over.
        async with hub.db.write(holder.project_id, holder.actor) as tx:
            if not await SignIns(tx).start(sign_in, state=state, browser=browser):
                raise SignInUsed(sign_in=sign_in.id) from error
        await fail(hub, holder, replace(sign_in, stage=Stage.STARTED), error)
        return SignInStart(sign_in, None, browser)
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        rows = SignIns(tx)
        if not await rows.start(sign_in, state=state, browser=browser, device=kept.device):
            raise SignInUsed(sign_in=sign_in.id)
        await keep(tx, hub, sign_in, kept)
    steps.note_sign_in(hub, holder, sign_in.connector_key)
    return SignInStart(sign_in, url, browser)


async def finish(
    hub: Hub, connector_key: str, parameters: Mapping[str, str], browser: BrowserKey | None
) -> SignInEnd:
    """
    Take the provider's answer, and link the account.

    Raises:
        SignInNotFound: the answer belongs to no sign-in.
        OtherBrowser: the sign-in was started in another browser.
        SignInUsed: it was answered already.
        SignInExpired: it took too long.
    """
    found = None
    for state in _states_in(hub, connector_key, parameters):
        found = found or await find_by_state(hub.db, State(state))
    if found is None or found[0].connector_key != connector_key:
        raise SignInNotFound
    sign_in, browser_digest = found
    given = b"" if browser is None else browser.digest()
    if not hmac.compare_digest(given, bytes(browser_digest or b"-")):
        raise OtherBrowser
    if sign_in.stage is not Stage.STARTED:
        raise SignInUsed(sign_in=sign_in.id)
    holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
    begun = hub.clock()
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        # Before anything else: whatever comes of it, a code is redeemed once.
        if not await SignIns(tx).redeem(sign_in):
            raise SignInUsed(sign_in=sign_in.id)
    if sign_in.status_at(begun) is AttemptStatus.EXPIRED:
        return await _end(hub, holder, sign_in, error=SignInExpired())
    return await redeem(hub, holder, sign_in, parameters)


async def redeem(
    hub: Hub, holder: Holder, sign_in: SignIn, parameters: Mapping[str, str]
) -> SignInEnd:
    """Exchange the code of an answer that was taken, or have the sign-in wait for it."""
    begun, kept = hub.clock(), await kept_of(hub, sign_in)
    try:
        holder.session.require_unused()
        conversation = await Conversation.of(hub, holder, sign_in, kept.values)
        prepared, missing = await conversation.finish(kept, parameters)
    except CodeNotSent as error:
        kept = replace(kept, answer=parameters, installation=error.installation)
        return await _wait(hub, holder, sign_in, Stage.AWAITING, kept)
    except HubError as error:
        await linking.record_failure(hub, holder, begun, error)
        return await _end(hub, holder, sign_in, error=error)
    return await complete(hub, holder, sign_in, prepared, missing=missing)


async def complete(
    hub: Hub, holder: Holder, sign_in: SignIn, prepared: Prepared, *, missing: Iterable[str]
) -> SignInEnd:
    """Link the account of a sign-in with its tokens, or have the user choose a tenant first."""
    begun, kept = hub.clock(), await kept_of(hub, sign_in)
    try:
        found = await in_tenant(hub, prepared)
    except HubError as error:
        await linking.record_failure(hub, holder, begun, error)
        return await _end(hub, holder, sign_in, error=error)
    if isinstance(found, Prepared):
        return await _link(hub, holder, sign_in, found, kept, missing=missing)
    kept = replace(kept, request=None, tokens=prepared.candidate.tokens, tenants=found)
    return await _wait(hub, holder, sign_in, Stage.CHOOSING, kept, missing=missing)


async def choose(hub: Hub, sign_in: SignIn, tenant_id: str) -> SignInEnd:
    """
    Link the account of a sign-in in the tenant that its user chose.

    Raises:
        TenantNotFound: it is not one of those to choose from.
        SignInUsed: the choice was made already.
    """
    kept = await kept_of(hub, sign_in)
    chosen = next((each for each in kept.tenants if each.id == tenant_id), None)
    if sign_in.stage is Stage.CHOOSING and chosen is None:
        raise TenantNotFound
    holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
    begun = hub.clock()
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        if chosen is None or not await SignIns(tx).redeem(sign_in, stage=Stage.CHOOSING):
            raise SignInUsed(sign_in=sign_in.id)
    if sign_in.status_at(begun) is AttemptStatus.EXPIRED:
        return await _end(hub, holder, sign_in, error=SignInExpired())
    try:
        conversation = await Conversation.of(hub, holder, sign_in, kept.values)
        prepared = conversation.prepared
        candidate = replace(prepared.candidate, tokens=kept.tokens)
        prepared = of_tenant(replace(prepared, candidate=candidate), chosen)
    except HubError as error:
        await linking.record_failure(hub, holder, begun, error)
        return await _end(hub, holder, sign_in, error=error)
    return await _link(hub, holder, sign_in, prepared, kept, missing=sign_in.scopes_missing)


async def _wait(
    hub: Hub,
    holder: Holder,
    sign_in: SignIn,
    stage: Stage,
    kept: Kept,
    *,
    missing: Iterable[str] = (),
) -> SignInEnd:
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        if await SignIns(tx).wait(sign_in, stage, missing=missing):
            await keep(tx, hub, sign_in, kept)
        return SignInEnd(await SignIns(tx).get(sign_in.id), holder)


async def _link(
    hub: Hub,
    holder: Holder,
    sign_in: SignIn,
    prepared: Prepared,
    kept: Kept,
    *,
    missing: Iterable[str],
) -> SignInEnd:
    async def require_wanted(tx: Tx) -> None:
        if (await SignIns(tx).get(sign_in.id)).stage is Stage.ENDED:
            msg = "The sign-in was given up before it was through."
            raise SignInUsed(msg, sign_in=sign_in.id)

    is_confirmed = kept.form.is_confirmed
    try:
        linked = await linking.verify_and_save(
            hub, holder, prepared, is_confirmed=is_confirmed, require_wanted=require_wanted
        )
    except HubError as error:
        return await _end(hub, holder, sign_in, error=error)
    return await _end(hub, holder, sign_in, linked=linked, missing=missing)


async def cancel(hub: Hub, holder: Holder, sign_in_id: str) -> None:
    """
    Give up a sign-in; one that has ended stays as it is.

    Raises:
        SignInNotFound: the session has no such sign-in.
    """
    sign_in = await find(hub, holder, sign_in_id)
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        if await SignIns(tx).end(replace(sign_in, status=AttemptStatus.CANCELLED)):
            await remove_secrets(tx, sign_in.id)


async def fail(hub: Hub, holder: Holder, sign_in: SignIn, error: HubError) -> None:
    """End a sign-in with an error that came before there were tokens, unless it went on since."""
    async with hub.db.read(holder.project_id) as tx:
        current = await SignIns(tx).get(sign_in.id)
    if current.stage is sign_in.stage:
        await _end(hub, holder, sign_in, error=error)


async def find(hub: Hub, holder: Holder, sign_in_id: str) -> SignIn:
    """
    Return a sign-in of a session, also after the session has ended.

    Raises:
        SignInNotFound: the session has none with this id.
    """
    async with hub.db.read(holder.project_id) as tx:
        sign_in = await SignIns(tx).get(sign_in_id)
    if sign_in.session_id != holder.session.id:
        raise SignInNotFound
    return sign_in


async def expire(tx: Tx) -> None:
    """Delete sign-ins that expired long ago, and what is sealed for them."""
    for sign_in_id in await SignIns(tx).drop_expired():
        await remove_secrets(tx, sign_in_id)


async def _end(
    hub: Hub,
    holder: Holder,
    sign_in: SignIn,
    *,
    linked: LinkResult | None = None,
    missing: Iterable[str] = (),
    error: HubError | None = None,
) -> SignInEnd:
    if error is not None:
        steps.note_refusal(hub, holder, sign_in.connector_key, error)
        ended = replace(
            sign_in,
            status=AttemptStatus.ERROR,
            error_code=error.code,
            error_description=error.detail[:_LONGEST],
        )
    elif isinstance(linked, PendingLink):
        ended = replace(sign_in, pending_link_id=linked.id, scopes_missing=tuple(missing))
    else:
        ended = replace(
            sign_in,
            status=AttemptStatus.AUTHENTICATED,
            linked_account_id=None if linked is None else linked.id,
            scopes_missing=tuple(missing),
        )
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        await SignIns(tx).end(ended)
        await keep_form_alone(tx, hub, sign_in)
        sign_in = await SignIns(tx).get(sign_in.id)
    return SignInEnd(sign_in, holder, linked, error)


def _states_in(hub: Hub, connector_key: str, parameters: Mapping[str, str]) -> list[str]:
    """Return what may be the state of a callback, by the connector's ways to sign in."""
    connector = hub.catalog.find(connector_key)
    methods = () if connector is None else connector.auth_methods
    found = [
        state_in(method.oauth.callback, parameters)
        for method in methods
        if method.redirects and method.oauth is not None
    ]
    return list(dict.fromkeys(filter(None, found)))


def _new(tx: Tx, holder: Holder) -> SignIn:
    return SignIn(
        id=ConnectionAttemptId.new(tx.now),
        project_id=holder.project_id,
        session_id=holder.session.id,
        connector_key=None,
        profile_id=None,
        account_id=None,
        stage=Stage.PREPARED,
        status=AttemptStatus.PENDING,
        created_at=tx.now,
        updated_at=tx.now,
        expires_at=tx.now + LIFETIME,
    )
