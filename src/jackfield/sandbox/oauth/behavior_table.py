"""The behaviors that a client can be given, each a change of some rules of `conduct`.

A behavior is named by what the server does. A rule may be changed to a `Setting`, whose value the
client's settings give.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from jackfield.kit.json import Json, is_object


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    default: Json


@dataclass(frozen=True, slots=True)
class Behavior:
    name: str
    says: str
    changes: Mapping[str, Json] = field(default_factory=dict[str, Json])

    @property
    def settings(self) -> dict[str, Json]:
        """Its settings and their defaults."""
        return {each.name: each.default for each in settings_in(self.changes)}


def settings_in(value: Json) -> Iterator[Setting]:
    if isinstance(value, Setting):
        yield value
    elif is_object(value):
        for inner in value.values():
            yield from settings_in(inner)


_CAMEL: Final = {
    "access_token": "accessToken",
    "refresh_token": "refreshToken",
    "token_type": "tokenType",
    "expires_in": "expiresIn",
    "id_token": "idToken",
}
_b, _s = Behavior, Setting
_AUTHORIZE: Final = (
    _b("authorize.client_id_renamed", "The client's id has another name, at the token endpoint as well.",
       {"authorize.names": {"client_id": _s("client_id_name", "client_key")},
        "token.names": {"client_id": _s("client_id_name", "client_key")}}),
    _b("authorize.redirect_uri_renamed", "The redirect URI has another name, at the token endpoint as well.",
       {"authorize.names": {"redirect_uri": _s("redirect_uri_name", "redirect_url")},
        "token.names": {"redirect_uri": _s("redirect_uri_name", "redirect_url")}}),
    _b("authorize.state_renamed", "The state has another name, on the way there and back.",
       {"authorize.names": {"state": _s("state_name", "payload")},
        "callback.names": {"state": _s("state_name", "payload")}}),
    _b("authorize.scope_renamed", "The scope has another name.",
       {"authorize.names": {"scope": _s("scope_name", "scopes")}}),
    _b("authorize.scope_separator", "Scopes are joined by something other than a space.",
       {"authorize.scope_separator": _s("scope_separator", ",")}),
    _b("authorize.scope_unescaped", "Nothing in the scope may be percent-encoded.",
       {"authorize.scope_escaped": False}),
    _b("authorize.user_scope", "A second list of scopes is asked for under its own name.",
       {"authorize.user_scope": _s("user_scope_name", "user_scope")}),
    _b("authorize.response_type", "The response type is another than `code`.",
       {"authorize.response_type": _s("response_type", "auth_code")}),
    _b("authorize.response_type_renamed", "The response type has another name.",
       {"authorize.names": {"response_type": _s("response_type_name", "type")},
        "authorize.response_type": _s("response_type", "web_server")}),
    _b("authorize.response_type_absent", "A response type is refused.", {"authorize.response_type": ""}),
    _b("authorize.params_required", "These parameters have to come with these values.",
       {"authorize.required": _s("authorize_params", {"access_type": "offline"})}),
    _b("authorize.empty_refused", "A parameter without a value is refused.", {"authorize.refuses_empty": True}),
    _b("authorize.nonce_required", "A nonce is required.", {"authorize.nonce_required": True}),
    _b("authorize.offline_param", "Without these parameters there is no refresh token.",
       {"authorize.offline": _s("offline_params", {"access_type": "offline"})}),
    _b("authorize.offline_scope", "Without this scope there is no refresh token.",
       {"authorize.offline_scope": _s("offline_scope", "offline_access")}),
    _b("authorize.consent_once", "A person who consented before is given no refresh token without these parameters.",
       {"authorize.consent_again": _s("consent_params", {"prompt": "consent"})}),
    _b("authorize.audience", "An audience is required here and at the token endpoint.",
       {"authorize.required": {"audience": _s("audience", "api.sandbox.example")},
        "token.required": {"audience": _s("audience", "api.sandbox.example")}}),
    _b("authorize.resource", "A resource is required here, at the token endpoint and to refresh.",
       {"authorize.required": {"resource": _s("resource", "https://api.sandbox.example")},
        "token.required": {"resource": _s("resource", "https://api.sandbox.example")}}),
    _b("pkce.required", "A request without a code challenge is refused.", {"authorize.pkce": "required"}),
    _b("pkce.refused", "A request with a code challenge, or a code verifier, is refused.", {"authorize.pkce": "refused"}),
    _b("pkce.plain", "The challenge method `plain` is taken.", {"authorize.plain_challenge": True}),
)  # fmt: skip

_CALLBACK: Final = (
    _b("callback.code_renamed", "The code comes under another name.",
       {"callback.names": {"code": _s("code_name", "auth_code")}}),
    _b("callback.code_absent", "No code comes, but that an administrator agreed.",
       {"callback.code": "none",
        "callback.extra": _s("callback_params", {"tenant": "acme", "admin_consent": "True"})}),
    _b("callback.code_by_webhook", "The code comes by a signed webhook, to the address set; without one, `/__sandbox__/codes` has what to send.",
       {"callback.code": "by_webhook", "callback.webhook_url": _s("code_webhook_url", ""),
        "callback.extra": _s("callback_params", {"installation_id": "51", "setup_action": "install"})}),
    _b("callback.extra_params", "These parameters come with the code.",
       {"callback.extra": _s("callback_params", {"realmId": "4620816365"})}),
    _b("callback.state_missing", "The state does not come back.", {"callback.state": "missing"}),
    _b("callback.state_wrong", "Another state comes back.", {"callback.state": "wrong"}),
    _b("callback.iss_missing", "No issuer comes with the code.", {"callback.iss": ""}),
    _b("callback.iss_wrong", "The issuer that comes is another.",
       {"callback.iss": _s("iss", "https://evil.example")}),
    _b("callback.error", "An error comes instead of a code, whatever the person says.",
       {"callback.error": _s("error", "server_error"),
        "callback.error_description": _s("error_description", "The sandbox was told to fail")}),
    _b("callback.error_markup", "The description of an error is HTML.",
       {"callback.error_description": _s("error_description", "<script>alert(1)</script><b>No</b>")}),
)  # fmt: skip

_TOKEN: Final = (
    _b("token.basic_only", "Only HTTP Basic is taken, its two halves form-encoded.",
       {"token.authentication": ["client_secret_basic"]}),
    _b("token.basic_raw", "Only HTTP Basic is taken, its two halves as they are.",
       {"token.authentication": ["basic_raw"]}),
    _b("token.header_only", "Only HTTP Basic is taken; a copy of the id or secret in the body is refused.",
       {"token.authentication": ["client_secret_basic"], "token.copy_refused": True}),
    _b("token.post_only", "Only a secret among the parameters is taken.",
       {"token.authentication": ["client_secret_post"]}),
    _b("token.secret_as_username", "The secret is the user name of HTTP Basic, with an empty password.",
       {"token.authentication": ["secret_as_username"]}),
    _b("token.no_secret", "The client is public: a secret, even an empty one, is refused.",
       {"token.authentication": ["none"]}),
    _b("token.private_key_jwt", "Only an assertion signed by the client's key is taken.",
       {"token.authentication": ["private_key_jwt"],
        "token.assertion_audience": _s("assertion_audience", "any")}),
    _b("token.assertion_headers", "The header of an assertion has to have these members.",
       {"token.assertion_headers": _s("assertion_headers", {"x5t#S256": "thumbprint"})}),
    _b("token.certificate", "An assertion has to name its certificate by a thumbprint, in `x5t` or `x5t#S256`.",
       {"token.thumbprints": _s("thumbprints", {"x5t#S256": "thumbprint"})}),
    _b("token.assertion_for", "An assertion has to be for one of these, and not for this server.",
       {"token.assertion_audiences": _s("assertion_audiences", ["https://login.sandbox.example"])}),
    _b("token.assertion_brief", "An assertion that lasts more than so many seconds is refused.",
       {"token.assertion_lifetime": _s("assertion_lifetime", 180)}),
    _b("token.scopes_authorized", "An assertion that asks for a scope other than these is `unauthorized_client`.",
       {"token.authorized_scopes": _s("authorized_scopes", ["people.read"])}),
    _b("token.default_scope", "A client that asks for itself asks for this scope, which stands for all; another is refused.",
       {"token.default_scope": _s("default_scope", "https://api.sandbox.example/.default")}),
    _b("token.hmac_signed", "The request is signed: headers `appkey`, `timestamp` (ms) and `sign`, the HMAC-SHA256 of body and timestamp.",
       {"token.authentication": ["hmac_signed"]}),
    _b("token.json_body", "Parameters are a JSON object; a form is refused.", {"token.encoding": "json"}),
    _b("token.xml_body", "Parameters are elements of an XML document.", {"token.encoding": "xml"}),
    _b("token.query_only", "Parameters are in the query; a body is refused.", {"token.encoding": "query"}),
    _b("token.part_in_query", "These parameters are in the query, the others in the body.",
       {"token.in_query": _s("query_params", ["redirect_uri"])}),
    _b("token.get", "The request is a GET.", {"token.method": "GET", "token.encoding": "query"}),
    _b("token.state_echo", "The state has to come along with the code.", {"token.state_echo": True}),
    _b("token.params_renamed", "Parameters have other names.",
       {"token.names": _s("token_names", {"grant_type": "type"})}),
    _b("token.grant_type_renamed", "Grant types have other values.",
       {"token.grant_types": _s("grant_types", {"client_credentials": "openapi_2lo"})}),
    _b("token.params_required", "These parameters have to come with these values.",
       {"token.required": _s("token_params", {"account_id": 7})}),
)  # fmt: skip

_REPLY: Final = (
    _b("reply.nested", "The tokens are inside another member, or at a path of members.", {"reply.nested": _s("nested", "data")}),
    _b("reply.camel_case", "Members are in camel case.", {"reply.names": _CAMEL}),
    _b("reply.renamed", "Members have other names.", {"reply.names": _s("reply_names", {"access_token": "token"})}),
    _b("reply.xml", "The answer is an XML document, its members elements of `response`.", {"reply.encoding": "xml"}),
    _b("reply.form_encoded", "The answer is a form.", {"reply.encoding": "form"}),
    _b("reply.form_unless_accept", "The answer is a form unless JSON is asked for by `Accept`.", {"reply.needs_accept": True}),
    _b("reply.wrong_content_type", "The answer is JSON and says it is something else.",
       {"reply.content_type": _s("content_type", "text/html")}),
    _b("reply.created_201", "Success is 201.", {"reply.status": 201}),
    _b("reply.error_in_200", "An error comes with status 200.", {"reply.error_status": 200}),
    _b("reply.ok_false", "Answers have `ok`; an error comes with status 200.",
       {"reply.has_ok": True, "reply.error_status": 200}),
    _b("reply.error_extra", "An error has these members as well.",
       {"reply.error_extra": _s("error_extra", {"error_codes": [50173]})}),
    _b("reply.error_echo", "An error repeats the request's headers and body.", {"reply.echoes": True}),
    _b("reply.expires_as", "The expiry is told as `string`, `float`, `milliseconds`, `minutes`, `epoch`, `epoch_ms`, `iso`, `duration`, `clock` (D:HH:MM) or is `missing`.",
       {"reply.names": {"expires_in": _s("expiry_field", "expires_in")},
        "reply.expires_as": _s("expires_as", "milliseconds")}),
    _b("reply.expiry", "The expiry is this value, whatever is true.",
       {"reply.names": {"expires_in": _s("expiry_field", "expires_in")},
        "reply.expires_as": "literal", "reply.expiry": _s("expiry_value", 0)}),
    _b("reply.jwt_access_token", "The access token is a JWT, and only its `exp` tells the expiry.",
       {"reply.is_jwt": True, "reply.expires_as": "missing"}),
    _b("reply.token_type", "The token type is another; null leaves it out.",
       {"reply.token_type": _s("token_type", "User Access Token")}),
    _b("reply.scope_absent", "The granted scopes are not told.", {"reply.has_scope": False}),
    _b("reply.scope_separator", "The granted scopes are joined by something other than a space.",
       {"reply.scope_separator": _s("reply_scope_separator", ",")}),
    _b("reply.scopes_fewer", "Fewer scopes are granted than were asked for.",
       {"reply.scopes_dropped": _s("scopes_dropped", 1)}),
    _b("reply.two_tokens", "A second token, of the person, is in `authed_user`; it is refreshed apart.",
       {"reply.has_user_token": True, "reply.user_token_lifetime": _s("user_token_lifetime", None)}),
    _b("reply.api_host", "The host of the API comes with the tokens; `{generation}` in it counts refreshes, `{tenant}` is the person's company.",
       {"reply.extra": {"api_domain": _s("api_host", "https://api.sandbox.example")}}),
    _b("reply.extra", "These members come as well; `{generation}` and `{tenant}` in them are filled in.", {"reply.extra": _s("reply_extra", {"tenant_id": "{tenant}"})}),
)  # fmt: skip

_REFRESH: Final = (
    _b("refresh.same_token", "The refresh token does not change.", {"refresh.token": "same"}),
    _b("refresh.omits_token", "The answer has no refresh token; the old one goes on.", {"refresh.token": "omitted"}),
    _b("refresh.null_token", "The refresh token is null in the answer; the old one goes on.", {"refresh.token": "null"}),
    _b("refresh.empty_token", "The refresh token is empty in the answer; the old one goes on.", {"refresh.token": "empty"}),
    _b("refresh.same_access_token", "The access token lives longer instead of being replaced.",
       {"refresh.same_access_token": True}),
    _b("refresh.with_access_token", "There is no refresh token: the access token is exchanged while it lives.",
       {"refresh.by": "access_token",
        "token.grant_types": {"refresh_token": _s("refresh_grant_type", "ig_refresh_token")},
        "token.names": {"access_token": _s("refresh_param", "access_token")},
        "refresh.lifetime": _s("long_lifetime", 60 * 86_400)}),
    _b("refresh.other_url", "Tokens are refreshed at another address.",
       {"refresh.path": _s("refresh_path", "/token/refresh")}),
    _b("refresh.bearer", "The refresh token is sent as a bearer token.", {"refresh.bearer": True}),
    _b("refresh.without_client", "To refresh, the client does not name itself; an id or a secret is refused.",
       {"refresh.without_client": True}),
    _b("refresh.params_required", "Refreshing takes these parameters, too.",
       {"refresh.required": _s("refresh_params", {"scope": "notes.read"})}),
    _b("refresh.too_early", "Refreshing is refused while more than `refresh_margin` seconds are left.",
       {"refresh.margin": _s("refresh_margin", 30)}),
)  # fmt: skip

_PLACE: Final = (
    _b("token.place.header", "The API takes the token in a header of its own.",
       {"place.kind": "header", "place.name": _s("place_name", "X-Access-Token")}),
    _b("token.place.authorization", "The API takes the token in `Authorization`, without a scheme.",
       {"place.kind": "authorization"}),
    _b("token.place.scheme", "The API takes the token in `Authorization`, with another scheme.",
       {"place.scheme": _s("place_scheme", "Token")}),
    _b("token.place.query", "The API takes the token in the query.",
       {"place.kind": "query", "place.name": _s("place_name", "access_token")}),
    _b("token.place.cookie", "The API takes the token in a cookie.",
       {"place.kind": "cookie", "place.name": _s("place_name", "session")}),
    _b("token.session_step", "The API takes session tokens alone, which `/session` gives for an access token.",
       {"place.session": True}),
)  # fmt: skip

_REVOKE: Final = (
    _b("revoke.unsupported", "There is no way to revoke.", {"revoke.kind": "unsupported"}),
    _b("revoke.bearer", "The access token itself is sent, as the API takes it.", {"revoke.kind": "bearer"}),
    _b("revoke.delete_grant", "`DELETE /applications/{client_id}/grant` with HTTP Basic and the token as JSON.",
       {"revoke.kind": "delete_grant"}),
    _b("revoke.delete_token", "`DELETE /refresh-tokens/{token}`, without more.", {"revoke.kind": "delete_token"}),
    _b("revoke.no_effect", "Revoking says yes and does nothing.", {"revoke.effective": False}),
    _b("revoke.shared_grant", "Revoking ends all grants of the same person to the client.", {"revoke.shared": True}),
)  # fmt: skip

_INTROSPECT: Final = (
    _b("introspect.bearer", "Introspection takes the access token, as the API does, and no client.", {"introspect.bearer": True}),
)  # fmt: skip

BEHAVIORS: Final = {
    behavior.name: behavior
    for behaviors in (_AUTHORIZE, _CALLBACK, _TOKEN, _REPLY, _REFRESH, _PLACE, _REVOKE, _INTROSPECT)
    for behavior in behaviors
}
