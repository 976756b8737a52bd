"""Schema of the `oauth2` authorization: how an account gets its tokens, and where they go."""

from typing import Final

from jackfield.engine.schema.expressions import Address, Evaluated, Expression, Template
from jackfield.engine.schema.kinds import Boolean, Choice, Number, Text
from jackfield.engine.schema.signing import HASHES, SIGNATURE_FORMS, SIGNING
from jackfield.engine.schema.structures import Either, Entry, ListOf, MapOf, Record, Unknown

CLIENT_AUTHENTICATIONS: Final = (
    "body", "basic", "basicRaw", "basicSecretOnly", "privateKeyJwt", "clientSecretJwt", "none",
)  # fmt: skip

EXPIRY_KINDS: Final = (
    "seconds", "milliseconds", "minutes", "epochSeconds", "epochMilliseconds", "iso8601", "httpDate",
    "duration", "d:hh:mm", "h:mm:ss",
)  # fmt: skip

_TEXT: Final = Evaluated(Text())
_TEXTS: Final = ListOf(Text())
_KIND: Final = Choice(EXPIRY_KINDS)

_TOKEN_REQUEST: Final = Record(
    "TokenRequest",
    {
        "method": Entry(Choice(("post", "get")), "Its method.", default="post"),
        "encoding": Entry(
            Choice(("form", "json", "query")), "How its parameters are written.", default="form"
        ),
        "body": Entry(
            Template(),
            "The whole body, where it is none of these. Sees the parameters as "
            "`$.parameters.<name>`, beside credentials. It is written by its `contentType`: elements "
            "of XML (`@_name` is an attribute, `#text` text), a form, or JSON; a text as it is.",
        ),
        "contentType": Entry(Text(), "The type of that body; JSON when left out."),
        "queryParams": Entry(_TEXTS, "Parameters that go into the address all the same."),
        "headers": Entry(MapOf(Template()), "Headers of this request alone."),
        "signing": Entry(SIGNING, "How it is signed, once it is written."),
    },
    doc="How a token endpoint is asked.",
    unknown=Unknown.REFUSED,
)
_ASSERTION: Final = Record(
    "ClientAssertion",
    {
        "key": Entry(_TEXT, "The private key, in PEM; the secret of a MAC.", required=True),
        "algorithm": Entry(Text(), "How it is signed, such as RS256 or ES256.", default="RS256"),
        "headers": Entry(MapOf(Template()), "Further header fields, such as `kid` or `x5t#S256`."),
        "claims": Entry(
            MapOf(Template()),
            "Claims beside, or instead of, `iss`, `sub`, `aud`, `iat`, `exp`, `jti`. Times are "
            "written as `sign_jwt` takes them, such as `now+5m`.",
        ),
        "lifetime": Entry(
            Number(minimum=30, maximum=3600), "Its lifetime in seconds.", default=300
        ),
    },
    doc="A signed statement of who asks (RFC 7523).",
    unknown=Unknown.REFUSED,
)
_TOKEN_RESPONSE: Final = Record(
    "TokenResponse",
    {
        "acceptTokenTypes": Entry(_TEXTS, "Accepted `token_type`s."),
        "accessToken": Entry(Text(), "Path of the access token.", default="access_token"),
        "refreshToken": Entry(Text(), "Path of the refresh token.", default="refresh_token"),
        "idToken": Entry(Text(), "Path of the ID token.", default="id_token", ours=True),
        "scopes": Entry(Text(), "Path of the granted scopes.", default="scope", ours=True),
        "expiresIn": Entry(
            Text(), "Path of the access token's lifetime or end.", default="expires_in", ours=True
        ),
        "expiryKind": Entry(_KIND, "How that is written.", default="seconds", ours=True),
        "zeroIsNever": Entry(
            Boolean(),
            "A lifetime of 0 means that the token does not end.",
            default=False,
            ours=True,
        ),
        "refreshExpiresIn": Entry(
            Text(),
            "Path of the refresh token's lifetime or end.",
            default="refresh_token_expires_in",
            ours=True,
        ),
        "refreshExpiryKind": Entry(_KIND, "How that is written.", default="seconds", ours=True),
        "isExpiryInToken": Entry(
            Boolean(),
            "The access token is a JWT that tells its end, if the answer does not.",
            default=False,
            ours=True,
        ),
        "success": Entry(
            Expression(), "Holds if the answer is a success; sees its body as `$`.", ours=True
        ),
        "error": Entry(Text(), "Path of the error code.", default="error", ours=True),
        "errorDescription": Entry(
            Text(), "Path of the words for it.", default="error_description", ours=True
        ),
        "errorDetail": Entry(Text(), "Path of the provider's own finer code.", ours=True),
    },
    doc="Where the tokens are in the token response.",
)
_CODE_WEBHOOK: Final = Record(
    "CodeWebhook",
    {
        "code": Entry(Text(), "Path of the code in its body.", required=True),
        "installation": Entry(Text(), "Path of the installation's id.", required=True),
        "credential": Entry(
            Text(),
            "The credential of `callbackParams` that has the same id when the browser comes back.",
            required=True,
        ),
        "signatureHeader": Entry(Text(), "The header of its signature.", required=True),
        "signaturePrefix": Entry(Text(), "The text before the signature, such as `sha256=`."),
        "signatureEncoding": Entry(
            Choice(SIGNATURE_FORMS), "How the signature is written.", default="hex"
        ),
        "algorithm": Entry(Choice(HASHES), "The hash of the HMAC.", default="sha256"),
        "timestampHeader": Entry(
            Text(),
            "The header of the time in seconds, if `<time>.<body>` is signed in place of the body. "
            "One that is five minutes off is refused.",
        ),
    },
    doc="A webhook by which a provider sends the code of a sign-in, signed with `clientSecret`.",
    unknown=Unknown.REFUSED,
)
_REFUSALS: Final = ListOf(
    Record(
        "TokenRefusal",
        {
            "code": Entry(
                Either((Text(), Number())), "The error code, or the finer one.", required=True
            ),
            "means": Entry(
                Choice(("grant", "client", "transient")),
                "`grant`: the account is to be linked again; `client`: the setup is wrong; "
                "`transient`: it may work later.",
                required=True,
            ),
            "message": Entry(Text(), "What to say about it."),
        },
        doc="What an error code of the token endpoint means.",
        unknown=Unknown.REFUSED,
    )
)
_SECOND_TOKEN: Final = Record(
    "SecondToken",
    {
        "name": Entry(
            Text(r"^[a-z][A-Za-z0-9]*$", "a name in camel case, such as `user`"),
            "What it is of: `user` makes it `$.credentials.userToken`, renewed by "
            "`$.credentials.userRefreshToken`.",
            required=True,
        ),
        "at": Entry(
            Text(r"\S", "a path"),
            "Path of the object that it is in, in the answer to a sign-in, with the members of "
            "`tokenResponse`.",
            required=True,
        ),
    },
    doc="A second token of a sign-in, with an end and a refresh token of its own.",
    unknown=Unknown.REFUSED,
)
OAUTH1_SIGN_IN: Final = Record(
    "OAuth1SignIn",
    {
        "requestTokenUrl": Entry(
            Address(), "Where a sign-in gets its temporary token.", required=True
        ),
        "authorizationUrl": Entry(
            Address(), "Where the user is sent with it to sign in.", required=True
        ),
        "authorizationParams": Entry(
            MapOf(Template()), "Query parameters of that address, beside `oauth_token`."
        ),
        "accessTokenUrl": Entry(
            Address(), "Where it is exchanged for the account's token.", required=True
        ),
    },
    doc="How an account signs in by OAuth 1.0a (RFC 5849). Its requests are signed as `signing` says.",
    unknown=Unknown.REFUSED,
)

