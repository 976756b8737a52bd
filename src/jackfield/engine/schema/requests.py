"""The parts that the parameters of several kinds of request have in common."""

from typing import Final

from jackfield.engine.schema.authorization import AUTHORIZATION
from jackfield.engine.schema.expressions import Address, Evaluated, Expression, Template
from jackfield.engine.schema.kinds import Boolean, Choice, Number, Text
from jackfield.engine.schema.structures import Entry, ListOf, Record, Unknown

METHODS: Final = ("get", "post", "put", "delete", "patch")
LOCATIONS: Final = ("query", "body", "headers")
ARRAY_FORMATS: Final = ("repeat", "brackets", "comma", "stringify")
METHOD: Final = Evaluated(Choice(METHODS))
TEXT: Final = Evaluated(Text())
TEXTS: Final = Evaluated(ListOf(TEXT))
FLAG: Final = Evaluated(Boolean())
ARG: Final = Record(
    "Arg",
    {
        "name": Entry(TEXT, "The parameter's name, as the provider spells it.", required=True),
        "value": Entry(Template(), "What to send.", required=True),
        "in": Entry(
            Choice(LOCATIONS),
            "Where it goes. Parts of the path are written into `url` instead.",
            required=True,
        ),
        "condition": Entry(Expression(), "Send it only if this is exactly `true`."),
        "spread": Entry(
            FLAG,
            "Put the entries of the value, not the value, into the body. In strict mode a text, "
            "number or boolean becomes the whole body, as JSON.",
        ),
        "inline": Entry(FLAG, "The value is the whole body, as text."),
        "arrayFormat": Entry(
            Choice(ARRAY_FORMATS),
            "How a list is written into the query; as `name[0]=…&name[1]=…` when left out. In strict "
            "mode an object is written so too, and with a form's content type the fields of the "
            "body.",
        ),
    },
    doc="A value sent with a request.",
    unknown=Unknown.REFUSED,
)
SIMPLE_ARG: Final = Record(
    "SoapArg",
    {name: entry for name, entry in ARG.entries.items() if name not in {"spread", "inline"}},
    doc="A value sent with a SOAP request.",
    unknown=Unknown.REFUSED,
)
PAGINATED_ARG: Final = Record(
    "PaginatedArg",
    {name: entry for name, entry in ARG.entries.items() if name != "inline"},
    doc="A value sent with the request for a page.",
    unknown=Unknown.REFUSED,
)
CUSTOM_ERROR: Final = Record(
    "CustomError",
    {
        "receivedStatus": Entry(Number(integer=True), "The status it applies to.", required=True),
        "targetStatus": Entry(
            Number(integer=True),
            "The status to treat it as: 4xx and 5xx fail the step, 2xx makes it succeed.",
            required=True,
        ),
        "message": Entry(Expression(), "The message, evaluated on the response."),
        "condition": Entry(Expression(), "Applies only if this is exactly `true`."),
        "field": Entry(
            Text(),
            "The credential the error is about, so that a form can show it at that field.",
            ours=True,
        ),
    },
    doc="A response to treat as one of another status.",
    unknown=Unknown.REFUSED,
)
CERTIFICATES: Final = Record(
    "Certificates",
    {
        "certs": Entry(TEXTS, "Certificates, as PEM or base64 of it."),
        "keys": Entry(TEXTS, "Their private keys, as PEM or base64 of it."),
    },
    doc="A TLS client certificate.",
)
BASE_URL: Final = Entry(Address(), "Used instead of the connector's `baseUrl`.")
URL: Final = Entry(Address(), "Appended to the base URL; `${…}` puts values in.", required=True)
ARGS: Final = Entry(ListOf(ARG), "What is sent in query, body and headers.")
AUTHORIZATION_ENTRY: Final = Entry(
    AUTHORIZATION, "Used instead of the auth method's, and replaces it entirely."
)
CUSTOM_ERRORS: Final = Entry(
    ListOf(CUSTOM_ERROR), "Responses to treat as another status; the first match wins."
)
ENCODE_QUERY: Final = Entry(FLAG, "Percent-encode the query.", default=True)
DATA_KEY: Final = Entry(Text(), "Path of the useful part of the response, without a leading `$.`.")
NEXT_KEY: Final = Entry(Text(), "Path of the next page's cursor in the response.")
INDEX_FIELD: Final = Entry(Text(), "Return rows as a map by this field of theirs.")
