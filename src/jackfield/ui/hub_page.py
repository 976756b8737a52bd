"""`/embedded/integrations`: the Hub, for whoever was sent an auth link.

Choose a connector, fill in its form with the guide beside it, be told that it worked, or why not
and what to do. Every page works without scripts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from jackfield.accounts.models import Account, CredentialRejected
from jackfield.connect import linking
from jackfield.connect import service as connect
from jackfield.connect.models import (
    ConnectSessionExpired,
    ConnectSessionUsed,
    ConnectToken,
    ConnectTokenInvalid,
    InvalidFields,
)
from jackfield.connect.repo import Holder
from jackfield.connect.service import Offer
from jackfield.kit.errors import EgressBlocked, Fault, HubError, ProviderError
from jackfield.profiles.models import ProfileNotFound
from jackfield.ui.fields import FieldView, view_fields
from jackfield.ui.forms import read_form
from jackfield.ui.guides import form_guide
from jackfield.ui.rendering import base_path, hub_of, page

_SHOWN_AT_THE_FORM: Final = (InvalidFields, CredentialRejected, ProviderError, EgressBlocked)
_CREDENTIALS: Final = "credentials."
_INITIALS: Final = frozenset({"ats", "crm", "hris", "iam", "lms"})


@dataclass(frozen=True, slots=True)
class _Card:
    profile_id: str
    key: str
    title: str
    categories: tuple[str, ...]
    is_found: bool


async def show(request: Request) -> Response:
    """Show the list of connectors, or the form where there is no choice to make."""
    try:
        holder, offers = await _enter(request)
    except HubError as ended:
        return _ended(request, ended)
    chosen = request.query_params.get("connector")
    if chosen is None and len(offers) == 1:
        chosen = offers[0].profile.id
    if chosen is None:
        return _list(request, holder, offers)
    offer = next((each for each in offers if each.profile.id == chosen), None)
    if offer is None:
        return _ended(request, ProfileNotFound())
    prefill = await _prefill(request, holder, offer)
    return _form(request, holder, offer, _Attempt(prefill), alone=len(offers) == 1)


async def submit(request: Request) -> Response:
    """Link the account that the posted form describes."""
    hub = hub_of(request)
    try:
        holder, offers = await _enter(request)
        offer = await connect.offer(hub, holder, request.query_params.get("connector", ""))
        prefill = await _prefill(request, holder, offer)
    except HubError as ended:
        return _ended(request, ended)
    typed = await read_form(request)
    try:
        if prefill is None:
            account = await linking.link(hub, holder, profile_id=offer.profile.id, submitted=typed)
        else:
            account = await linking.relink(
                hub, holder, account_id=prefill.account.id, submitted=typed
            )
    except _SHOWN_AT_THE_FORM as refused:
        attempt = _Attempt(prefill, typed, refused)
        return _form(request, holder, offer, attempt, alone=len(offers) == 1)
    except HubError as ended:
        return _ended(request, ended)
    return _done(request, offer, account)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What a form starts with, what was typed into it, and what came of that."""

    prefill: linking.Prefill | None
    typed: Mapping[str, str] | None = None
    refused: HubError | None = None

    def problem(self, fields: Iterable[FieldView], provider: str) -> str | None:
        """Say what is wrong as a whole; what a field says of itself is not said twice."""
        if self.refused is None:
            return None
        if any(field.error for field in fields):
            if isinstance(self.refused, CredentialRejected):
                return f"{provider} did not accept this. What to do stands at the field."
            return "Please look at the fields marked below."
        if isinstance(self.refused, CredentialRejected):
            return self.refused.detail
        said = self.refused.detail.rstrip(".")
        return f"{said[:1].upper()}{said[1:]}. Nothing was saved; please try again in a moment."

    @property
    def faults(self) -> dict[str, str]:
        faults: tuple[Fault, ...] = self.refused.faults if self.refused else ()
        return {fault.path.removeprefix(_CREDENTIALS): fault.message for fault in faults}


