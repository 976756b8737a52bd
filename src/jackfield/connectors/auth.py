"""Auth methods of a connector."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Final, Literal, TypeAlias, cast, get_args

from jackfield.connectors.auth_actions import (
    Identity,
    Probe,
    Refresh,
    read_identity,
    read_probes,
    read_refresh,
)
from jackfield.connectors.compilation import Compilation
from jackfield.connectors.consoles import chosen_consoles
from jackfield.connectors.credential_errors import KnownError, read_known_errors
from jackfield.connectors.field_validation import (
    Checked,
    check_credentials,
    visible_fields,
)
from jackfield.connectors.fields import Field, read_field
from jackfield.connectors.guides import Guide, linking_section, read_guide, select
from jackfield.connectors.operator_secrets import find_action, may_send
from jackfield.connectors.permissions import PermissionProbe, read_permissions
from jackfield.connectors.revocation import Revocation, read_revocation
from jackfield.connectors.tenants import TENANT_NAME, Tenants, read_tenants
from jackfield.engine.address_credentials import names_in
from jackfield.engine.oauth.mcp_settings import McpSettings, compile_mcp, mcp_oauth
from jackfield.engine.oauth.oauth1 import OAuth1Settings, compile_oauth1_sign_in
from jackfield.engine.oauth.second_token import SecondToken
from jackfield.engine.oauth.settings import OAuthSettings, compile_oauth
from jackfield.kit.errors import ProviderError
from jackfield.kit.json import Json, items, mapping, text, words

AuthType: TypeAlias = Literal["custom", "oauth2", "oauth1", "mcp"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A remark in the form; `anchor` is the key of the field it is shown at."""

    key: str
    type: str
    description: str
    position: str
    anchor: str | None


@dataclass(frozen=True, slots=True)
class Environment:
    key: str
    name: str


_CREDENTIAL: Final = re.compile(r"\bcredentials(?:\.|\[['\"])([\w-]+)")


