"""
`/hub/*`: the API of the Hub page, authenticated by a connect token.

The shapes are those the published Hub component reads.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from jackfield.accounts.models import AccountNotFound, AccountStatus, CredentialRejected
from jackfield.connect import frames, linking
from jackfield.connect import sessions as connect
from jackfield.connect.form import FormField, static_fields
from jackfield.connect.linking import LinkResult
from jackfield.connect.models import (
    ConnectSessionExpired,
    ConnectSessionRevoked,
    ConnectSessionUsed,
    ConnectTokenInvalid,
    FrameId,
    IdentityChanged,
    InvalidFields,
    LinkedMeanwhile,
    OriginNotAllowed,
    SignInRequired,
    SignInUnsupported,
    TooManyAttempts,
)
from jackfield.connect.pending.models import PendingLink
from jackfield.connect.sessions import Offer
from jackfield.connect.steps.models import LinkStep
from jackfield.connect.steps.service import note
from jackfield.connectors.fields import Field
from jackfield.http.context import ConnectContext, connect_token
from jackfield.http.routing import Routes
from jackfield.kit.errors import ProviderTimeout, ProviderUnavailable
from jackfield.kit.ids import AccountId, ProfileId
from jackfield.kit.json import Json
from jackfield.profiles.models import ProfileNotFound

api = Routes(connect_token, tag="embedded")

SESSION_REFUSALS = (
    ConnectTokenInvalid,
    ConnectSessionExpired,
    ConnectSessionUsed,
    ConnectSessionRevoked,
    OriginNotAllowed,
)
_LINK_REFUSALS = (
    *SESSION_REFUSALS,
    ProfileNotFound,
    InvalidFields,
    SignInUnsupported,
    SignInRequired,
    CredentialRejected,
    IdentityChanged,
    LinkedMeanwhile,
    TooManyAttempts,
    ProviderUnavailable,
    ProviderTimeout,
)


class SettingsOut(Struct, frozen=True):
    enabled_features: tuple[str, ...] = ()
    existing_account_id: AccountId | UnsetType = UNSET


class IntegrationOut(Struct, frozen=True):
    active: bool
    name: str
    provider: str
    type: str
    version: str
    authentication_config_key: str
    environment: str
    integration_id: ProfileId
    logo_url: str


class IntegrationsOut(Struct, frozen=True):
    integrations: tuple[IntegrationOut, ...]
    external_trigger_token: str | UnsetType = UNSET


class OptionOut(Struct, frozen=True):
    label: str
    value: str


class ValidationOut(Struct, frozen=True):
    type: str
    pattern: str
    error: str


class FieldOut(Struct, frozen=True, rename="camel"):
    key: str
    label: str
    type: str
    required: bool
    secret: bool
    read_only: bool
    display: bool
    placeholder: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    tooltip: str | UnsetType = UNSET
    value: str | UnsetType = UNSET
    options: tuple[OptionOut, ...] | UnsetType = UNSET
    validation: ValidationOut | UnsetType = UNSET


class AssetsOut(Struct, frozen=True):
    icon: str


class SupportOut(Struct, frozen=True):
    link: str | None
    description: str | None


class NoticeOut(Struct, frozen=True):
    key: str
    type: str
    description: str
    position: str | UnsetType = UNSET
    anchor: str | UnsetType = UNSET


class ConfigOut(Struct, frozen=True, rename="camel"):
    key: str
    name: str
    type: str
    assets: AssetsOut
    support: SupportOut
    config_fields: tuple[FieldOut, ...]
    config_notices: tuple[NoticeOut, ...]
    grant_type: str | UnsetType = UNSET


class HubSettingsOut(Struct, frozen=True):
    configured_webhook_events: dict[str, Json] = msgspec.field(default_factory=dict[str, Json])
    project_settings: dict[str, Json] = msgspec.field(default_factory=dict[str, Json])


class FormOut(Struct, frozen=True):
    config: ConfigOut
    hub_settings: HubSettingsOut


_SUSPENDED = "The account is suspended: it runs nothing until it is resumed where that was done."
_Confirmed = Annotated[
    bool, Meta(description="Accept credentials of another account at the provider.")
]


class LinkIn(Struct, frozen=True):
    credentials: dict[str, str | int | float | bool | None]
    integration_id: str
    confirm_identity_change: _Confirmed = False

    def values(self) -> dict[str, str]:
        return _texts(self.credentials)


class RelinkIn(Struct, frozen=True):
    credentials: dict[str, str | int | float | bool | None]
    integration_id: str | None = None
    confirm_identity_change: _Confirmed = False

    def values(self) -> dict[str, str]:
        return _texts(self.credentials)


class LinkedOut(Struct, frozen=True):
    # The account's id, or the pending link's if the link still has to be confirmed.
    id: str
    provider: str
    status: Literal["linked", "pending"]
    suspended: Annotated[bool | UnsetType, Meta(description=_SUSPENDED)] = UNSET

    @classmethod
    def of(cls, linked: LinkResult) -> Self:
        if isinstance(linked, PendingLink):
            return cls(linked.id, linked.provider, "pending")
        is_suspended = linked.status is AccountStatus.SUSPENDED
        return cls(linked.id, linked.provider, "linked", is_suspended or UNSET)


class FrameOut(Struct, frozen=True):
    id: FrameId
    url: str
    expires_at: datetime


class PrefillOut(Struct, frozen=True, rename="camel"):
    secure_id: AccountId
    provider: str
    version: str
    integration_id: ProfileId
    setup_information: Mapping[str, str]
    secrets: Mapping[str, str]
    auth_config_key: str
    environment: str


class ConnectorsQuery(Struct, frozen=True):
    provider: str | None = None


@api.add("GET", "/hub/settings", raises=SESSION_REFUSALS)
async def get_hub_settings(ctx: ConnectContext) -> SettingsOut:
    """Return the account that the Hub should open for editing, if there is one."""
    terms = ctx.holder.session.terms
    note(ctx.hub, ctx.holder, LinkStep.OPENED)
    account = None
    if terms.account_id or terms.provider:
        account = await connect.find_account_to_edit(ctx.hub, ctx.holder, terms.provider or "")
    return SettingsOut(existing_account_id=UNSET if account is None else account.id)


@api.add("GET", "/hub/connectors", raises=SESSION_REFUSALS)
async def list_hub_connectors(ctx: ConnectContext, query: ConnectorsQuery) -> IntegrationsOut:
    """List the connectors that this session may link."""
    note(ctx.hub, ctx.holder, LinkStep.OPENED)
    offers = await connect.offers(ctx.hub, ctx.holder)
    return IntegrationsOut(
        tuple(
            _integration(ctx, offer)
            for offer in offers
            if query.provider in (None, offer.connector.key)
        ),
        ctx.holder.session.external_trigger_token or UNSET,
    )


@api.add("GET", "/hub/connectors/{profile_id}", raises=(*SESSION_REFUSALS, ProfileNotFound))
async def get_hub_connector(ctx: ConnectContext, profile_id: str) -> FormOut:
    """Return the form of a connector."""
    offer = await connect.offer(ctx.hub, ctx.holder, profile_id)
    note(ctx.hub, ctx.holder, LinkStep.FORM, offer.connector.key)
    return FormOut(_config(ctx, offer), HubSettingsOut())


@api.add("POST", "/hub/accounts", status=201, raises=_LINK_REFUSALS)
async def link_account(ctx: ConnectContext, body: LinkIn) -> LinkedOut:
    """Verify the credentials with the provider, and link the account."""
    offer = await connect.offer(ctx.hub, ctx.holder, body.integration_id)
    return LinkedOut.of(
        await linking.link(
            ctx.hub,
            ctx.holder,
            offer=offer,
            submitted=body.values(),
            confirm_identity_change=body.confirm_identity_change,
        )
    )


@api.add("GET", "/hub/accounts/{account_id}", raises=(*SESSION_REFUSALS, AccountNotFound))
async def get_hub_account(ctx: ConnectContext, account_id: str) -> PrefillOut:
    """Return the values of an account's form; of a secret only its last characters."""
    prefill = await linking.prefill(ctx.hub, ctx.holder, account_id)
    account = prefill.account
    return PrefillOut(
        secure_id=account.id,
        provider=account.provider,
        version=prefill.connector.version,
        integration_id=account.profile_id,
        setup_information=account.public_values,
        secrets={name: f"__secretvalue:**redacted**{tail}" for name, tail in prefill.tails.items()},
        auth_config_key=account.auth_method,
        environment=account.environment,
    )


