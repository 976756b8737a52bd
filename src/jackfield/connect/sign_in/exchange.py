"""The conversation of a sign-in with the provider: its page, its code, its tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import structlog

from jackfield.accounts.credentials import Credentials, secrets_of
from jackfield.accounts.provider import safe
from jackfield.accounts.renewal.source import request_for
from jackfield.accounts.token_endpoint import token_endpoint
from jackfield.accounts.tokens.store import secret_values
from jackfield.accounts.verification import account_of, at_provider
from jackfield.connect import linking
from jackfield.connect import sessions as connect
from jackfield.connect.linking import Prepared
from jackfield.connect.repo import Holder
from jackfield.connect.sent_codes import service as sent_codes
from jackfield.connect.sent_codes.models import CodeNotSent
from jackfield.connect.sign_in.kept import Kept
from jackfield.connect.sign_in.mcp_server import McpServer
from jackfield.connect.sign_in.models import (
    SignIn,
    SignInDenied,
    SignInFailed,
    SignInNotApproved,
    State,
)
from jackfield.connectors.connector import Connector
from jackfield.engine.oauth.device import DeviceCode, Waiting
from jackfield.engine.oauth.oauth1 import oauth2_callback, request_temporary_token
from jackfield.engine.oauth.settings import OAuthSettings
from jackfield.engine.oauth.sign_in import (
    CallbackRefused,
    SignInAnswer,
    SignInRequest,
    awaited_by,
    new_request,
    read_callback,
    require_issuer,
    sign_in_url,
)
from jackfield.engine.oauth.token_endpoint import TokenEndpoint, can_renew
from jackfield.engine.oauth.tokens import Tokens
from jackfield.kit import redaction
from jackfield.kit.errors import EgressBlocked, HubError
from jackfield.profiles import service as profiles
from jackfield.runtime import Hub

_DENIED: Final = frozenset(
    {"access_denied", "user_denied", "consent_denied", "user_cancelled_login"}
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Conversation:
    """A sign-in with what it is for, as profile and connector are now."""

    hub: Hub
    holder: Holder
    prepared: Prepared

    @classmethod
    async def of(
        cls, hub: Hub, holder: Holder, sign_in: SignIn, values: Mapping[str, str]
    ) -> "Conversation":
        """
        Return it for the values that were typed.

        Raises:
            AccountNotFound, ProfileNotFound: the session may not link this any more.
        """
        if sign_in.account_id is not None:
            account_id = sign_in.account_id
            prepared = await linking.relink_with(hub, holder, account_id=account_id, values=values)
            return cls(hub, holder, prepared)
        offer = await connect.offer(hub, holder, sign_in.profile_id or "")
        prepared = await linking.link_with(hub, holder, offer=offer, values=values)
        return cls(hub, holder, prepared)

    async def begin(self, state: State) -> tuple[str, SignInRequest, Mapping[str, str]]:
        """
        Return the address of the provider's sign-in page, and what the sign-in is begun with.

        The last are credentials that the provider told.

        Raises:
            EgressBlocked: the connector does not declare its host.
            HubError: the connector or its setup does not make an address.
        """
        hub, candidate = self.hub, self.prepared.candidate
        back = redirect_uri(hub, candidate.connector)
        endpoint, credentials = await self._endpoint({})
        settings, told = endpoint.settings, dict[str, str]()
        try:
            if candidate.method.mcp is not None:
                server = McpServer(hub, self.holder.actor, candidate, endpoint, back)
                endpoint, told = await server.discover()
            request = new_request(
                settings,
                endpoint.scope,
                redirect_uri=back,
                scopes=self._scopes(settings.wanted_scopes(endpoint.scope)),
                state=state.reveal(),
            )
            if candidate.method.oauth1 is not None:
                oauth1 = candidate.method.oauth1
                endpoint, told = await request_temporary_token(oauth1, endpoint, request)
        except HubError as error:
            raise safe(error, credentials.redactor) from None
        url = sign_in_url(settings, endpoint.scope, request)
        if not endpoint.allows(url):
            msg = "the connector does not declare the host of the sign-in page"
            raise EgressBlocked(msg)
        return hub.rewrites.rewrite(url) or url, request, told

    @property
    def shows_code(self) -> bool:
        return self.prepared.candidate.method.shows_code

    async def request_device_code(self) -> DeviceCode:
        """
        Get the code that the user enters on the provider's page.

        Raises:
            ProviderError: the provider gives none.
        """
        endpoint, credentials = await self._endpoint({})
        scopes = self._scopes(endpoint.settings.wanted_scopes(endpoint.scope))
        try:
            return await endpoint.request_device_code(scopes)
        except HubError as error:
            raise safe(error, credentials.redactor) from None

    async def poll_device(self, device: DeviceCode) -> tuple[Prepared, list[str]] | Waiting:
        """
        Ask for the tokens of a code, which has been entered or not; return as `finish`.

        Raises:
            ProviderError: the provider gives none for it any more, or does not say.
        """
        endpoint, credentials = await self._endpoint({})
        # Providers quote what they refuse, and it may still be good for tokens.
        credentials.redactor.learn(device.code)
        try:
            found = await endpoint.poll_device(device)
        except HubError as error:
            raise safe(error, credentials.redactor) from None
        return found if isinstance(found, Waiting) else self._with_tokens(found, device.scopes)

    async def finish(self, kept: Kept, parameters: Mapping[str, str]) -> tuple[Prepared, list[str]]:
        """
        Exchange the code for tokens; return the scopes that are missing, too.

        Raises:
            SignInDenied, SignInFailed, CallbackRefused: there is no code.
            CodeNotSent: the provider sends it by webhook, and has not yet.
            ProviderError: the provider gives no tokens for it.
        """
        request, candidate = kept.request, self.prepared.candidate
        assert request is not None
        assert candidate.method.oauth is not None
        if candidate.method.oauth1 is not None:
            parameters = oauth2_callback(parameters)
        answer = await self._with_sent_code(
            read_callback(candidate.method.oauth.callback, parameters)
        )
        endpoint, credentials = await self._endpoint({**kept.told, **answer.values})
        require_issuer(endpoint.settings, endpoint.scope, answer)
        _require_code(endpoint.settings, answer, candidate.connector.title)
        for secret in (answer.code, request.verifier, *secret_values(kept.told)):
            credentials.redactor.learn(secret)
        try:
            tokens = await endpoint.exchange_code(request, answer)
        except HubError as error:
            raise safe(error, credentials.redactor) from None
        tokens = replace(tokens, values={**kept.told, **answer.values, **tokens.values})
        if endpoint.settings.renews_at_once:
            account = await account_of(self.hub, replace(candidate, tokens=tokens))
            renewed = await request_for(self.hub, account, candidate.method)
            second = renewed.second or tokens.second
            tokens = replace(renewed.after(tokens.values), second=second)
        return self._with_tokens(tokens, request.scopes)

    async def _with_sent_code(self, answer: SignInAnswer) -> SignInAnswer:
        oauth, profile = self.prepared.candidate.method.oauth, self.prepared.candidate.profile
        assert oauth is not None
        installation = awaited_by(oauth.callback, answer)
        if not installation:
            return answer
        async with self.hub.db.write(self.holder.project_id, self.holder.actor) as tx:
            code = await sent_codes.take(tx, self.hub, profile.id, installation)
        if code is None:
            raise CodeNotSent(installation)
        return replace(answer, code=code)

    def _with_tokens(self, tokens: Tokens, asked: tuple[str, ...]) -> tuple[Prepared, list[str]]:
        granted = set(asked if tokens.scopes is None else tokens.scopes)
        missing = [each for each in asked if each not in granted]
        candidate = replace(self.prepared.candidate, tokens=tokens)
        method, oauth = candidate.method, candidate.method.oauth
        is_renewed = method.refresh is not None or (oauth and can_renew(oauth, tokens.values))
        if tokens.expires_at is not None and not is_renewed:
            _log.warning("no_refresh_token", profile_id=candidate.profile.id)
        return replace(self.prepared, candidate=candidate), missing

    async def _endpoint(self, told: Mapping[str, str]) -> tuple[TokenEndpoint, Credentials]:
        """Return the provider's token endpoint, with the credentials at hand and those it told."""
        candidate = self.prepared.candidate
        async with self.hub.db.read(candidate.project_id) as tx:
            setup = await profiles.current_setup_of(tx, self.hub, candidate.profile.id)
        secrets = secrets_of(candidate.method, candidate.values).values()
        values = {**candidate.values, **told}
        credentials = Credentials.of(values, secrets=secrets, setup=setup)
        redaction.learn(credentials.redactor)
        account = at_provider(candidate, credentials)
        return token_endpoint(self.hub, account, candidate.method), credentials

    def _scopes(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        """
        Return the scopes to ask for: of those of actions, what the session's actions need.

        One is not asked for beside another that includes it. What no action needs, such as
        `offline_access`, is asked for always.
        """
        candidate = self.prepared.candidate
        connector, method = candidate.connector, candidate.method
        allowed = self.holder.session.terms.actions or candidate.profile.allowed_actions
        every = tuple(dict.fromkeys((*method.required_scopes, *wanted)))
        of_actions = {scope for action in connector.actions for scope in action.required_scopes}
        named = allowed or [action.id for action in connector.actions]
        needed = {*connector.scopes_for(named, among=every), *method.required_scopes}
        return tuple(scope for scope in every if scope in needed or scope not in of_actions)


def redirect_uri(hub: Hub, connector: Connector) -> str:
    """Return the one address that a provider sends people back to."""
    return f"{hub.public_url}/connect/oauth2/{connector.key}/callback"


def _require_code(settings: OAuthSettings, answer: SignInAnswer, provider: str) -> None:
    if answer.error in _DENIED:
        raise SignInDenied
    if answer.error:
        said = answer.error_description or answer.error
        msg = f"{provider} did not sign in: {said}"
        raise SignInFailed(msg, error=answer.error)
    if not answer.code and answer.is_pending:
        raise SignInNotApproved
    if not answer.code and not settings.callback.without_code:
        msg = f"{provider} sent no code; start over"
        raise CallbackRefused(msg)