@dataclass(frozen=True, eq=False)
class AuthMethod:
    """One way of authenticating.

    The user fills in `config_fields` to link an account, the operator fills in `setup_fields` once.
    `authorization`, `authorization_flow` and `certificates` are the document's, for what OAuth needs
    before there is a token.
    """

    key: str
    label: str
    type: AuthType
    grant_type: str
    config_fields: tuple[Field, ...]
    setup_fields: tuple[Field, ...]
    config_notices: tuple[Notice, ...]
    config_guide: Guide | None
    setup_guide: Guide | None
    support_link: str | None
    support_description: str | None
    required_scopes: tuple[str, ...]
    environments: tuple[Environment, ...]
    test_actions: tuple[Probe, ...]
    identity: Identity | None
    tenants: Tenants | None
    permissions: tuple[PermissionProbe, ...]
    known_errors: tuple[KnownError, ...]
    revocation: Revocation | None
    refresh: Refresh | None
    authorization: Mapping[str, Json]
    authorization_flow: Mapping[str, Json]
    certificates: Mapping[str, Json]
    compilation: Compilation = field(repr=False)

    @property
    def ready(self) -> bool:
        """Whether accounts can be linked without any setup by the operator."""
        return not self.setup_fields

    @cached_property
    def oauth(self) -> OAuthSettings | None:
        """How accounts get tokens from the provider; `None` if the connector does not say."""
        if self.mcp is not None:
            return mcp_oauth()
        if self.oauth1 is not None:
            return self.oauth1.lasting
        if text(self.authorization, "type") != "oauth2":
            return None
        mode = self.compilation.connector.mode
        return compile_oauth(self.authorization, self.grant_type, mode, self.certificates or None)

    @cached_property
    def mcp(self) -> McpSettings | None:
        """How accounts sign in to an MCP server; `None` if they do not, or it is not named."""
        if self.type != "mcp" or not self.authorization_flow.get("serverUrl"):
            return None
        return compile_mcp(self.authorization_flow, self.compilation.connector.mode)

    @cached_property
    def oauth1(self) -> OAuth1Settings | None:
        """How accounts sign in by OAuth 1.0a; `None` if they do not."""
        if self.type != "oauth1":
            return None
        return compile_oauth1_sign_in(self.authorization, self.compilation.connector.mode)

    @property
    def redirects(self) -> bool:
        """Whether the user is sent to the provider's own sign-in page."""
        return self.needs_tokens and self._by("authorization_code")

    @property
    def shows_code(self) -> bool:
        """Whether the user is shown a code, to be entered on the provider's page."""
        return self.needs_tokens and self._by("device_code")

    @property
    def signs_in(self) -> bool:
        """Whether the user signs in at the provider, in either way."""
        return self.redirects or self.shows_code

    @cached_property
    def needs_tokens(self) -> bool:
        """Whether requests carry something that no field asks for, and the provider has to give."""
        fields = {field.key for field in (*self.config_fields, *self.setup_fields)}
        if self.type == "custom":
            # What steps carry beside the authorization cannot be told.
            named = _CREDENTIAL.findall(str(self.authorization))
            return self.refresh is not None and (not named or not fields.issuperset(named))
        is_signed = self.type == "oauth1"
        carrier = mapping(self.authorization, "signing") if is_signed else self.authorization
        named = _CREDENTIAL.findall(text(carrier, "token"))
        return bool(named) and fields.isdisjoint(named)

    @property
    def gets_tokens_alone(self) -> bool:
        """Whether the fields are enough to get the tokens that requests carry."""
        return self.needs_tokens and not self.signs_in and self.gives_tokens

    @property
    def second_token(self) -> SecondToken | None:
        """The second token that a sign-in may give; `None` if the connector renews all in steps."""
        return None if self.oauth is None or self.refresh else self.oauth.answer.second

    @property
    def refresh_margin(self) -> timedelta | None:
        """How long before it expires an access token may be renewed, if the connector says."""
        seconds = self.authorization.get("refreshMargin")
        return timedelta(seconds=seconds) if isinstance(seconds, int | float) else None

    @property
    def gives_tokens(self) -> bool:
        """Whether the connector says how to get the tokens that requests carry."""
        if self.mcp is not None:
            return True
        if self.type == "oauth1":
            return bool(self.authorization.get("signIn"))
        if self._by("authorization_code"):
            return bool(self.authorization.get("authorizationUrl"))
        if self._by("device_code"):
            return bool(self.authorization.get("deviceAuthorizationUrl"))
        return self.refresh is not None or bool(self.authorization.get("tokenUrl"))

    def _by(self, grant_type: str) -> bool:
        # Of a `custom` method the grant type says nothing.
        return self.type != "custom" and self.grant_type == grant_type

    def has_own_app(self, credentials: Mapping[str, str]) -> bool:
        """Whether the OAuth app that the provider knows an account by is not the profile's."""
        return not self.setup_fields or (self.mcp is not None and not credentials.get("clientId"))

    def typed_beside_setup(
        self, values: Mapping[str, str], action: str | Mapping[str, Json] | None = None
    ) -> frozenset[str]:
        """
        Return the fields that a person types, if the operator's secrets are sent along.

        They are with requests for tokens, and with an `action` that names them. An account's own
        secrets go where its user says, but those of the operator do not.
        """
        secrets = frozenset(
            each.key for each in self.setup_fields if each.secret and values.get(each.key)
        )
        if not secrets or (action is not None and not self._may_send(action, secrets)):
            return frozenset()
        return frozenset(field.key for field in self.config_fields if not field.options)

    def _may_send(self, action: str | Mapping[str, Json], secrets: frozenset[str]) -> bool:
        known = self._sending.get((action, secrets)) if isinstance(action, str) else None
        if known is None:
            found = find_action(self.compilation.document, action)
            known = may_send(found, self.authorization, secrets)
        if isinstance(action, str):
            self._sending[action, secrets] = known
        return known

    @cached_property
    def _sending(self) -> dict[tuple[str, frozenset[str]], bool]:
        return {}

    def labeled(self, values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Return the labels and values of fields that the form has, and of the tenant, as chosen."""
        fields = {field.key: field for field in self.config_fields}
        labeled = tuple(
            (field.label, next((o.label for o in field.options if o.value == value), value))
            for name, value in values.items()
            if (field := fields.get(name)) is not None
        )
        if self.tenants is None or TENANT_NAME not in values:
            return labeled
        return (*labeled, (self.tenants.label, values[TENANT_NAME]))

    @property
    def client_fields(self) -> frozenset[str]:
        """The fields a user fills in that say who asks for tokens, where each brings an own app."""
        content = self.authorization
        parts = [
            content.get("clientId", "$.credentials.clientId"),
            content.get("clientSecret", "$.credentials.clientSecret"),
            mapping(content, "clientAssertion").get("key"),
        ]
        named = {name for each in parts for name in _CREDENTIAL.findall(str(each))}
        return frozenset[str]().union(*map(self.typed_for, named))

    def typed_for(self, name: str) -> frozenset[str]:
        """Return the fields a user fills in that a credential is, or is worked out from."""
        fields = {each.key: each for each in self.config_fields}
        found, seen, waiting = set[str](), set[str](), [name]
        while waiting:
            field = fields.get(waiting.pop())
            if field is None or field.key in seen:
                continue
            seen.add(field.key)
            if field.computed:
                waiting += names_in(field.value or "")[0]
            else:
                found.add(field.key)
        return frozenset(found)

    def find_known(self, error: ProviderError, credentials: Mapping[str, str]) -> KnownError | None:
        """Return the known refusal that an error is, if it is one."""
        return next((each for each in self.known_errors if each.matches(error, credentials)), None)

    def field_of_step(self, title: str) -> str | None:
        """Return the field that a step of the guide for linking is about, if it is about one."""
        sections = () if self.config_guide is None else self.config_guide.sections
        steps = (step for section in sections for step in section.steps if step.title == title)
        return next((step.field for step in steps), None)

    def visible(self, credentials: Mapping[str, str]) -> tuple[Field, ...]:
        """Return the fields to show for the values entered so far."""
        return visible_fields(self.config_fields, credentials)

    def link_guide(
        self,
        *,
        scopes: Collection[str] | None = None,
        values: Mapping[str, str] | None = None,
    ) -> Guide:
        """Return the guide for linking an account, without the parts for other scopes than `scopes`.

        Links lead to the consoles chosen in `values`. The last section is about the hub's own form.
        """
        labels = [field.label for field in self.config_fields if not field.computed]
        own = self.config_guide or Guide(())
        closing = linking_section(labels, signs_in=self.signs_in)
        guide = replace(own, sections=(*own.sections, closing))
        guide = chosen_consoles(guide, self.config_fields, values or {})
        return guide if scopes is None else select(guide, scopes)

    def check(self, credentials: Mapping[str, object]) -> Checked:
        """Check all values a user filled in."""
        return check_credentials(self.config_fields, credentials)

    def check_setup(self, setup: Mapping[str, object]) -> Checked:
        """Check all values an operator filled in."""
        return check_credentials(self.setup_fields, setup, root="setup")


def read_auth_method(
    key: str, entry: Mapping[str, Json], *, compilation: Compilation
) -> AuthMethod:
    support = mapping(entry, "support")
    guides = mapping(support, "guides")
    kind = text(entry, "type")
    return AuthMethod(
        key=key,
        label=text(entry, "label"),
        type=cast("AuthType", kind) if kind in get_args(AuthType) else "custom",
        grant_type=text(entry, "grantType") or "authorization_code",
        config_fields=tuple(map(read_field, items(entry, "configFields"))),
        setup_fields=tuple(map(read_field, items(entry, "setupFields"))),
        config_notices=tuple(map(_notice, items(entry, "configNotices"))),
        config_guide=read_guide(mapping(guides, "config")),
        setup_guide=read_guide(mapping(guides, "setup")),
        support_link=text(support, "link") or None,
        support_description=text(support, "description") or None,
        required_scopes=tuple(words(entry.get("requiredScopes"))),
        environments=_environments(entry),
        test_actions=read_probes(entry, compilation),
        identity=read_identity(mapping(entry, "identity"), compilation),
        tenants=read_tenants(entry, compilation),
        permissions=read_permissions(entry, compilation),
        known_errors=read_known_errors(entry, compilation),
        revocation=read_revocation(entry, compilation),
        refresh=read_refresh(mapping(entry, "refreshAuthentication"), compilation),
        authorization=mapping(entry, "authorization"),
        authorization_flow=mapping(entry, "authorizationFlow"),
        certificates=mapping(entry, "certificates"),
        compilation=compilation,
    )


def _environments(entry: Mapping[str, Json]) -> tuple[Environment, ...]:
    declared = tuple(
        Environment(text(each, "key"), text(each, "name")) for each in items(entry, "environments")
    )
    return declared or (Environment("production", "Production"),)


def _notice(entry: Mapping[str, Json]) -> Notice:
    return Notice(
        key=text(entry, "key"),
        type=text(entry, "type"),
        description=text(entry, "description"),
        position=text(entry, "position") or "top",
        anchor=text(entry, "anchor") or None,
    )