OAUTH_ENTRIES: Final[dict[str, Entry]] = {
    "in": Entry(Choice(("header", "query")), "Where the token goes.", default="header", ours=True),
    "name": Entry(
        Text(), "The header's or parameter's name; `Authorization` when left out.", ours=True
    ),
    "authorizationUrl": Entry(Address(), "Where the user is sent to sign in."),
    "authorizationParams": Entry(
        MapOf(Template()),
        "Query parameters of that address, beside and instead of the usual ones; an empty one is "
        "left out.",
    ),
    "authorizationRequest": Entry(
        Record(
            "AuthorizationRequest",
            {
                "plainParams": Entry(_TEXTS, "Parameters written as they are, without escapes."),
                "afterFragment": Entry(
                    Boolean(), "Parameters go behind the `#` of the address.", default=False
                ),
                "isEncoded": Entry(
                    Boolean(), "The address is escaped, and has to be decoded once.", default=False
                ),
            },
            doc="How the address for signing in is written.",
            unknown=Unknown.REFUSED,
        ),
        "How that address is written.",
        ours=True,
    ),
    "parameterNames": Entry(
        MapOf(Text()),
        "What the provider calls the parameters of OAuth, such as `client_id`; an empty name "
        "leaves one out.",
        ours=True,
    ),
    "callback": Entry(
        Record(
            "Callback",
            {
                "names": Entry(
                    MapOf(Text()), "What the provider calls `code`, `state` and `error` there."
                ),
                "patterns": Entry(
                    MapOf(Text()), "What the values of `callbackParams` look like, by credential."
                ),
                "needsIssuer": Entry(
                    Evaluated(Boolean()),
                    "A callback without `iss` is refused (RFC 9207).",
                    default=False,
                ),
                "withoutCode": Entry(
                    Boolean(),
                    "The provider sends no code, as for an administrator's consent.",
                    default=False,
                ),
                "mayStartThere": Entry(
                    Boolean(),
                    "The provider may send people without our state, as when its store installs. "
                    "Nothing is linked by that until a signed-in person says so.",
                    default=False,
                ),
                "pendingWhen": Entry(
                    MapOf(Text()),
                    "Parameters, with the values that say that somebody there still has to approve, "
                    "such as `setup_action: request`.",
                ),
                "codeByWebhook": Entry(
                    _CODE_WEBHOOK, "The code comes by webhook, and the browser without it."
                ),
            },
            doc="How the provider sends people back.",
            unknown=Unknown.REFUSED,
        ),
        "How the provider sends people back.",
        ours=True,
    ),
    "clientId": Entry(_TEXT, "The OAuth app's id.", default="$.credentials.clientId", ours=True),
    "clientSecret": Entry(
        _TEXT, "The OAuth app's secret.", default="$.credentials.clientSecret", ours=True
    ),
    "clientAuthentication": Entry(
        Choice(CLIENT_AUTHENTICATIONS),
        "How the OAuth app says who it is; `body`, unless `customHeaders` has an `Authorization`.",
        ours=True,
    ),
    "clientAssertion": Entry(
        _ASSERTION, "The statement of `privateKeyJwt` and `clientSecretJwt`.", ours=True
    ),
    "assertion": Entry(_ASSERTION, "The statement of the grant type `jwt_bearer`.", ours=True),
    "deviceAuthorizationUrl": Entry(
        Address(), "Where the grant type `device_code` asks for a code.", ours=True
    ),
    "tokenUrl": Entry(Address(), "Where a code is exchanged for a token."),
    "tokenParams": Entry(
        MapOf(Template()),
        "Parameters of that exchange, beside and instead of the usual ones; an empty one is left "
        "out.",
    ),
    "tokenRequest": Entry(_TOKEN_REQUEST, "How that exchange is asked for.", ours=True),
    "introspectionUrl": Entry(
        Address(),
        "Where the worker asks whether an access token is still good, and until when (RFC 7662), if "
        "the answer that gave it has no end.",
        ours=True,
    ),
    "introspectionParams": Entry(
        MapOf(Template()),
        "Parameters of that request, beside and instead of the usual ones; an empty one is left out.",
        ours=True,
    ),
    "introspectionRequest": Entry(
        _TOKEN_REQUEST,
        "How that is asked for; by a form, as the OAuth app, when left out.",
        ours=True,
    ),
    "introspectionInterval": Entry(
        Number(minimum=60, maximum=86_400),
        "How many seconds later that is asked again.",
        default=900,
        ours=True,
    ),
    "refreshUrl": Entry(
        Address(), "Where tokens are renewed; `tokenUrl` when left out.", ours=True
    ),
    "refreshParams": Entry(
        MapOf(Template()),
        "Parameters of a renewal, beside and instead of the usual ones.",
        ours=True,
    ),
    "refreshRequest": Entry(
        _TOKEN_REQUEST, "How a renewal is asked for; as `tokenRequest` when left out.", ours=True
    ),
    "refreshMargin": Entry(
        Number(minimum=0, maximum=86_400),
        "How many seconds before its end a token is renewed.",
        ours=True,
    ),
    "renewsAtOnce": Entry(
        Boolean(),
        "The first token is renewed at once: for one that lasts longer, or by the steps of "
        "`refreshAuthentication`.",
        default=False,
        ours=True,
    ),
    "tokenExpiresIn": Entry(
        Evaluated(Number(minimum=0)), "Lifetime in seconds, if the provider gives none."
    ),
    "tokenRefreshExpiresIn": Entry(
        Evaluated(Number(minimum=0)), "Lifetime of the refresh token, in seconds."
    ),
    "scopes": Entry(Either((Expression(), ListOf(Expression()))), "The scopes to request."),
    "scopeDelimiter": Entry(Text(), "The separator of scopes.", default=" "),
    "customHeaders": Entry(MapOf(Template()), "Headers for the token endpoint only."),
    "pkce": Entry(Evaluated(Boolean()), "Use PKCE (RFC 7636).", default=True),
    "pkceReason": Entry(Text(), "Why PKCE is not used.", ours=True),
    "additionalTokenFields": Entry(
        MapOf(Expression()), "Further credentials, taken from the token response."
    ),
    "callbackParams": Entry(
        MapOf(Text()), "Credentials that arrive as query parameters of the callback."
    ),
    "issuer": Entry(Expression(), "Who issues the tokens."),
    "tokenResponse": Entry(_TOKEN_RESPONSE, "Where the tokens are in the token response."),
    "secondToken": Entry(
        _SECOND_TOKEN,
        "A second token that a sign-in gives; each is renewed when it ends.",
        ours=True,
    ),
    "tokenRefusals": Entry(
        _REFUSALS, "What the error codes of the token endpoint mean.", ours=True
    ),
}
