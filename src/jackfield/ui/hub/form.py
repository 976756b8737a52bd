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
from jackfield.engine.exchange.failure import DEFAULT_MESSAGE
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
    """The initial values of a form, the values typed into it, and the error they led to.

    `needs` are the actions that the person chose to adapt the guide to.
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
        """Return the values in the form, without saved secrets."""
        saved = dict(self.prefill.account.public_values) if self.prefill else {}
        return {**saved, **(self.typed or {})}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error of the whole form; `detail` is the message of the connector or the provider."""

    text: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Notices:
    """A connector's notices by position."""

    top: tuple[Notice, ...]
    bottom: tuple[Notice, ...]
    at: Mapping[str, tuple[Notice, ...]]

    @classmethod
    def of(cls, method: AuthMethod, fields: Iterable[FieldView]) -> "Notices":
        visible = {field.name for field in fields}
        keys = {field.key for field in method.config_fields}
        # The notice of a field is hidden with the field.
        free = tuple(n for n in method.config_notices if n.anchor not in keys)
        return cls(
            top=tuple(notice for notice in free if notice.position != "bottom"),
            bottom=tuple(notice for notice in free if notice.position == "bottom"),
            at={
                name: tuple(n for n in method.config_notices if n.anchor == name)
                for name in visible
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    template: ClassVar[str] = "hub/form.html"

    look: PageTheme
    connector: Connector
    method: AuthMethod
    owner: str
    # The labels of the actions that the session restricts the account to.
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
    # Nothing for a connector whose guide is not public.
    guide_url: str | None
    selectable: tuple[ActionInfo, ...]
    needs: frozenset[str]
    expires_at: datetime


def form(hub_request: HubRequest, offer: Offer, attempt: Attempt, *, is_alone: bool) -> Response:
    look, connector, method = hub_request.theme, offer.connector, offer.method
    terms = hub_request.holder.session.terms
    fields = view_fields(
        method,
        attempt.prefill,
        words=look.words,
        typed=attempt.typed,
        faults=attempt.faults,
        trigger=hub_request.holder.session.external_trigger_token,
    )
    needed = terms.actions or attempt.needs
    scopes = connector.scopes_for(needed) if needed else None
    refused = attempt.refused
    place = f"{base_path(hub_request.hub)}/docs/connectors/{connector.key}/guides/link-account"
    return hub_request.page(
        FormPage(
            look=look,
            connector=connector,
            method=method,
            owner=hub_request.owner,
            purpose=tuple(
                action.label for each in terms.actions if (action := connector.find_action(each))
            ),
            is_edit=attempt.prefill is not None,
            is_broken=attempt.prefill is not None and attempt.prefill.account.needs_relinking,
            back=None if is_alone else hub_request.url(),
            action=hub_request.url(connector=offer.profile.id),
            notices=Notices.of(method, fields),
            fields=fields,
            faults=attempt.faults,
            problem=_problem(look.words, refused, fields, connector.title),
            identity=_identity(look.words, refused, connector.title),
            guide=form_guide(method, scopes=scopes, values=attempt.values),
            guide_url=(
                f"{place}/{method.key}?project={hub_request.holder.project_id}"
                if connector.is_offered
                else None
            ),
            selectable=() if terms.actions else _selectable(connector, offer),
            needs=frozenset(attempt.needs),
            expires_at=hub_request.holder.session.expires_at,
        ),
        status=200 if refused is None or attempt.typed is None else refused.status,
    )


def _selectable(connector: Connector, offer: Offer) -> tuple[ActionInfo, ...]:
    """Return the actions to choose from, if the guide depends on the choice."""
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
    """Return the error of the whole form, without repeating the errors of fields."""
    if refused is None or isinstance(refused, IdentityChanged):
        return None
    if any(field.error for field in fields):
        is_rejected = isinstance(refused, CredentialRejected)
        key = "problem.refused" if is_rejected else "problem.fields"
        return Problem(words(key, provider=provider))
    if isinstance(refused, CredentialRejected):
        detail = None if refused.detail.startswith(DEFAULT_MESSAGE) else refused.detail
        return Problem(words("problem.rejected", provider=provider), detail)
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
