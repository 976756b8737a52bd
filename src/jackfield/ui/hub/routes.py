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
)
from jackfield.connect.pending.models import PendingLink
from jackfield.connect.sessions import Offer
from jackfield.kit.errors import EgressBlocked, HubError, ProviderError
from jackfield.ui.hub.connector_list import connector_list
from jackfield.ui.hub.form import Attempt, form
from jackfield.ui.hub.hub_request import HubRequest, load, unknown_session_page
from jackfield.ui.hub.result import done, ended, pending_result
from jackfield.ui.posted_form import Form, read_form

_SHOWN_AT_THE_FORM: Final = (
    InvalidFields,
    CredentialRejected,
    ProviderError,
    EgressBlocked,
    IdentityChanged,
)


async def show(request: Request) -> Response:
    """Show the list of connectors, or the form where there is no choice to make."""
    try:
        visit = await load(request)
    except ConnectTokenInvalid:
        return unknown_session_page(request)
    if visit.refusal is not None:
        return await _refused(visit, visit.refusal)
    try:
        offers = await connect.offers(visit.hub, visit.holder)
        chosen = await _chosen(visit, offers)
        if chosen is None:
            return connector_list(visit, offers)
        attempt = Attempt(await _prefill(visit, chosen))
    except HubError as refused:
        return ended(visit, refused)
    return form(visit, chosen, attempt, is_alone=len(offers) == 1)


async def submit(request: Request) -> Response:
    """Link the account that the posted form describes, or show the form that it asks for."""
    try:
        visit = await load(request)
    except ConnectTokenInvalid:
        return unknown_session_page(request)
    if visit.refusal is not None:
        return await _refused(visit, visit.refusal)
    try:
        return await _answer(visit, await read_form(request))
    except HubError as refused:
        return ended(visit, refused)


async def _answer(visit: HubRequest, posted: Form) -> Response:
    """
    Answer a form that was sent.

    Raises:
        HubError: there is nothing to fill in any more.
    """
    offers = await connect.offers(visit.hub, visit.holder)
    offer = connect.choose(offers, visit.request.query_params.get("connector", ""))
    prefill = await _prefill(visit, offer)
    needs, typed = tuple(posted.all("_need")), posted.fields()
    refused = None
    if not posted.has("_refresh"):
        is_confirmed = posted.has("_confirm_identity")
        try:
            linked = await _link(visit, offer, prefill, typed, is_confirmed=is_confirmed)
        except _SHOWN_AT_THE_FORM as error:
            refused = error
        else:
            if isinstance(linked, PendingLink):
                return pending_result(visit, linked)
            return done(visit, linked)
    attempt = Attempt(prefill, typed, refused, needs=needs)
    return form(visit, offer, attempt, is_alone=len(offers) == 1)


async def _link(
    visit: HubRequest,
    offer: Offer,
    prefill: linking.Prefill | None,
    typed: dict[str, str],
    *,
    is_confirmed: bool,
) -> linking.LinkResult:
    if prefill is None:
        return await linking.link(
            visit.hub,
            visit.holder,
            offer=offer,
            submitted=typed,
            confirm_identity_change=is_confirmed,
        )
    return await linking.relink(
        visit.hub,
        visit.holder,
        account_id=prefill.account.id,
        submitted=typed,
        confirm_identity_change=is_confirmed,
    )


async def _refused(visit: HubRequest, refusal: HubError) -> Response:
    """A session whose link waits to be confirmed tells what became of it."""
    if isinstance(refusal, ConnectSessionUsed):
        link = await linking.find_pending(visit.hub, visit.holder)
        if link is not None:
            return pending_result(visit, link)
    return ended(visit, refusal)


async def _chosen(visit: HubRequest, offers: list[Offer]) -> Offer | None:
    """
    Return the offer whose form is wanted, if there is no choice left to make.

    Raises:
        ProfileNotFound: the one that is asked for is not offered.
    """
    asked = visit.request.query_params
    if "connector" in asked:
        return connect.choose(offers, asked["connector"])
    if "account" in asked:
        prefill = await linking.prefill(visit.hub, visit.holder, asked["account"])
        wanted = [each for each in offers if each.connector.key == prefill.account.provider]
        return wanted[0] if wanted else None
    return offers[0] if len(offers) == 1 else None


async def _prefill(visit: HubRequest, offer: Offer) -> linking.Prefill | None:
    asked = visit.request.query_params.get("account")
    if asked is not None:
        prefill = await linking.prefill(visit.hub, visit.holder, asked)
        return prefill if prefill.account.provider == offer.connector.key else None
    account = await connect.find_account_to_edit(visit.hub, visit.holder, offer.connector.key)
    if account is None or account.auth_method != offer.method.key:
        return None
    return await linking.prefill(visit.hub, visit.holder, account.id)
