"""The parameters of step functions that speak HTTP."""

from typing import Final

from jackfield.connectors.schema.authorization import AUTHORIZATION
from jackfield.connectors.schema.expressions import Evaluated, Expression, Template
from jackfield.connectors.schema.kinds import Boolean, Choice, Number, Text
from jackfield.connectors.schema.structures import Either, Entry, ListOf, MapOf, Record, Unknown
from jackfield.engine.wire.formats import FORMATS

METHODS: Final = ("get", "post", "put", "patch", "delete")
_METHOD: Final = Evaluated(Choice(METHODS))
_TEXT: Final = Evaluated(Text())
_TEXTS: Final = Evaluated(ListOf(_TEXT))
_FLAG: Final = Evaluated(Boolean())

ARG: Final = Record(
    "Arg",
    {
        "name": Entry(_TEXT, "The parameter's name, as the provider spells it.", required=True),
        "value": Entry(Template(), "What to send.", required=True),
        "in": Entry(
            Evaluated(Choice(("query", "body", "headers"))),
            "Where it goes. Parts of the path are written into `url` instead.",
            required=True,
        ),
        "condition": Entry(Expression(), "Send it only if this is exactly `true`."),
        "spread": Entry(_FLAG, "Put the entries of the value, not the value, into the body."),
        "inline": Entry(_FLAG, "The value is the whole body, as text."),
        "arrayFormat": Entry(
            Evaluated(Choice(("repeat", "brackets", "comma", "stringify"))),
            "How a list is written into the query.",
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
CUSTOM_ERROR: Final = Record(
    "CustomError",
    {
        "receivedStatus": Entry(Number(integer=True), "The status it applies to.", required=True),
        "targetStatus": Entry(
            Number(integer=True),
            "The status to treat it as: 4xx and 5xx fail the step, 2xx makes it succeed.",
            required=True,
        ),
        "message": Entry(Expression(), "What to say, evaluated on the response."),
        "condition": Entry(Expression(), "Applies only if this is exactly `true`."),
        "field": Entry(
            Text(),
            "The credential the error is about, so that a form can show it at that field.",
            ours=True,
        ),
    },
    doc="A response to be understood differently than its status says.",
    unknown=Unknown.REFUSED,
)
CERTIFICATES: Final = Record(
    "Certificates",
    {
        "certs": Entry(_TEXTS, "Certificates, as PEM or base64 of it."),
        "keys": Entry(_TEXTS, "Their private keys, as PEM or base64 of it."),
    },
    doc="What to show a server that asks for a client certificate.",
)
_SAML: Final = Record(
    "Saml",
    {
        "objectKey": Entry(_TEXT, "The body field the assertion is put under.", required=True),
        "key": Entry(_TEXT, "The private key that signs it.", required=True),
        "clientId": Entry(_TEXT, "The client the assertion is for.", required=True),
        "cert": Entry(_TEXT, "The certificate that belongs to the key."),
        "issuer": Entry(_TEXT, "Who issues it."),
        "lifetime": Entry(Evaluated(Number()), "How long it is valid, in seconds."),
        "nameId": Entry(_TEXT, "The user it speaks for."),
        "audience": Entry(_TEXT, "Whom it is addressed to."),
        "nameIdentifierFormat": Entry(_TEXT, "The format of `nameId`, as a URN."),
        "tokenEndpoint": Entry(_TEXT, "Where it will be exchanged for a token."),
    },
    doc="A signed SAML assertion sent in the body.",
    unknown=Unknown.REFUSED,
)
_BASE_URL: Final = Entry(_TEXT, "Used instead of the connector's `baseUrl`.")
_URL: Final = Entry(_TEXT, "Appended to the base URL; `${…}` puts values in.", required=True)
_ARGS: Final = Entry(ListOf(ARG), "What is sent in query, body and headers.")
_AUTHORIZATION: Final = Entry(
    AUTHORIZATION, "Used instead of the auth method's, and replaces it entirely."
)
_CUSTOM_ERRORS: Final = Entry(
    ListOf(CUSTOM_ERROR), "Responses to understand differently; the first that fits wins."
)
_ENCODE_QUERY: Final = Entry(_FLAG, "Percent-encode the query.", default=True)
_DATA_KEY: Final = Entry(Text(), "Path of the useful part of the response, without a leading `$.`.")
_NEXT_KEY: Final = Entry(Text(), "Path of the next page's cursor in the response.")
_INDEX_FIELD: Final = Entry(Text(), "Return rows as a map by this field of theirs.")

RESPONSE: Final = Record(
    "RequestResponse",
    {
        "dataKey": _DATA_KEY,
        "indexField": _INDEX_FIELD,
        "collection": Entry(Boolean(), "The response is a list; with `indexField`."),
        "format": Entry(
            Choice(FORMATS),
            "How the response is written, in strict mode: anything else is an error. "
            "`auto` is JSON or, failing that, text; `lines`, `csv` and `ndjson` become "
            "lists. CSV columns of the same name are numbered: `Opens (2)`.",
            default="json",
            ours=True,
        ),
        "lineKey": Entry(
            Expression(),
            "With `format: lines`: makes an object of each line, under this key, which "
            "may depend on `line`.",
            ours=True,
        ),
    },
    unknown=Unknown.REFUSED,
)
REQUEST: Final = Record(
    "RequestParameters",
    {
        "baseUrl": _BASE_URL,
        "url": _URL,
        "method": Entry(_METHOD, "The HTTP method, in lower case.", required=True),
        "args": _ARGS,
        "authorization": _AUTHORIZATION,
        "response": Entry(RESPONSE, "Which part of the response the step gives back."),
        "customErrors": _CUSTOM_ERRORS,
        "encodeQueryParams": _ENCODE_QUERY,
        "cacheTTL": Entry(
            Evaluated(Number(minimum=0, integer=True)),
            "Minutes to keep the response for the same account.",
            default=0,
        ),
        "certificates": Entry(CERTIFICATES, "Client certificate to show."),
        "saml": Entry(_SAML, "SAML assertion to sign and send."),
    },
    doc="One HTTP request.",
)
PAGINATED_REQUEST: Final = Record(
    "PaginatedRequestParameters",
    {
        **{
            name: entry
            for name, entry in REQUEST.entries.items()
            if name not in {"response", "certificates"}
        },
        "response": Entry(
            Record(
                "PaginatedResponse",
                {
                    "dataKey": _DATA_KEY,
                    "indexField": _INDEX_FIELD,
                    "nextKey": _NEXT_KEY,
                    "nextKeyIn": Entry(
                        Choice(("data", "headers")), "Where `nextKey` looks.", default="data"
                    ),
                },
                unknown=Unknown.REFUSED,
            ),
            "Where the rows and the next cursor are.",
        ),
        "iterator": Entry(
            Record(
                "Iterator",
                {
                    "key": Entry(_TEXT, "The parameter the cursor is sent in."),
                    "in": Entry(Choice(("query", "body")), "Where that parameter goes."),
                    "mode": Entry(
                        Choice(("cursor", "offset", "page", "url", "link")),
                        "How pages are asked for; `url` and `link` follow the address the "
                        "provider gives in the body or in its `Link` header.",
                        default="cursor",
                    ),
                    "condition": Entry(Text(), "Go on only while this holds for the response."),
                    "startPage": Entry(
                        Number(minimum=0, integer=True), "The first page's number.", default=1
                    ),
                    "maxPage": Entry(
                        Number(minimum=1, maximum=10_000, integer=True),
                        "Fail rather than ask for more pages than this.",
                        default=1000,
                    ),
                },
                unknown=Unknown.REFUSED,
            ),
            "How one page leads to the next.",
            required=True,
        ),
        "cursor": Entry(
            Record(
                "CursorParameters",
                {
                    "token": Entry(Template(), "Where to go on."),
                    "position": Entry(Template(), "How many rows of that page to leave out."),
                },
            ),
            "Where to begin; the caller's cursor when left out.",
        ),
    },
    doc="Requests page after page, until there are enough rows.",
)
_NAMESPACE: Final = Record(
    "Namespace",
    {
        "namespaceIdentifier": Entry(Text(), "The prefix.", required=True),
        "namespace": Entry(Text(), "The URI it stands for.", required=True),
    },
    doc="An XML namespace of the envelope.",
)
SOAP_REQUEST: Final = Record(
    "SoapRequestParameters",
    {
        "baseUrl": _BASE_URL,
        "url": _URL,
        "method": Entry(_METHOD, "The HTTP method, in lower case.", required=True),
        "args": Entry(ListOf(SIMPLE_ARG), "What is sent; body args become elements."),
        "authorization": _AUTHORIZATION,
        "envelope": Entry(
            Either((Text(), MapOf(Template()))), "The whole envelope, instead of one that is built."
        ),
        "namespaces": Entry(ListOf(_NAMESPACE), "Namespaces; the first is the elements' own."),
        "soapOperation": Entry(_TEXT, "The element around the body args."),
        "soapAction": Entry(_TEXT, "The `SOAPAction` header."),
        "useSoapContext": Entry(_FLAG, "Send a WS-Security user name token.", default=True),
        "response": Entry(
            Record(
                "SoapResponse",
                {
                    "dataKey": _DATA_KEY,
                    "indexField": _INDEX_FIELD,
                    "collection": Entry(Boolean(), "The response is a list; with `indexField`."),
                },
                unknown=Unknown.REFUSED,
            ),
            "Which part of the response the step gives back.",
        ),
        "customErrors": _CUSTOM_ERRORS,
        "encodeQueryParams": _ENCODE_QUERY,
    },
    doc="One SOAP call.",
)
SOAP_PAGINATED_REQUEST: Final = Record(
    "SoapPaginatedRequestParameters",
    {
        **SOAP_REQUEST.entries,
        "response": PAGINATED_REQUEST.entries["response"],
        "iterator": Entry(
            Record(
                "SoapIterator",
                {
                    "key": Entry(_TEXT, "The parameter the cursor is sent in.", required=True),
                    "in": Entry(Choice(("query", "body")), "Where it goes.", required=True),
                },
                unknown=Unknown.REFUSED,
            ),
            "How one page leads to the next.",
            required=True,
        ),
        "cursor": PAGINATED_REQUEST.entries["cursor"],
    },
    doc="SOAP calls page after page.",
)
