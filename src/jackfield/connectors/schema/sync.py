"""Schema of `sync`: how all rows of a list action are fetched repeatedly."""

from typing import Final

from jackfield.engine.schema.kinds import Boolean, Choice, Number, Text
from jackfield.engine.schema.structures import Either, Entry, ListOf, Record, Variant

_IN: Final = Entry(Choice(("query", "body", "headers")), "Where it is sent.", required=True)
_STOP: Final = Entry(Text(), "Stop when this holds.")
_ROWS: Final = {"dataKey": Entry(Text(), "Path of the rows.", required=True)}


def _style(
    name: str, doc: str, *, response: dict[str, Entry], iterator: dict[str, Entry]
) -> Record:
    title = f"{name.capitalize()}Sync"
    return Record(
        title,
        {
            "type": Entry(Choice((name,)), doc, required=True),
            "response": Entry(
                Record(f"{title}Response", response), "Where to look.", required=True
            ),
            "iterator": Entry(Record(f"{title}Iterator", iterator), "What to send.", required=True),
            "stopCondition": _STOP,
        },
        doc=doc,
    )


_PAGINATION: Final = Variant(
    "type",
    {
        "cursor": _style(
            "cursor",
            "The provider gives the next page's cursor.",
            response={**_ROWS, "nextKey": Entry(Text(), "Path of the cursor.", required=True)},
            iterator={"key": Entry(Text(), "The cursor's parameter.", required=True), "in": _IN},
        ),
        "offset": _style(
            "offset",
            "Rows are counted.",
            response=_ROWS,
            iterator={
                "offsetKey": Entry(Text(), "The offset's parameter.", required=True),
                "limitKey": Entry(Text(), "The limit's parameter.", required=True),
                "in": _IN,
                "defaultLimit": Entry(Number(minimum=1, integer=True), "Rows a page."),
            },
        ),
        "page": _style(
            "page",
            "Pages are counted.",
            response=_ROWS,
            iterator={
                "pageKey": Entry(Text(), "The page number's parameter.", required=True),
                "pageSizeKey": Entry(Text(), "The page size's parameter."),
                "in": _IN,
                "startPage": Entry(Number(minimum=0, integer=True), "The first page's number."),
                "defaultPageSize": Entry(Number(minimum=1, integer=True), "Rows a page."),
            },
        ),
    },
)
_ITERATOR: Final = Entry(
    Record("IncrementalIterator", {"key": Entry(Text(), "Its name.", required=True), "in": _IN}),
    "The parameter that says since when.",
    required=True,
)
_INCREMENTAL: Final = Variant(
    "type",
    {
        "time_filter": Record(
            "TimeFilter",
            {
                "type": Entry(Choice(("time_filter",)), "Ask by time.", required=True),
                "iterator": _ITERATOR,
                "format": Entry(
                    Choice(("iso8601", "unix_seconds", "unix_millis")),
                    "How the time is written.",
                    required=True,
                ),
                "safetyBufferSeconds": Entry(Number(minimum=0), "Ask from this much earlier."),
                "response": Entry(
                    Record("TimeFilterResponse", {"updatedAtPath": Entry(Text(), "Path of it.")}),
                    "Where a row says when it changed.",
                ),
            },
            doc="Only rows that changed since a time.",
        ),
        "delta_token": Record(
            "DeltaToken",
            {
                "type": Entry(Choice(("delta_token",)), "Ask by token.", required=True),
                "iterator": _ITERATOR,
                "response": Entry(
                    Record(
                        "DeltaTokenResponse",
                        {
                            "path": Entry(Text(), "Path of the token.", required=True),
                            "onlyOnFinalPage": Entry(Boolean(), "Only the last page has it."),
                        },
                    ),
                    "Where the next token is.",
                    required=True,
                ),
            },
            doc="Only rows that changed since a token was given out.",
        ),
    },
)

DATA_SYNC: Final = Record(
    "DataSync",
    {
        "allowed": Entry(Boolean(), "The action may be synchronized.", required=True),
        "indexField": Entry(Either((Text(), ListOf(Text()))), "What identifies a row."),
        "dataKey": Entry(Text(), "Path of the rows in the action's result."),
        "maxPages": Entry(Number(minimum=1, integer=True), "Stop after this many pages."),
        "maxDurationMinutes": Entry(Number(minimum=0), "Stop after this time."),
        "pagination": Entry(_PAGINATION, "How pages are asked for."),
        "incremental": Entry(_INCREMENTAL, "How only changes are asked for."),
    },
    doc="How to fetch all rows of an action, again and again. Checked, not run yet.",
)
