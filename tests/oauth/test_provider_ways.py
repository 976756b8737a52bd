"""Ways in which providers differ from the standard: each is signed in at, called and renewed."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.oauth.flow import flow

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Way:
    """A provider's way, what its connector says about it, and what comes of it."""

    behaviors: tuple[str, ...]
    authorization: str = ""
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    # Parts of the address that the browser is sent to.
    url_has: tuple[str, ...] = ()
    # Credentials that are to come along with the tokens.
    values: dict[str, str] = field(default_factory=dict[str, str])
    # Seconds until the access token ends.
    seconds: int | None = 3600
    secret: str | None = None
    # Credentials after a renewal, and the seconds that it is waited for.
    renewed: dict[str, str] = field(default_factory=dict[str, str])
    waits: int = 0
    # Seconds until the refresh token ends.
    refresh_seconds: int | None = None


WAYS = {
    "plain": Way(()),
    "further parameters for signing in": Way(
        ("authorize.params_required", "authorize.offline_param"),
        "authorizationParams: {access_type: offline, prompt: consent}",
        url_has=("access_type=offline", "prompt=consent"),
    ),
    "a refresh token for a scope": Way(
        ("authorize.offline_scope",),
        "scopes: notes.read offline_access",
        url_has=("scope=notes.read%20offline_access",),
    ),
    "scopes joined by a comma": Way(
        ("authorize.scope_separator",), 'scopeDelimiter: ","', url_has=("notes.read%2Cnotes.write",)
    ),
    "scopes joined by a plus that is not escaped": Way(
        (),
        'scopeDelimiter: "+"\nauthorizationRequest: {plainParams: [scope]}',
        url_has=("scope=notes.read+notes.write",),
    ),
    "a second list of scopes": Way(
        ("authorize.user_scope",),
        "authorizationParams: {user_scope: notes.read}",
        url_has=("user_scope=notes.read",),
    ),
    "scopes under another name": Way(
        ("authorize.scope_renamed",), "parameterNames: {scope: scopes}", url_has=("&scopes=",)
    ),
    "scopes without escapes": Way(
        ("authorize.scope_unescaped",),
        'scopes: notes:read people:read\nscopeDelimiter: "+"\n'
        "authorizationRequest: {plainParams: [scope]}",
        {"scopes": ["notes:read", "people:read"]},
    ),
    "the client id under another name": Way(
        ("authorize.client_id_renamed",),
        "parameterNames: {client_id: client_key}",
        url_has=("client_key=",),
    ),
    "the redirect address under another name": Way(
        ("authorize.redirect_uri_renamed",),
        "parameterNames: {redirect_uri: redirect_url}",
        url_has=("redirect_url=",),
    ),
    "another response type": Way(
        ("authorize.response_type",), "authorizationParams: {response_type: auth_code}"
    ),
    "no response type": Way(
        ("authorize.response_type_absent",), 'authorizationParams: {response_type: ""}'
    ),
    "the response type under another name, with a nonce": Way(
        ("authorize.response_type_renamed", "authorize.nonce_required"),
        "parameterNames: {response_type: type}\n"
        "authorizationParams: {type: web_server, nonce: $.nonce}",
    ),
    "the state under another name": Way(
        ("authorize.state_renamed",),
        "parameterNames: {state: payload}\ncallback: {names: {state: payload}}",
        url_has=("payload=jf_st_",),
    ),
    "no parameter without a value": Way(
        ("authorize.empty_refused",), 'authorizationParams: {prompt: "", hint: $.credentials.none}'
    ),
    "PKCE is refused": Way(("pkce.refused",), "pkce: false\npkceReason: It answers 400."),
    "PKCE is required": Way(("pkce.required",), url_has=("code_challenge_method=S256",)),
    "an audience": Way(
        ("authorize.audience",),
        "authorizationParams: {audience: api.sandbox.example}\n"
        "tokenParams: {audience: api.sandbox.example}",
    ),
    "a resource, again when renewing": Way(
        ("authorize.resource",),
        "authorizationParams: {resource: 'https://api.sandbox.example'}\n"
        "tokenParams: {resource: 'https://api.sandbox.example'}",
    ),
    "consent is asked for again": Way(
        ("authorize.consent_once",), "authorizationParams: {prompt: consent}"
    ),
    "the code under another name": Way(
        ("callback.code_renamed",), "callback: {names: {code: auth_code}}"
    ),
    "data in the callback": Way(
        ("callback.extra_params",),
        "callbackParams: {realmId: realmId}\ncallback: {patterns: {realmId: '[0-9]{1,20}'}}",
        values={"realmId": "4620816365"},
    ),
    "an issuer that is checked": Way((), "issuer: URL\ncallback: {needsIssuer: true}"),
    "no issuer in the callback": Way(("callback.iss_missing",), "issuer: URL"),
    "Basic, form-encoded": Way(
        ("token.basic_only",), "clientAuthentication: basic", secret="s:e+c/r%e=t&é"
    ),
    "Basic, not encoded": Way(
        ("token.basic_raw",), "clientAuthentication: basicRaw", secret="s:e+c/r%e=t&é"
    ),
    "Basic, and no copy in the body": Way(("token.header_only",), "clientAuthentication: basic"),
    "Basic written into a header": Way(
        ("token.basic_raw",),
        "customHeaders:\n  Authorization: \"{{'Basic ' + encodeBase64(credentials.clientId + ':' + "
        'credentials.clientSecret)}}"',
    ),
    "the secret among the parameters": Way(("token.post_only",), secret="s:e+c/r%e=t&é"),
    "the secret as a user name": Way(
        ("token.secret_as_username",), "clientAuthentication: basicSecretOnly", secret="sk_1"
    ),
    "a public client": Way(("token.no_secret",), "clientAuthentication: none", secret=""),
    "a JSON body with numbers": Way(
        ("token.json_body", "token.params_required"),
        "tokenRequest: {encoding: json}\ntokenParams: {account_id: 7}\nrefreshParams: {account_id: 7}",
    ),
    "a request that is signed": Way(
        ("token.hmac_signed",),
        "clientAuthentication: none\ntokenRequest:\n  signing:\n    strategy: template\n"
        "    key: $.credentials.clientSecret\n"
        "    text: ${request.body}${signing.milliseconds}\n    name: sign\n    also:\n"
        "    - {name: appkey, value: $.credentials.clientId}\n"
        "    - {name: timestamp, value: $.signing.milliseconds}",
    ),
    "parameters in the query": Way(("token.query_only",), "tokenRequest: {encoding: query}"),
    "a GET": Way(("token.get",), "tokenRequest: {method: get}"),
    "some parameters in the query": Way(
        ("token.part_in_query",), "tokenRequest: {queryParams: [redirect_uri]}"
    ),
    "the state again with the code": Way(("token.state_echo",), "tokenParams: {state: $.state}"),
    "another name for the grant type": Way(
        ("token.params_renamed",), "parameterNames: {grant_type: type}"
    ),
    "tokens inside another member": Way(
        ("reply.nested",),
        "tokenResponse: {accessToken: data.access_token, refreshToken: data.refresh_token, "
        "expiresIn: data.expires_in, scopes: data.scope}",
    ),
    "members in camel case": Way(
        ("reply.camel_case",),
        "tokenResponse: {accessToken: accessToken, refreshToken: $.refreshToken, "
        "expiresIn: expiresIn}",
    ),
    "201": Way(("reply.created_201",)),
    "a form for an answer": Way(("reply.form_encoded",)),
    "a form unless JSON is asked for": Way(("reply.form_unless_accept",)),
    "JSON that says it is HTML": Way(("reply.wrong_content_type",)),
    "another token type": Way(("reply.token_type",)),
    "no token type": Way(("reply.token_type",), settings={"token_type": None}),
    "no scopes in the answer": Way(("reply.scope_absent",)),
    "granted scopes joined by a comma": Way(("reply.scope_separator",)),
    "no lifetime": Way(("reply.expires_as",), settings={"expires_as": "missing"}, seconds=None),
    "no lifetime but the connector's": Way(
        ("reply.expires_as",), "tokenExpiresIn: 1800", {"expires_as": "missing"}, seconds=1800
    ),
    "a lifetime as text": Way(("reply.expires_as",), settings={"expires_as": "string"}),
    "a lifetime with a fraction": Way(("reply.expires_as",), settings={"expires_as": "float"}),
    "a lifetime in milliseconds": Way(
        ("reply.expires_as",), "tokenResponse: {expiryKind: milliseconds}"
    ),
    "a lifetime in minutes, under another name": Way(
        ("reply.expires_as",),
        "tokenResponse: {expiresIn: ttl, expiryKind: minutes}",
        {"expires_as": "minutes", "expiry_field": "ttl"},
    ),
    "the end in seconds since 1970": Way(
        ("reply.expires_as",), "tokenResponse: {expiryKind: epochSeconds}", {"expires_as": "epoch"}
    ),
    "the end in milliseconds since 1970": Way(
        ("reply.expires_as",),
        "tokenResponse: {expiryKind: epochMilliseconds}",
        {"expires_as": "epoch_ms"},
    ),
    "the end as a date": Way(
        ("reply.expires_as",), "tokenResponse: {expiryKind: iso8601}", {"expires_as": "iso"}
    ),
    "a lifetime as a duration": Way(
        ("reply.expires_as",), "tokenResponse: {expiryKind: duration}", {"expires_as": "duration"}
    ),
    "a lifetime as days, hours and minutes": Way(
        ("reply.expires_as",), "tokenResponse: {expiryKind: 'd:hh:mm'}", {"expires_as": "clock"}
    ),
    "the end in the token alone": Way(
        ("reply.jwt_access_token",), "tokenResponse: {isExpiryInToken: true}"
    ),
    "a token that lasts longer at once": Way(
        ("refresh.with_access_token",),
        "renewsAtOnce: true\n"
        "refreshParams: {grant_type: ig_refresh_token, access_token: $.credentials.accessToken}",
        seconds=60 * 86_400,
    ),
    "a lifetime of zero that means never": Way(
        ("reply.expiry",), "tokenResponse: {zeroIsNever: true}", seconds=None
    ),
    "a lifetime that is none": Way(
        ("reply.expiry",), settings={"expiry_value": "never"}, seconds=None
    ),
    "the host of the API with the token": Way(
        ("reply.api_host",),
        "additionalTokenFields: {apiDomain: $.api_domain}",
        {"api_host": "https://g{generation}.api.example"},
        values={"apiDomain": "https://g0.api.example"},
        renewed={"apiDomain": "https://g1.api.example"},
    ),
    "a host of the token endpoint that the callback names": Way(
        ("callback.extra_params",),
        "callbackParams: {accounts-server: server}\ntokenUrl: '${credentials.server}/token'",
        {"callback_params": {"accounts-server": "URL"}},
    ),
    "the end of the refresh token": Way(
        ("reply.extra",),
        settings={"reply_extra": {"refresh_token_expires_in": "7200"}},
        refresh_seconds=7200,
    ),
    "the end of the refresh token alone": Way(
        ("reply.expires_as", "reply.extra"),
        "tokenResponse: {refreshExpiresIn: dies_at, refreshExpiryKind: iso8601}",
        {"expires_as": "missing", "reply_extra": {"dies_at": "2026-03-02T09:30:00Z"}},
        seconds=None,
        refresh_seconds=86_400,
    ),
    "further members": Way(
        ("reply.extra",),
        "additionalTokenFields: {tenantId: $.tenant_id}",
        {"reply_extra": {"tenant_id": "t-9"}},
        values={"tenantId": "t-9"},
    ),
    "a token of the person beside the one of the app": Way(
        ("reply.two_tokens",),
        "additionalTokenFields: {userToken: $.authed_user.access_token, "
        "userRefreshToken: $.authed_user.refresh_token}",
    ),
    "the token in another header": Way(("token.place.header",), "name: X-Access-Token"),
    "the token without a scheme": Way(("token.place.authorization",), "includeBearer: false"),
    "the token with another scheme": Way(
        ("token.place.scheme",), "includeBearer: false\ntoken: Token ${credentials.accessToken}"
    ),
    "the token in the query": Way(("token.place.query",), "in: query"),
    "the token in a cookie": Way(
        ("token.place.cookie",),
        "name: Cookie\ntoken: session=${credentials.accessToken}",
    ),
    "the same refresh token": Way(("refresh.same_token",)),
    "no refresh token when renewing": Way(("refresh.omits_token",)),
    "a refresh token of null": Way(("refresh.null_token",)),
    "an empty refresh token": Way(("refresh.empty_token",)),
    "an access token that lives longer": Way(("refresh.same_access_token",)),
    "renewal with the access token": Way(
        ("refresh.with_access_token",),
        "refreshParams: {grant_type: ig_refresh_token, access_token: $.credentials.accessToken}",
    ),
    "another address for renewal": Way(("refresh.other_url",), "refreshUrl: URL/token/refresh"),
    "the refresh token as a bearer token": Way(
        ("refresh.bearer",),
        'refreshParams: {refresh_token: ""}\n'
        "refreshRequest: {headers: {Authorization: 'Bearer ${credentials.refreshToken}'}}",
    ),
    "renewal by a GET with the access token and nothing else": Way(
        ("refresh.with_access_token", "refresh.without_client", "token.get"),
        "refreshParams: {grant_type: ig_refresh_token, access_token: $.credentials.accessToken, "
        "client_id: '', client_secret: ''}\ntokenRequest: {method: get}",
    ),
    "renewal shortly before the end alone": Way(
        ("refresh.too_early",), "refreshMargin: 30", waits=3571
    ),
    "further parameters for renewal": Way(
        ("refresh.params_required",), "refreshParams: {scope: notes.read}"
    ),
}


