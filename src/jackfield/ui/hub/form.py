"""The Hub's form, with the guide beside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from markupsafe import Markup
from starlette.responses import Response

from jackfield.accounts.models import CredentialRejected
from jackfield.connect import linking
from jackfield.connect.models import IdentityChanged
from jackfield.connect.sessions import Offer
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.auth import AuthMethod, Notice
from jackfield.connectors.connector import Connector
from jackfield.engine.exchange.failure import NOTHING_SAID
from jackfield.kit.errors import (
    EgressBlocked,
    Fault,
    HubError,
    ProviderError,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnavailable,
)
from jackfield.language.catalog import Words
from jackfield.ui.guide import form_guide, is_about_scopes
from jackfield.ui.hub.fields import FieldView, view_fields
from jackfield.ui.hub.hub_request import HubRequest
from jackfield.ui.page_theme import PageTheme
from jackfield.ui.rendering import base_path

_CREDENTIALS = "credentials."


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a form starts with, what was typed into it, and what came of that.

    `needs` are the actions the person wants the account for, as far as the guide goes.
    """

    prefill: linking.Prefill | None
    typed: Mapping[str, str] | None = None
    refused: HubError | None = None
    needs: tuple[str, ...] = ()

    @property
    def faults(self) -> dict[str, str]:
        faults: tuple[Fault, ...] = self.refused.faults if self.refused else ()
        return {fault.path.removeprefix(_CREDENTIALS): fault.message for fault in faults}

    @property
    def values(self) -> dict[str, str]:
        """Return what is filled in, as far as it is no secret kept."""
        known = dict(self.prefill.account.public_values) if self.prefill else {}
        return {**known, **(self.typed or {})}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong as a whole. `detail` is what the connector or the provider says of it."""

    text: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Notices:
    """A connector's remarks, by where they stand."""

    top: tuple[Notice, ...]
    bottom: tuple[Notice, ...]
    at: Mapping[str, tuple[Notice, ...]]

    @classmethod
    def of(cls, method: AuthMethod, fields: Iterable[FieldView]) -> "Notices":
        shown = {field.name for field in fields}
        known = {field.key for field in method.config_fields}
        # One that is about a field goes where the field goes, out of sight if need be.
        free = tuple(n for n in method.config_notices if n.anchor not in known)
        return cls(
            top=tuple(notice for notice in free if notice.position != "bottom"),
            bottom=tuple(notice for notice in free if notice.position == "bottom"),
            at={
                name: tuple(n for n in method.config_notices if n.anchor == name) for name in shown
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    template: ClassVar[str] = "hub/form.html"

    look: PageTheme
    connector: Connector
    method: AuthMethod
    owner: str
    # The labels of the actions that the account will be used for, where the session says so.
    purpose: tuple[str, ...]
    is_edit: bool
    is_broken: bool
    back: str | None
    action: str
    notices: Notices
    fields: tuple[FieldView, ...]
    faults: Mapping[str, str]
    problem: Problem | None
    identity: str | None
    guide: Markup
    guide_url: str
    selectable: tuple[ActionInfo, ...]
    needs: frozenset[str]
    expires_at: datetime


def form(visit: HubRequest, offer: Offer, attempt: Attempt, *, is_alone: bool) -> Response:
    look, connector, method = visit.theme, offer.connector, offer.method
    terms = visit.holder.session.terms
    fields = view_fields(
        method,
        attempt.prefill,
        words=look.words,
        typed=attempt.typed,
        faults=attempt.faults,
        trigger=visit.holder.session.external_trigger_token,
    )
    needed = terms.actions or attempt.needs
    scopes = connector.scopes_for(needed) if needed else None
    refused = attempt.refused
    place = f"{base_path(visit.hub)}/docs/connectors/{connector.key}/guides/link-account"
    return visit.page(
        FormPage(
            look=look,
            connector=connector,
            method=method,
            owner=terms.origin_owner_name,
            purpose=tuple(
                action.label for each in terms.actions if (action := connector.find_action(each))
            ),
            is_edit=attempt.prefill is not None,
            is_broken=attempt.prefill is not None and attempt.prefill.account.needs_relinking,
            back=None if is_alone else visit.url(),
            action=visit.url(connector=offer.profile.id),
            notices=Notices.of(method, fields),
            fields=fields,
            faults=attempt.faults,
            problem=_problem(look.words, refused, fields, connector.title),
            identity=_identity(look.words, refused, connector.title),
            guide=form_guide(method, scopes=scopes, values=attempt.values),
            guide_url=f"{place}/{method.key}?project={visit.holder.project_id}",
            selectable=() if terms.actions else _selectable(connector, offer),
            needs=frozenset(attempt.needs),
            expires_at=visit.holder.session.expires_at,
        ),
        status=200 if refused is None else refused.status,
    )


def _selectable(connector: Connector, offer: Offer) -> tuple[ActionInfo, ...]:
    """Return the actions to choose from, where the choice changes what the guide says."""
    if not is_about_scopes(offer.method):
        return ()
    return tuple(
        action
        for action in connector.actions
        if action.required_scopes and not action.is_internal and offer.profile.allows(action.id)
    )


def _problem(
    words: Words, refused: HubError | None, fields: Iterable[FieldView], provider: str
) -> Problem | None:
    """Say what is wrong as a whole; what a field says of itself is not said twice."""
    if refused is None or isinstance(refused, IdentityChanged):
        return None
    if any(field.error for field in fields):
        is_rejected = isinstance(refused, CredentialRejected)
        key = "problem.refused" if is_rejected else "problem.fields"
        return Problem(words(key, provider=provider))
    if isinstance(refused, CredentialRejected):
        said = None if refused.detail.startswith(NOTHING_SAID) else refused.detail
        return Problem(words("problem.rejected", provider=provider), said)
    if isinstance(refused, ProviderError | EgressBlocked):
        return Problem(words(_key(refused), provider=provider))
    return Problem(words("problem.fields"), refused.detail)


def _key(refused: ProviderError | EgressBlocked) -> str:
    match refused:
        case EgressBlocked():
            return "problem.blocked"
        case ProviderTimeout():
            return "problem.slow"
        case ProviderRateLimited():
            return "problem.busy"
        case ProviderUnavailable():
            return "problem.unreachable"
        case _:
            return "problem.other"


def _identity(words: Words, refused: HubError | None, provider: str) -> str | None:
    if not isinstance(refused, IdentityChanged):
        return None
    key = "identity.text" if refused.context["is_told"] else "identity.unknown"
    return words(key, provider=provider)