async def _enter(request: Request) -> tuple[Holder, list[Offer]]:
    hub = hub_of(request)
    holder = await connect.hold(hub, ConnectToken(request.query_params.get("token", "")))
    offers = await connect.offers(hub, holder)
    return holder, offers


async def _prefill(request: Request, holder: Holder, offer: Offer) -> linking.Prefill | None:
    hub = hub_of(request)
    account = await connect.find_existing(hub, holder, offer.connector.key)
    if account is None or account.auth_method != offer.method.key:
        return None
    return await linking.prefill(hub, holder, account.id)


def _here(request: Request) -> str:
    token = quote(request.query_params.get("token", ""))
    return f"{base_path(hub_of(request))}/embedded/integrations?token={token}"


def _list(request: Request, holder: Holder, offers: list[Offer]) -> Response:
    text, category = request.query_params.get("q", ""), request.query_params.get("category", "")
    words = text.lower().split()
    cards = [
        _Card(
            offer.profile.id,
            offer.connector.key,
            offer.connector.title,
            tuple(map(category_label, offer.connector.categories)),
            is_found=all(
                word in f"{offer.connector.title} {' '.join(offer.connector.categories)}".lower()
                for word in words
            ),
        )
        for offer in offers
        if not category or category in offer.connector.categories
    ]
    return page(
        request,
        "hub/list.html",
        owner=holder.session.terms.origin_owner_name,
        token=request.query_params.get("token", ""),
        here=_here(request),
        text=text,
        category=category,
        categories={
            each: category_label(each)
            for offer in offers
            for each in sorted(offer.connector.categories)
        },
        connectors=cards,
    )


def category_label(key: str) -> str:
    """Return how people call a category: initials as they are, words with a capital."""
    return key.upper() if key in _INITIALS else key.replace("_", " ").capitalize()


def _form(
    request: Request, holder: Holder, offer: Offer, attempt: _Attempt, *, alone: bool
) -> Response:
    refused, faults = attempt.refused, attempt.faults
    fields: tuple[FieldView, ...] = view_fields(
        offer.method, attempt.prefill, typed=attempt.typed, faults=faults
    )
    status = 200 if refused is None else refused.status
    return page(
        request,
        "hub/form.html",
        status=status,
        connector=offer.connector,
        owner=holder.session.terms.origin_owner_name,
        is_edit=attempt.prefill is not None,
        back=None if alone else _here(request),
        action=f"{_here(request)}&connector={quote(offer.profile.id)}",
        notices=offer.method.config_notices,
        fields=fields,
        faults=faults,
        problem=attempt.problem(fields, offer.connector.title),
        guide=form_guide(offer.method),
    )


def _done(request: Request, offer: Offer, account: Account) -> Response:
    labels = {field.key: field for field in offer.method.config_fields}
    details = [
        (field.label, next((o.label for o in field.options if o.value == value), value))
        for name, value in account.setup_information.items()
        if (field := labels.get(name)) is not None
    ]
    return page(
        request, "hub/done.html", connector=offer.connector, account=account, details=details
    )


def _ended(request: Request, error: HubError) -> Response:
    """Explain why there is nothing to fill in, and what helps."""
    status, title, explanation = 404, "This link does not work", "It is incomplete or was mistyped."
    what_to_do = "Open the link again exactly as it was sent to you, or ask for a new one."
    if isinstance(error, ConnectSessionUsed):
        status, title = 410, "This link has been used"
        explanation = "An account was connected with it, so there is nothing left to do here."
        what_to_do = "To connect another account, ask whoever sent you the link for a new one."
    elif isinstance(error, ConnectSessionExpired):
        status, title = 410, "This link has expired"
        explanation = "For safety, links to connect an account work for a limited time only."
        what_to_do = "Ask whoever sent you the link for a new one."
    elif not isinstance(error, ConnectTokenInvalid):
        status, title = error.status, "This cannot be connected"
        explanation = f"{error.detail[:1].upper()}{error.detail[1:].rstrip('.')}."
        what_to_do = "Ask whoever sent you the link for a new one."
    return page(
        request,
        "hub/ended.html",
        status=status,
        title=title,
        explanation=explanation,
        what_to_do=what_to_do,
    )
