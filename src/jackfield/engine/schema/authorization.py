"""Schema of `authorization`."""

from typing import Final

from jackfield.engine.schema.expressions import Evaluated
from jackfield.engine.schema.kinds import Boolean, Choice, Text
from jackfield.engine.schema.oauth import OAUTH1_SIGN_IN, OAUTH_ENTRIES
from jackfield.engine.schema.signing import SIGNING
from jackfield.engine.schema.structures import Entry, Record, Unknown, Variant

KEY_PLACES: Final = ("header", "query", "cookie", "body")
_TEXT: Final = Evaluated(Text())
_FLAG: Final = Evaluated(Boolean())
_REDIRECT: Final = Entry(_TEXT, "The redirect URI registered with the provider.")

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
            signing=Entry(SIGNING, "Sign requests instead."),
            signIn=Entry(
                OAUTH1_SIGN_IN,
                "How an account of a method of type `oauth1` gets the token that it signs with.",
                ours=True,
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
                    "A key in a place and under a name of its own.",
                    required=True,
                    ours=True,
                ),
                "in": Entry(
                    Choice(KEY_PLACES),
                    "Where it goes. A body that takes it is a form or a JSON object.",
                    default="header",
                ),
                "name": Entry(
                    Text(), "The name of the header, parameter, cookie or field.", required=True
                ),
                "value": Entry(_TEXT, "The key.", required=True),
            },
            doc="A key in a header, query parameter, cookie or field of the body, of any name.",
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