@api.add("PATCH", "/hub/accounts/{account_id}", raises=(*_LINK_REFUSALS, AccountNotFound))
async def relink_account(ctx: ConnectContext, account_id: str, body: RelinkIn) -> LinkedOut:
    """Verify changed credentials with the provider, and save them; fields left out stay."""
    return LinkedOut.of(
        await linking.relink(
            ctx.hub,
            ctx.holder,
            account_id=account_id,
            submitted=body.values(),
            confirm_identity_change=body.confirm_identity_change,
        )
    )


@api.add("POST", "/hub/frames", status=201, raises=SESSION_REFUSALS)
async def open_frame(ctx: ConnectContext) -> FrameOut:
    """Return the address at which the requesting page may frame the Hub."""
    frame = await frames.open_frame(ctx.hub, ctx.holder, ctx.origin)
    url = f"{ctx.hub.public_url}/embedded/frames/{frame.id}"
    return FrameOut(frame.id, url, frame.expires_at)


def _integration(ctx: ConnectContext, offer: Offer) -> IntegrationOut:
    connector = offer.connector
    return IntegrationOut(
        active=True,
        name=connector.title,
        provider=connector.key,
        type=next(iter(connector.categories), ""),
        version=connector.version,
        authentication_config_key=offer.method.key,
        environment="production",
        integration_id=offer.profile.id,
        logo_url=ctx.hub.public_url + connector.icon_path,
    )


