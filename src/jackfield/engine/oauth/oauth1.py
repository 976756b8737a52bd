"""Sign-in by OAuth 1.0a (RFC 5849): that of OAuth 2, with requests that are signed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from msgspec import structs

from jackfield.engine.compat import Mode
from jackfield.engine.oauth.errors import ClientRefused
from jackfield.engine.oauth.settings import OAuthSettings, compile_oauth
from jackfield.engine.oauth.sign_in import SignInRequest
from jackfield.engine.oauth.token_endpoint import TokenEndpoint
from jackfield.engine.oauth.tokens import ACCESS_TOKEN
from jackfield.kit.errors import UnreadableAnswer
from jackfield.kit.json import Json, mapping

_SECRET: Final = "accessTokenSecret"  # noqa: S105 - a name
_CONFIRMED: Final = "callbackConfirmed"
_TOKEN: Final = f"$.credentials.{ACCESS_TOKEN}"
_OF_APPLICATION: Final = (
    "strategy", "signatureMethod", "consumerKey", "consumerSecret", "privateKey", "realm",
)  # fmt: skip
# What OAuth 2 sends, and 1.0a has in the signature or not at all.
_LEFT_OUT: Final = (
    "response_type", "client_id", "redirect_uri", "scope", "grant_type", "code",
)  # fmt: skip
_REFUSALS_OF_APPLICATION: Final = (
    "consumer_key_unknown", "consumer_key_rejected", "consumer_key_refused", "signature_invalid",
    "signature_method_rejected",
)  # fmt: skip
_UNAUTHORIZED: Final = 401
_REFUSALS_OF_USER: Final = frozenset({"permission_denied", "user_refused"})


@dataclass(frozen=True, slots=True)
class OAuth1Settings:
    """
    How an account of an auth method signs in by OAuth 1.0a.

    `temporary` is for the token that its user is sent to the provider with. That has the place of
    the account's token until `lasting` exchanges it.
    """

    temporary: OAuthSettings
    lasting: OAuthSettings


def compile_oauth1_sign_in(authorization: Mapping[str, Json], mode: Mode) -> OAuth1Settings:
    """
    Compile the `signing` and `signIn` of an `authorization` object.

    Raises:
        InvalidStep: it is malformed.
        InvalidExpression: an expression in it cannot be compiled.
    """
    signing, sign_in = mapping(authorization, "signing"), mapping(authorization, "signIn")
    application = {name: signing[name] for name in _OF_APPLICATION if name in signing}
    token, secret = "$.oauth_token", "$.oauth_token_secret"
    common: Mapping[str, Json] = {
        "type": "oauth2",
        "parameterNames": dict.fromkeys(_LEFT_OUT, ""),
        "clientAuthentication": "none",
        "pkce": False,
        "tokenResponse": {
            "accessToken": token,
            "success": secret,
            "error": "{{oauth_problem || error}}",
        },
        "tokenRefusals": [{"code": code, "means": "client"} for code in _REFUSALS_OF_APPLICATION],
    }
    temporary: Mapping[str, Json] = {
        **common,
        "tokenUrl": sign_in.get("requestTokenUrl"),
        # The address carries the state: 1.0a has none of its own.
        "tokenRequest": {"signing": {**application, "callback": "${redirectUri}?state=${state}"}},
        "additionalTokenFields": {_SECRET: secret, _CONFIRMED: "$.oauth_callback_confirmed"},
    }
    lasting: Mapping[str, Json] = {
        **common,
        "authorizationUrl": sign_in.get("authorizationUrl"),
        "authorizationParams": {**mapping(sign_in, "authorizationParams"), "oauth_token": _TOKEN},
        # As an issuer is, the token that comes back is compared with the one that went.
        "issuer": _TOKEN,
        "tokenUrl": sign_in.get("accessTokenUrl"),
        "tokenRequest": {
            "signing": {
                **application,
                "token": _TOKEN,
                "tokenSecret": f"$.credentials.{_SECRET}",
                "verifier": "$.code",
            }
        },
        "additionalTokenFields": {_SECRET: secret},
    }
    return OAuth1Settings(
        compile_oauth(temporary, "authorization_code", mode),
        compile_oauth(lasting, "authorization_code", mode),
    )


async def request_temporary_token(
    settings: OAuth1Settings, endpoint: TokenEndpoint, request: SignInRequest
) -> tuple[TokenEndpoint, Mapping[str, str]]:
    """
    Get the token that the user is sent to the provider with.

    Returns the endpoint that exchanges it, and the credentials that it is.

    Raises:
        UnreadableAnswer: the provider does not confirm where it sends the user back to.
        EgressBlocked, TokenRefused, ProviderError: as `TokenEndpoint.exchange_code`.
    """
    try:
        tokens = await replace(endpoint, settings=settings.temporary).begin(request)
    except UnreadableAnswer as error:
        # Many say it in words alone; nothing but the application is known to them yet.
        if error.answer is None or error.answer.status != _UNAUTHORIZED:
            raise
        raise ClientRefused(answer=error.answer) from None
    told = dict(tokens.values)
    if told.pop(_CONFIRMED, "") != "true":
        msg = "the provider did not confirm the callback, as OAuth 1.0a wants it"
        raise UnreadableAnswer(msg)
    context = endpoint.context
    context = structs.replace(context, credentials={**context.credentials, **told})
    return replace(endpoint, context=context), told


def oauth2_callback(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of a callback under the names that OAuth 2 has for them."""
    denied, problem = parameters.get("denied", ""), parameters.get("oauth_problem", "")
    token = parameters.get("oauth_token") or denied
    is_denied = denied or problem in _REFUSALS_OF_USER
    return {
        "state": parameters.get("state", ""),
        # Without the token, nothing says which sign-in a verifier is of.
        "code": parameters.get("oauth_verifier", "") if token else "",
        "iss": token,
        "error": "access_denied" if is_denied else problem,
    }
