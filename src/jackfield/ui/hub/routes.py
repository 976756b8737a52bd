"""
`/embedded/integrations`: the Hub, opened from an auth link or embedded in a product.

Choose a connector, fill in its form with the guide beside it, be told that it worked, or why not
and what to do. Every page works without scripts.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.accounts.models import CredentialRejected
from jackfield.connect import linking
from jackfield.connect import sessions as connect
from jackfield.connect.models import (
    ConnectSessionUsed,
    ConnectTokenInvalid,
    IdentityChanged,
    InvalidFields,
    LinkedMeanwhile,
    SignInUnsupported,
)
from jackfield.connect.pending.models import PendingLink
from jackfield.connect.sessions import Offer
from jackfield.connect.sign_in import service as sign_ins
from jackfield.connect.sign_in.kept import SignInForm
from jackfield.connect.steps.models import LinkStep
from jackfield.connect.steps.service import note
from jackfield.kit.errors import EgressBlocked, HubError, ProviderError
from jackfield.ui.hub.connector_list import connector_list
from jackfield.ui.hub.form import Attempt, form
from jackfield.ui.hub.hub_request import HubRequest, load, unknown_session_page
from jackfield.ui.hub.result import done, ended, leaving, pending_result
from jackfield.ui.hub.sign_in import start_url
from jackfield.ui.posted_form import Form, read_form

_SHOWN_AT_THE_FORM: Final = (
    InvalidFields,
    SignInUnsupported,
    CredentialRejected,
    ProviderError,
    EgressBlocked,
    IdentityChanged,
    LinkedMeanwhile,
)


async def show(request: Request) -> Response:
    """Show the list of connectors, or the form if there is only one."""
    try:
        hub_request = await load(request)
    except ConnectTokenInvalid:
        return unknown_session_page(request)
    if hub_request.refusal is not None:
        return await _refused(hub_request, hub_request.refusal)
    note(hub_request.hub, hub_request.holder, LinkStep.OPENED)
    try:
        offers = await connect.offers(hub_request.hub, hub_request.holder)
        chosen = await _chosen(hub_request, offers)
        if chosen is None:
            return connector_list(hub_request, offers)
        # A sign-in that ended so leads back here, to ask which account is meant.
        is_other = "other" in request.query_params and chosen.method.signs_in
        refused = IdentityChanged(is_told=True) if is_other else None
        attempt = Attempt(await _prefill(hub_request, chosen), refused=refused)
    except HubError as refused:
        return ended(hub_request, refused)
    note(hub_request.hub, hub_request.holder, LinkStep.FORM, chosen.connector.key)
    return form(hub_request, chosen, attempt, is_alone=len(offers) == 1)


async def submit(request: Request) -> Response:
    """Link the account of the posted form, or show the form again."""
    try:
        hub_request = await load(request)
    except ConnectTokenInvalid:
        return unknown_session_page(request)
    if hub_request.refusal is not None:
        return await _refused(hub_request, hub_request.refusal)
    try:
        return await _submit(hub_request, await read_form(request))
    except HubError as refused:
        return ended(hub_request, refused)


async def note_close(request: Request) -> Response:
    """Note that an embedded Hub is gone before it linked an account."""
    try:
        hub_request = await load(request)
    except ConnectTokenInvalid:
        return Response(status_code=404)
    if hub_request.refusal is None and hub_request.is_framed:
        note(hub_request.hub, hub_request.holder, LinkStep.CLOSED)
    return Response(status_code=204)


async def _submit(hub_request: HubRequest, posted: Form) -> Response:
    """
    Return the page after a posted form.

    Raises:
        HubError: the form is no longer available.
    """
    offers = await connect.offers(hub_request.hub, hub_request.holder)
    offer = connect.choose(offers, hub_request.request.query_params.get("connector", ""))
    prefill = await _prefill(hub_request, offer)
    needs, typed = tuple(posted.all("_need")), posted.fields()
    refused = None
    if not posted.has("_refresh"):
        is_confirmed = posted.has("_confirm_identity")
        try:
            if offer.method.signs_in:
                return await _sign_in(hub_request, offer, prefill, typed, is_confirmed=is_confirmed)
            linked = await _link(hub_request, offer, prefill, typed, is_confirmed=is_confirmed)
        except _SHOWN_AT_THE_FORM as error:
            refused = error
        else:
            if isinstance(linked, PendingLink):
                return pending_result(hub_request, linked)
            return done(hub_request, linked)
    attempt = Attempt(prefill, typed, refused, needs=needs)
    return form(hub_request, offer, attempt, is_alone=len(offers) == 1)


async def _link(
    hub_request: HubRequest,
    offer: Offer,
    prefill: linking.Prefill | None,
    typed: dict[str, str],
    *,
    is_confirmed: bool,
) -> linking.LinkResult:
    if prefill is None:
        return await linking.link(
            hub_request.hub,
            hub_request.holder,
            offer=offer,
            submitted=typed,
            confirm_identity_change=is_confirmed,
        )
    return await linking.relink(
        hub_request.hub,
        hub_request.holder,
        account_id=prefill.account.id,
        submitted=typed,
        confirm_identity_change=is_confirmed,
    )


async def _sign_in(
    hub_request: HubRequest,
    offer: Offer,
    prefill: linking.Prefill | None,
    typed: dict[str, str],
    *,
    is_confirmed: bool,
) -> Response:
    """Prepare a sign-in at the provider, and return the page that leads there."""
    hub, holder = hub_request.hub, hub_request.holder
    if prefill is None:
        prepared = await linking.prepare_link(hub, holder, offer=offer, submitted=typed)
    else:
        prepared = await linking.prepare_relink(
            hub, holder, account_id=prefill.account.id, submitted=typed
        )
    sign_in, key = await sign_ins.prepare(
        hub,
        holder,
        prepared,
        form=SignInForm(
            "" if hub_request.is_framed else hub_request.url(connector=offer.profile.id),
            hub_request.theme.words.code,
            is_confirmed,
        ),
    )
    return leaving(hub_request, offer.connector, sign_in, start_url(hub_request.request, key))


async def _refused(hub_request: HubRequest, refusal: HubError) -> Response:
    """Return the page of a session that cannot be used; of a pending link, its status."""
    if isinstance(refusal, ConnectSessionUsed):
        link = await linking.find_pending(hub_request.hub, hub_request.holder)
        if link is not None:
            return pending_result(hub_request, link)
    return ended(hub_request, refusal)


async def _chosen(hub_request: HubRequest, offers: list[Offer]) -> Offer | None:
    """
    Return the offer whose form to show, or none to show the list.

    Raises:
        ProfileNotFound: the requested connector is not offered.
    """
    query = hub_request.request.query_params
    if "connector" in query:
        return connect.choose(offers, query["connector"])
    if "account" in query:
        prefill = await linking.prefill(hub_request.hub, hub_request.holder, query["account"])
        return next((o for o in offers if o.connector.key == prefill.account.provider), None)
    return offers[0] if len(offers) == 1 else None


async def _prefill(hub_request: HubRequest, offer: Offer) -> linking.Prefill | None:
    account_id = hub_request.request.query_params.get("account")
    if account_id is not None:
        prefill = await linking.prefill(hub_request.hub, hub_request.holder, account_id)
        return prefill if prefill.account.provider == offer.connector.key else None
    account = await connect.find_account_to_edit(
        hub_request.hub, hub_request.holder, offer.connector.key
    )
    if account is None or account.auth_method != offer.method.key:
        return None
    return await linking.prefill(hub_request.hub, hub_request.holder, account.id)
