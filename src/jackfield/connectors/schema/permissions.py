"""Schema of permission probes."""

from typing import Final

from jackfield.engine.schema.kinds import Choice, Number, Text
from jackfield.engine.schema.requests import ARGS, BASE_URL, METHODS, URL
from jackfield.engine.schema.structures import Entry, ListOf, Record, Unknown

_REQUEST: Final = Record(
    "ProbeRequest",
    {
        "baseUrl": BASE_URL,
        "url": URL,
        "method": Entry(Choice(METHODS), "The HTTP method, in lower case.", required=True),
        "args": Entry(
            ARGS.kind,
            "What is sent in query, body and headers; what is no `get` has an empty object as its "
            "body when left out.",
        ),
    },
    doc="A request that changes nothing, with any credentials.",
    unknown=Unknown.REFUSED,
)
PERMISSION: Final = Record(
    "PermissionProbe",
    {
        "key": Entry(Text(r"^[a-z][a-z0-9_]*$", "snake_case"), "Its name.", required=True),
        "label": Entry(Text(), "What it is about, for people.", required=True),
        "tags": Entry(
            ListOf(Text()),
            "It stands for the actions with one of these tags: a `get` for those that only read, "
            "any other request for the rest.",
        ),
        "actions": Entry(
            ListOf(Text()), "It stands for these actions, whatever their tags and effects."
        ),
        "request": Entry(_REQUEST, "The request.", required=True),
        "refusedWith": Entry(
            ListOf(Number(minimum=400, maximum=499, integer=True), at_least=1),
            "Statuses that refuse the request although the credentials may make it. Any other "
            "request than a `get` must be refused so, before anything happens. 400 and 422 for a "
            "`get` when left out.",
        ),
    },
    doc="A harmless request that tells whether credentials may run some actions: 401 and 403 say "
    "no, a success or an expected refusal says yes, and anything else leaves it open.",
    unknown=Unknown.REFUSED,
)
