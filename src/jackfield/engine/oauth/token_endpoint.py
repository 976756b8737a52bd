"""The token endpoint of a provider: requests by grant."""

import base64
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final
from urllib.parse import quote_plus

from msgspec import structs

from jackfield.engine.auth.signable import Situation, signed_later
from jackfield.engine.credential_faults import faults_of
from jackfield.engine.current_time import using_clock
from jackfield.engine.errors import CredentialMissing, InvalidStep
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.oauth.answer import read_answer
from jackfield.engine.oauth.device import DeviceCode, Waiting, read_device_code
from jackfield.engine.oauth.errors import TokenRefused
from jackfield.engine.oauth.introspection import TokenLife, read_life
from jackfield.engine.oauth.request_writer import write_request
from jackfield.engine.oauth.settings import (
    Assertion,
    OAuthSettings,
    RequestShape,
    text_of,
    texts_of,
)
from jackfield.engine.oauth.sign_in import SignInAnswer, SignInRequest, sign_in_scope
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, REFRESH_TOKEN, Tokens
from jackfield.engine.ports import Response
from jackfield.engine.run_context import RunContext
from jackfield.engine.steps.sign_jwt import TIMES, TokenNotSigned, claim_time
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.url import origin_of
from jackfield.kit.errors import (
    EgressBlocked,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
)
from jackfield.kit.json import Json, as_object

_DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"
_JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_CLIENT_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SAME_AGAIN: Final = frozenset({"resource", "audience"})
_HINTS: Final = {"accessToken": "access_token", "refreshToken": "refresh_token"}
_SUCCESS: Final = range(200, 300)
_FAILED: Final = 500
# Seconds.
_SKEW: Final = 60


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """
    The token endpoint of an auth method, asked for one account.

    `host` is the public URL of the hub. Nothing goes to an address that `allows` does not.
    What is signed is dated by the provider's clock.
    """

    settings: OAuthSettings
    context: RunContext
    host: str
    allows: Callable[[str], bool]

    @property
    def scope(self) -> EvaluationScope:
        """What the expressions of the settings see."""
        context, settings = self.context, self.settings
        scope: EvaluationScope = {
            "credentials": dict(context.credentials),
            "apiHostUri": self.host,
            "context": {
                "authenticationType": context.auth_method,
                "environment": context.environment,
                **context.identifiers,
            },
        }
        return {**scope, "scopes": settings.scope_delimiter.join(settings.wanted_scopes(scope))}

    async def begin(self, request: SignInRequest) -> Tokens:
        """
        Get what a sign-in is begun with, where the provider is told of it before.

        Raises:
            EgressBlocked, TokenRefused, ProviderError: as `exchange_code`.
        """
        return await self._ask(sign_in_scope(self.settings, self.scope, request), {})

    async def exchange_code(self, request: SignInRequest, answer: SignInAnswer) -> Tokens:
        """
        Exchange the code of a sign-in for tokens.

        Raises:
            EgressBlocked: the connector does not declare the host.
            TokenRefused, ProviderError: as `read_answer`.
        """
        scope = sign_in_scope(self.settings, self.scope, request)
        scope = {**scope, "code": answer.code}
        standard = {
            "grant_type": "authorization_code",
            "code": answer.code,
            "redirect_uri": request.redirect_uri,
            "code_verifier": request.verifier,
        }
        if self.settings.callback.without_code:
            standard = {"grant_type": "client_credentials", "scope": str(scope["scopes"])}
        return await self._ask(scope, standard)

    async def request_tokens(self) -> Tokens:
        """
        Get tokens by a grant that needs no user: client credentials, or a signed statement.

        Raises:
            CredentialMissing: the connector does not say how the statement is signed.
            EgressBlocked, TokenRefused, ProviderError: as `exchange_code`.
        """
        scope, settings = self.scope, self.settings
        standard = {"grant_type": "client_credentials", "scope": str(scope["scopes"])}
        if settings.grant_type == "jwt_bearer":
            standard["grant_type"] = _JWT_BEARER
        return await self._ask(scope, standard)

    async def request_renewal(self, token: str = ACCESS_TOKEN) -> Tokens:
        """
        Renew the tokens among the account's credentials: `token`, and what comes with it.

        Raises:
            CredentialMissing: there is nothing to renew them with.
            EgressBlocked, TokenRefused, ProviderError: as `exchange_code`.
        """
        settings, second = self.settings, self.settings.answer.second
        if second is not None and token == second.token:
            own = second.in_place(self.context.credentials)
            there = replace(self, context=structs.replace(self.context, credentials=own))
            return second.named(await there.request_renewal())
        refresh_token = self.context.credentials.get(REFRESH_TOKEN, "")
        if settings.needs_no_user:
            return await self.request_tokens()
        if not refresh_token and not settings.renews_access_token:
            msg = "the account has no refresh token; link it again"
            raise CredentialMissing(msg)
        scope = self.scope
        params = texts_of(settings.token_params, scope)
        # What a token is for stays the same (RFC 8707).
        standard = {name: params[name] for name in _SAME_AGAIN if name in params}
        standard |= {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self._ask(scope, standard, renews=True)

    async def revoke(self, address: Evaluate, token: str, name: str) -> None:
        """
        Ask the provider to revoke a token (RFC 7009); `name` is that of the credential it is.

        Raises:
            EgressBlocked: the connector does not declare the host.
            ProviderRejected, ProviderUnavailable: the provider did not do so.
        """
        shape = self.settings.token_request.plain
        standard = {"token": token, "token_type_hint": _HINTS[name]}
        response = await self._send(self.scope, address, shape, standard, _nothing)
        if response.status not in _SUCCESS:
            kind = ProviderUnavailable if response.status >= _FAILED else ProviderRejected
            msg = f"the provider answered {response.status} to the revocation of a token"
            raise kind(msg)

    async def introspect(self) -> TokenLife:
        """
        Ask the provider whether the account's access token is good, and until when (RFC 7662).

        Raises:
            EgressBlocked: the connector does not declare the host.
            InvalidStep: it declares no introspection.
            ProviderError: the provider does not say.
        """
        introspection = self.settings.introspection
        if introspection is None:
            msg = "the connector declares no introspection endpoint"
            raise InvalidStep(msg)
        standard = {"token": self.context.credentials.get(ACCESS_TOKEN, "")}
        response = await self._send(
            self.scope, introspection.url, introspection.request, standard, introspection.params
        )
        return read_life(response, self.context)

    async def request_device_code(self, scopes: tuple[str, ...]) -> DeviceCode:
        """
        Get a code that a person enters on a page of the provider.

        Raises:
            UnreadableAnswer: the answer has none.
            EgressBlocked, TokenRefused, ProviderError: as `exchange_code`.
        """
        settings, scope = self.settings, self.scope
        standard = {"scope": settings.scope_delimiter.join(scopes)}
        shape, own = settings.token_request, settings.authorization_params
        response = await self._send(scope, settings.device_url, shape, standard, own)
        found = read_device_code(response, settings.answer, scope, self.context)
        return replace(found, scopes=scopes)

    async def poll_device(self, device: DeviceCode) -> Tokens | Waiting:
        """
        Exchange a device code for tokens, if the person has entered theirs.

        Raises:
            EgressBlocked, TokenRefused, ProviderError: as `exchange_code`.
        """
        try:
            return await self._ask(
                self.scope, {"grant_type": _DEVICE_CODE, "device_code": device.code}
            )
        except ProviderError as error:
            if error.context.get("reason") in tuple(Waiting):
                return Waiting(str(error.context["reason"]))
            raise

    async def _ask(
        self,
        scope: EvaluationScope,
        standard: Mapping[str, str],
        *,
        renews: bool = False,
        again: bool = False,
    ) -> Tokens:
        settings = self.settings
        shape = settings.refresh_request if renews else settings.token_request
        address = (settings.refresh_url if renews else None) or settings.token_url
        own = settings.refresh_params if renews else settings.token_params
        signed: Mapping[str, str] = {}
        if standard.get("grant_type") == _JWT_BEARER:
            signed = {"assertion": self._sign(settings.assertion, scope)}
        sent = self.context.clock()
        response = await self._send(scope, address, shape, {**standard, **signed}, own)
        place, is_dated = origin_of(self._text(address, scope)), settings.signs or shape.sign
        learn = partial(
            self.context.clocks.learn, place, response, sent=sent, received=self.context.clock()
        )
        try:
            tokens = read_answer(response, settings.answer, scope, self.context)
        except TokenRefused:
            if not learn(is_refusal=True) or not is_dated or again:
                raise
            # What was signed may have been too old there, or not valid yet.
            return await self._ask(scope, standard, renews=renews, again=True)
        learn(is_refusal=False)
        return tokens

    async def _send(
        self,
        scope: EvaluationScope,
        address: Evaluate | None,
        shape: RequestShape,
        standard: Mapping[str, str],
        own: Evaluate,
    ) -> Response:
        url = self._text(address, scope)
        if not self.allows(url):
            msg = "the connector does not declare the host of its token endpoint"
            raise EgressBlocked(msg)
        client, headers = self._client(scope, url)
        named = self.settings.names_of({**standard, **client})
        parameters = {**named, **as_object(own(scope))}
        parameters = {
            name: value
            for name, value in parameters.items()
            if value is not None and value is not UNDEFINED and value != ""
        }
        headers = {"Accept": shape.accept, **headers, **texts_of(shape.headers, scope)}
        request = write_request(shape, url, parameters, headers, scope)
        if shape.sign is not None:
            situation = Situation(scope, self.settings.mode, self.context.signer)
            with using_clock(self.context.clocks.at(origin_of(url), self.context.clock)):
                request = signed_later(request, headers, shape.sign, situation).signed()
        certificate = self.settings.certificate(scope, self.context.credentials)
        return await self.context.transport.send(structs.replace(request, certificate=certificate))

    def _text(self, address: Evaluate | None, scope: EvaluationScope) -> str:
        return "" if address is None else text_of(address, scope).strip()

    def _client(self, scope: EvaluationScope, url: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return the parameters and headers by which the OAuth app says who it is."""
        settings = self.settings
        id_, secret = text_of(settings.client_id, scope), text_of(settings.client_secret, scope)
        named = {"client_id": id_}
        match text_of(settings.client_authentication, scope):
            case "body":
                return {**named, "client_secret": secret}, {}
            case "basic":
                return {}, _basic(quote_plus(id_), quote_plus(secret))
            case "basicRaw":
                return {}, _basic(id_, secret)
            case "basicSecretOnly":
                return {}, _basic(secret, "")
            case "privateKeyJwt" | "clientSecretJwt":
                statement = self._sign(settings.client_assertion, scope, audience=url)
                named |= {"client_assertion_type": _CLIENT_ASSERTION, "client_assertion": statement}
            case "none":
                pass
            case _:
                named = {}
        return named, {}

    def _sign(
        self, assertion: Assertion | None, scope: EvaluationScope, *, audience: str = ""
    ) -> str:
        if assertion is None or self.context.signer is None:
            msg = "the connector does not say how its statement is signed"
            raise CredentialMissing(msg)
        settings, context = self.settings, self.context
        id_ = text_of(settings.client_id, scope)
        audience = audience or self._text(settings.token_url, scope)
        now = int(context.clocks.at(origin_of(audience), context.clock)().timestamp())
        # A server whose clock is behind takes nothing that begins in its future.
        claims: dict[str, Json] = {
            "iss": id_,
            "sub": id_,
            "aud": audience,
            "iat": now - _SKEW,
            "nbf": now - _SKEW,
            "exp": now + assertion.lifetime - _SKEW,
            "jti": uuid.uuid4().hex,
            **as_object(assertion.claims(scope)),
        }
        with using_clock(lambda: datetime.fromtimestamp(now, UTC)):
            claims |= {
                name: claim_time(name, claims[name], "strict")
                for name in TIMES
                if claims[name] not in (None, "")
            }
        key = text_of(assertion.key, scope)
        try:
            return self.context.signer.sign_jwt(
                {name: value for name, value in claims.items() if value not in (None, "")},
                key=key,
                algorithm=assertion.algorithm,
                headers=as_object(assertion.headers(scope)),
            )
        except ValueError as error:
            faults = faults_of(self.context.credentials, key, str(error))
            raise TokenNotSigned(str(error), faults=faults) from None


def _nothing(_scope: EvaluationScope) -> Json:
    return {}


def can_renew(settings: OAuthSettings, known: Collection[str], token: str = ACCESS_TOKEN) -> bool:
    """Tell whether an account's `token` can be renewed without its user; `known` are all their names."""
    if token != ACCESS_TOKEN:
        second = settings.answer.second
        return second is not None and second.token == token and second.refresh_token in known
    return settings.needs_no_user or settings.renews_access_token or REFRESH_TOKEN in known


def _basic(name: str, password: str) -> dict[str, str]:
    pair = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}