def _config(ctx: ConnectContext, offer: Offer) -> ConfigOut:
    connector, method = offer.connector, offer.method
    guide = (
        f"{ctx.hub.public_url}/docs/connectors/{connector.key}/guides/link-account/{method.key}"
        f"?project={ctx.holder.project_id}"
    )
    return ConfigOut(
        key=connector.key,
        name=connector.title,
        type="oauth2" if method.redirects else "custom",
        assets=AssetsOut(ctx.hub.public_url + connector.icon_path),
        support=SupportOut(
            # The guide of an internal connector is not shown either.
            method.support_link or (guide if connector.is_offered else None),
            method.support_description,
        ),
        config_fields=tuple(map(_field, static_fields(method))),
        config_notices=tuple(
            NoticeOut(
                notice.key,
                notice.type,
                notice.description,
                notice.position or UNSET,
                notice.anchor or UNSET,
            )
            for notice in method.config_notices
        ),
        # Of the two that the published Hub knows: a popup, or nothing but the fields.
        grant_type="authorization_code" if method.signs_in else method.grant_type or UNSET,
    )


def _field(form_field: FormField) -> FieldOut:
    field = form_field.field
    return FieldOut(
        key=field.key,
        label=field.label,
        type=field.type,
        required=field.required and form_field.is_certain,
        secret=field.secret,
        read_only=field.read_only,
        display=True,
        placeholder=field.placeholder or UNSET,
        description=field.description or UNSET,
        tooltip=field.tooltip or UNSET,
        value=form_field.value or UNSET,
        options=tuple(OptionOut(option.label, option.value) for option in field.options) or UNSET,
        validation=_validation(field),
    )


def _validation(field: Field) -> ValidationOut | UnsetType:
    if field.validation is None or field.validation.pattern is None:
        return UNSET
    message = field.validation.message or f"{field.label} does not have the expected form."
    return ValidationOut("html-pattern", field.validation.pattern, message)


def _texts(credentials: Mapping[str, str | float | bool | None]) -> dict[str, str]:
    """Return the values as strings, the only type of form fields."""
    texts: dict[str, str] = {}
    for name, value in credentials.items():
        if isinstance(value, bool):
            texts[name] = "true" if value else "false"
        elif value is not None:
            texts[name] = str(value)
    return texts
