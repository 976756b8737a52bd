"""Schema of `authorization`."""

from typing import Final

from jackfield.engine.schema.expressions import Address, Evaluated, Expression, Template
from jackfield.engine.schema.kinds import Boolean, Choice, Number, Text
from jackfield.engine.schema.structures import (
    Either,
    Entry,
    ListOf,
    MapOf,
    Record,
    Unknown,
    Variant,
)

_TEXT: Final = Evaluated(Text())
_FLAG: Final = Evaluated(Boolean())
_REDIRECT: Final = Entry(_TEXT, "The redirect URI registered with the provider.")

AWS4_SIGNING: Final = Record(
    "Aws4Signing",
    {
        "strategy": Entry(Choice(("aws4",)), "AWS Signature Version 4.", required=True),
        "service": Entry(_TEXT, "The AWS service.", required=True),
        "region": Entry(_TEXT, "The AWS region; the credential `region` when left out."),
    },
    doc="Requests signed for AWS with the credentials `accessKeyId` and `secretAccessKey`.",
    unknown=Unknown.REFUSED,
)
HMAC_SIGNING: Final = Record(
    "HmacSigning",
    {
        "strategy": Entry(Choice(("hmac",)), "A keyed hash of the request.", required=True),
        "algorithm": Entry(
            Choice(("sha1", "sha256", "sha384", "sha512", "md5")), "The hash.", default="sha256"
        ),
        "headerName": Entry(_TEXT, "The header of the signature.", default="X-Signature"),
        "prefix": Entry(_TEXT, "The text before the signature."),
        "dateFormat": Entry(
            Choice(("iso8601", "rfc2822")), "How the time is written.", default="iso8601"
        ),
        "includeHost": Entry(_FLAG, "Sign the host too.", default=False),
        "includeBodyHash": Entry(_FLAG, "Sign a hash of the body too.", default=True),
        "outputFormat": Entry(
            Choice(("header", "basic")),
            "Send the signature in a header of its own, or as the password of Basic.",
            default="header",
        ),
        "username": Entry(_TEXT, "The user name of Basic."),
    },
    doc="Requests signed with the credential `secretKey`.",
    unknown=Unknown.REFUSED,
)

_TOKEN: Final = Entry(_TEXT, "The access token.", required=True)
_INCLUDE_BEARER: Final = Entry(_FLAG, "Write `Bearer` before the token.", default=True)


def _authorization(name: str, doc: str, **entries: Entry) -> Record:
    kind = Entry(Choice((name,)), doc, required=True)
    title = f"{name[0].upper()}{name[1:]}Authorization"
    return Record(title, {"type": kind, **entries}, doc=doc, unknown=Unknown.REFUSED)


AUTHORIZATION: Final = Variant(
    "type",
    {
        "none": _authorization(
            "none",
            "Requests carry no authorization of their own.",
            signing=Entry(
                Variant("strategy", {"aws4": AWS4_SIGNING, "hmac": HMAC_SIGNING}),
                "Sign requests instead.",
            ),
            redirectUri=_REDIRECT,
        ),
        "basic": _authorization(
            "basic",
            "A user name and a password.",
            username=Entry(_TEXT, "The user name; empty when left out."),
            password=Entry(_TEXT, "The password; empty when left out."),
            encoding=Entry(_TEXT, "How both are encoded.", default="base64"),
            redirectUri=_REDIRECT,
        ),
        "bearer": _authorization(
            "bearer",
            "A token in the `Authorization` header.",
            token=_TOKEN,
            includeBearer=_INCLUDE_BEARER,
            redirectUri=_REDIRECT,
        ),
        "apiKey": Record(
            "ApiKeyAuthorization",
            {
                "type": Entry(
                    Choice(("apiKey",)),
                    "A key in a header or query parameter of any name.",
                    required=True,
                    ours=True,
                ),
                "in": Entry(Choice(("header", "query")), "Where it goes.", default="header"),
                "name": Entry(Text(), "The header's or parameter's name.", required=True),
                "value": Entry(_TEXT, "The key.", required=True),
            },
            doc="A key in a header or query parameter of any name.",
            unknown=Unknown.REFUSED,
        ),
        "oauth2": _authorization(
            "oauth2",
            "An OAuth 2 access token, and how an account gets one.",
            token=_TOKEN,
            includeBearer=_INCLUDE_BEARER,
            redirectUri=_REDIRECT,
            authorizationUrl=Entry(Address(), "Where the user is sent to sign in."),
            authorizationParams=Entry(MapOf(Template()), "Query parameters of that address."),
            tokenUrl=Entry(Address(), "Where a code is exchanged for a token."),
            tokenParams=Entry(MapOf(Template()), "Parameters of that exchange."),
            tokenExpiresIn=Entry(
                Evaluated(Number(minimum=0)), "Lifetime in seconds, if the provider gives none."
            ),
            tokenRefreshExpiresIn=Entry(
                Evaluated(Number(minimum=0)), "Lifetime of the refresh token, in seconds."
            ),
            scopes=Entry(Either((Expression(), ListOf(Expression()))), "The scopes to request."),
            scopeDelimiter=Entry(Text(), "The separator of scopes.", default=" "),
            customHeaders=Entry(MapOf(Template()), "Headers for the token endpoint only."),
            pkce=Entry(_FLAG, "Use PKCE (RFC 7636)."),
            additionalTokenFields=Entry(
                MapOf(Expression()), "Further credentials, taken from the token response."
            ),
            callbackParams=Entry(
                MapOf(Text()), "Credentials that arrive as query parameters of the callback."
            ),
            issuer=Entry(Expression(), "Who issues the tokens."),
            tokenResponse=Entry(
                Record(
                    "TokenResponse",
                    {
                        "acceptTokenTypes": Entry(ListOf(Text()), "Accepted `token_type`s."),
                        "accessToken": Entry(Text(), "Path of the access token."),
                        "refreshToken": Entry(Text(), "Path of the refresh token."),
                    },
                ),
                "Where the tokens are in the token response.",
            ),
        ),
    },
)
