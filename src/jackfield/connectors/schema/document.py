"""Schema of the connector document."""

from typing import Final

from jackfield.connectors.schema.action import ACTION, RELEASE_STAGES
from jackfield.connectors.schema.authentication import AUTHENTICATION
from jackfield.connectors.schema.events import EVENTS
from jackfield.connectors.schema.inputs import SCOPES
from jackfield.engine.schema.expressions import Address
from jackfield.engine.schema.kinds import Anything, Choice, Number, Text
from jackfield.engine.schema.requests import CUSTOM_ERROR, METHODS
from jackfield.engine.schema.structures import Either, Entry, ListOf, MapOf, Record

_RATE: Final = Number(minimum=0)
_SUB_POOL: Final = {
    "subPoolKey": Entry(Text(), "Its name.", required=True),
    "urlPattern": Entry(
        Text(), "A part of the URL, or a regular expression for it.", required=True
    ),
    "methods": Entry(
        ListOf(Choice(METHODS)),
        "The HTTP methods it is for, in lower case; any when left out.",
        ours=True,
    ),
}
_RATE_LIMIT: Final = Record(
    "RateLimit",
    {
        "mainRatelimit": Entry(_RATE, "Requests a second for one account."),
        "subPools": Entry(
            ListOf(
                Record(
                    "RateLimitPool",
                    {
                        **_SUB_POOL,
                        "rateLimit": Entry(
                            _RATE, "Requests a second, or `per` something else.", required=True
                        ),
                        "per": Entry(
                            Choice(("second", "minute")),
                            "What the requests are counted in. As many may go at once.",
                            default="second",
                            ours=True,
                        ),
                    },
                )
            ),
            "Tighter limits for some requests.",
        ),
        "mappedRateLimitErrors": Entry(
            ListOf(
                Record(
                    "MappedRateLimitError",
                    {
                        "errorStatus": Entry(
                            Number(integer=True), "The status of the response.", required=True
                        ),
                        "errorMessage": Entry(
                            Text(), "A part of its message, or an expression for it.", required=True
                        ),
                        "errorMessagePath": Entry(Text(), "Path of the message in the body."),
                        "retryAfterPath": Entry(
                            Text(), "The header that says how long to wait, if not `Retry-After`."
                        ),
                        "retryAfterBodyPath": Entry(
                            Text(),
                            "Path of the wait in the body, where no header says it.",
                            ours=True,
                        ),
                        "retryAfterUnit": Entry(
                            Choice(("seconds", "milliseconds", "date")),
                            "The unit of the wait; a date may be in Unix seconds.",
                            default="seconds",
                        ),
                        "retryAfterValue": Entry(
                            Number(minimum=0), "The wait, where none is said; of dates in seconds."
                        ),
                    },
                )
            ),
            "Responses that mean 429 but do not say so, or say elsewhere how long to wait.",
        ),
    },
    doc="How many requests an account may make.",
)
_CONCURRENCY: Final = Record(
    "Concurrency",
    {
        "mainMaxConcurrency": Entry(
            Number(minimum=1, integer=True), "Requests of one account under way at once."
        ),
        "subPools": Entry(
            ListOf(
                Record(
                    "ConcurrencyPool",
                    {
                        **_SUB_POOL,
                        "maxConcurrency": Entry(
                            Number(minimum=1, integer=True), "Requests at once.", required=True
                        ),
                    },
                )
            ),
            "Tighter limits for some requests.",
        ),
    },
    doc="How many requests of an account may be under way at once.",
)
_INFO: Final = Record(
    "Info",
    {
        "title": Entry(Text(r"\S", "not empty"), "The provider's name.", required=True),
        "key": Entry(
            Text(r"^[a-z0-9][a-z0-9_-]*$", "lower case letters, digits, '_' and '-'"),
            "The connector's name in action ids; it must never change.",
            required=True,
        ),
        "version": Entry(
            Text(r"^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$", "a semantic version such as '1.0.0'"),
            "The connector's version; a new major number breaks callers.",
            required=True,
        ),
        "description": Entry(Text(), "What the provider is for.", required=True),
        "assets": Entry(
            Record("Assets", {"icon": Entry(Text(), "A URL, or a file beside the connector.")}),
            "Pictures.",
        ),
    },
    doc="What the connector is.",
)
_CHANGELOG: Final = Record(
    "Changelog",
    {
        "summary": Entry(Text(), "What changed."),
        "labels": Entry(
            ListOf(Choice(("auth", "downstream-change", "bug-fix", "new-actions"))), "What kind."
        ),
    },
)
_REFERENCE: Final = Record(
    "DocumentationReference",
    {
        "title": Entry(Text(), "Its title.", required=True),
        "url": Entry(Text(), "Its address.", required=True),
        "description": Entry(Text(), "What it is about."),
    },
)
_SCOPE: Final = Record(
    "ScopeDefinition",
    {
        "description": Entry(Text(), "What it allows.", required=True),
        "includes": Entry(SCOPES, "Scopes it contains."),
    },
    doc="A scope, a plan, a feature flag: anything that gates actions.",
)

DOCUMENT: Final = Record(
    "Connector",
    {
        "StackOne": Entry(Choice(("1.0.0",)), "The format's version.", required=True),
        "engine": Entry(
            Choice(("strict", "compat")),
            "`strict` mends what is surprising in the format; `compat` keeps it bit for bit.",
            default="compat",
            ours=True,
        ),
        "info": Entry(_INFO, "What the connector is.", required=True),
        "baseUrl": Entry(Address(), "What every step's `url` is appended to.", required=True),
        "hosts": Entry(
            ListOf(
                Text(r"^(?:\*\.)?[a-z0-9.-]+(?::\d+)?$", "a host name such as 'api.example.com'")
            ),
            "The only hosts credentials may be sent to; found from the URLs when left out.",
            ours=True,
        ),
        "defaults": Entry(
            Record(
                "Defaults",
                {
                    "customErrors": Entry(
                        ListOf(CUSTOM_ERROR), "Follow those of every action's requests."
                    )
                },
            ),
            "What the steps have in common.",
            ours=True,
        ),
        "resources": Entry(Text(), "A link to the provider's documentation."),
        "context": Entry(Text(), "The older name of `resources`."),
        "documentation": Entry(
            Record("Documentation", {"references": Entry(ListOf(_REFERENCE), "Links.")}),
            "The provider's documentation.",
        ),
        "details": Entry(Text(), "More about the connector."),
        "changelog": Entry(
            Either((_CHANGELOG, ListOf(_CHANGELOG))), "What changed in this version."
        ),
        "categories": Entry(ListOf(Text()), "What the provider is for."),
        "owner": Entry(Anything(), "Who keeps it."),
        "forkedFrom": Entry(Anything(), "What it was made from."),
        "mcp": Entry(
            Record("Mcp", {"instructions": Entry(Text(), "What a model should know.")}),
            "For models that use it.",
        ),
        "releaseStage": Entry(Choice(RELEASE_STAGES), "How settled it is.", default="ga"),
        "rateLimit": Entry(_RATE_LIMIT, "How many requests an account may make."),
        "concurrency": Entry(_CONCURRENCY, "How many may be under way at once."),
        "scopeDefinitions": Entry(MapOf(_SCOPE), "Scopes, by name."),
        "authentication": Entry(AUTHENTICATION, "The ways to authenticate.", required=True),
        "actions": Entry(ListOf(ACTION), "What it can do.", required=True),
        "events": Entry(EVENTS, "Webhooks of the provider."),
        "syncedActions": Entry(Anything(), "Worked out from `dataSync`; ignored."),
    },
    doc="A connector: how to talk to one provider.",
)