@pytest.mark.parametrize("name", WAYS)
async def test_provider_is_signed_in_at_called_and_renewed(idp: OAuthSandbox, name: str) -> None:
    way = WAYS[name]
    settings = json.loads(json.dumps(way.settings).replace("URL", idp.url))
    async with flow(
        idp, *way.behaviors, authorization=way.authorization, secret=way.secret, **settings
    ) as account:
        first = await account.sign_in()
        who = await account.me()
        lasts = first.expires_at and (first.expires_at - idp.clock()).total_seconds()
        refresh_lasts = first.refresh_expires_at and first.refresh_expires_at - idp.clock()
        idp.clock.advance(way.waits)
        renewed = await account.renew()
        who_again = await account.me()

    for part in way.url_has:
        assert part in account.url
    for credential, value in way.values.items():
        assert first.values[credential] == value
    for credential, value in way.renewed.items():
        assert renewed.values[credential] == value
    assert lasts == way.seconds
    assert (refresh_lasts and refresh_lasts.total_seconds()) == way.refresh_seconds
    assert who == who_again
    assert renewed.values.keys() >= first.values.keys()


@pytest.mark.parametrize("minutes", [-10, 10])
@pytest.mark.parametrize(
    ("behavior", "response", "spelled"),
    [
        ("reply.expires_as", "expiryKind: epochSeconds", "epoch"),
        ("reply.expires_as", "expiryKind: iso8601", "iso"),
        ("reply.jwt_access_token", "isExpiryInToken: true", "missing"),
    ],
)
async def test_end_of_a_token_is_told_by_the_clock_of_the_provider(
    idp: OAuthSandbox, behavior: str, response: str, spelled: str, minutes: int
) -> None:
    written = f"tokenResponse: {{{response}}}"
    settings = {"expires_as": spelled} if behavior == "reply.expires_as" else {}
    async with flow(idp, behavior, authorization=written, **settings) as account:
        account.ahead = timedelta(minutes=minutes)
        tokens = await account.sign_in()

    assert tokens.expires_at == account.now() + timedelta(hours=1)


@pytest.mark.parametrize(
    ("address", "written", "begins", "ends"),
    [
        ("https://login.rowan.example/a?x=1", "", "https://login.rowan.example/a?x=1&", ""),
        ("https://login.rowan.example/a#top", "", "https://login.rowan.example/a?", "#top"),
        (
            "https://login.rowan.example/#/sign-in",
            "authorizationRequest: {afterFragment: true}",
            "https://login.rowan.example/#/sign-in?",
            "",
        ),
        (
            "https%3A%2F%2Flogin.rowan.example%2Fa%3Fx%3D1%252F2",
            "authorizationRequest: {isEncoded: true}",
            "https://login.rowan.example/a?x=1%2F2&",
            "",
        ),
    ],
)
async def test_parameters_stand_where_the_address_has_room_for_them(
    idp: OAuthSandbox, address: str, written: str, begins: str, ends: str
) -> None:
    authorization = f"authorizationUrl: \"{{{{'{address}'}}}}\"\n{written}"
    async with flow(idp, authorization=authorization) as account:
        url = account.begin()

    assert url.startswith(begins + "response_type=code&client_id=")
    assert url.endswith(ends)
    assert ("#" in url) == ("#" in begins + ends)
