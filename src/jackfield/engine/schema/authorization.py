"""Schema of `authorization`."""

from typing import Final

from jackfield.engine.schema.expressions import Evaluated
from jackfield.engine.schema.kinds import Boolean, Choice, Text
from jackfield.engine.schema.oauth import OAUTH_ENTRIES
from jackfield.engine.schema.structures import Entry, Record, Unknown, Variant

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


def _authorization(name: str, doc: str, /, **entries: Entry) -> Record:
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
            **OAUTH_ENTRIES,
        ),
    },
)
