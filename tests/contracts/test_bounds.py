"""Whatever a request may hold many of has a bound, and the page about limits names it."""

import pkgutil
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pytest
from msgspec import inspect

from jackfield.http.body import MAX_BODY_BYTES
from jackfield.http.lists import MOST_VALUES
from jackfield.http.routes import ROUTES
from jackfield.http.routing import Route
from jackfield.kit.ids import RunId
from jackfield.webhooks.retry_schedule import ATTEMPTS
from tests.support.clock import NOW
from tests.support.running import Running
from tests.support.standstill import MOST_SECONDS, longest_standstill

_TAKING = [route for route in ROUTES if {"body", "query"} & route.parameters.keys()]


def unbounded(type_: inspect.Type, path: str, seen: frozenset[type]) -> Iterator[str]:
    """Yield where a type takes a list that may have any length."""
    match type_:
        case inspect.UnionType(types):
            for each in types:
                yield from unbounded(each, path, seen)
        case inspect.Metadata(inner):
            yield from unbounded(inner, path, seen)
        case inspect.StructType(cls, fields) if cls not in seen:
            for field in fields:
                yield from unbounded(field.type, f"{path}.{field.encode_name}", seen | {cls})
        case inspect.DictType():
            yield from unbounded(type_.value_type, f"{path}.*", seen)
        case inspect.CollectionType():
            if type_.max_length is None:
                yield path
            yield from unbounded(type_.item_type, f"{path}[]", seen)
        case _:
            pass


@pytest.mark.parametrize("route", _TAKING, ids=lambda route: route.handler.__name__)
def test_every_list_in_a_request_has_a_bound(route: Route) -> None:
    taken: dict[str, Any] = {
        name: type_ for name, type_ in route.parameters.items() if name in ("body", "query")
    }

    for name, type_ in taken.items():
        assert [*unbounded(inspect.type_info(type_), name, frozenset())] == []


def test_a_list_without_a_bound_would_be_found() -> None:
    class Loose(msgspec.Struct):
        names: dict[str, list[str] | None]

    found = unbounded(inspect.type_info(Loose), "body", frozenset())

    assert [*found] == ["body.names.*"]


Shown: TypeAlias = Callable[[Any], str]
PAGE = Path(__file__).parents[2] / "docs" / "api" / "limits.md"


def plain(value: float) -> str:
    return f"{value:,.0f}"


def size(value: float) -> str:
    units = ((10**9, "GB"), (1024**2, "MB"), (1024, "KB"))
    return next(f"{value / unit:g} {name}" for unit, name in units if value % unit == 0)


def span(value: float | timedelta) -> str:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    units = ((86_400, 2, "days"), (3600, 1, "h"), (60, 2, "min"), (1, 0, "s"))
    return next(f"{seconds / unit:g} {name}" for unit, n, name in units if seconds >= n * unit)


# The bound of each row, and how it is written.
LIMITS: dict[str, tuple[str, Shown]] = {
    "body": ("http.body:MAX_BODY_BYTES", size),
    "time for the body to arrive": ("http.body:_BODY_SECONDS", span),
    "objects and lists in a JSON body": ("kit.large_json:MOST_IN_REQUEST", plain),
    "levels of JSON in each other": ("kit.json:MOST_LEVELS", plain),
    "address and headers": ("http.connection:_MOST_HEAD_BYTES", size),
    "number of headers": ("http.connection:_MOST_HEADERS", plain),
    "time for the headers to arrive": ("http.connection:_HEAD_SECONDS", span),
    "requests of one connection that wait for their answers": (
        "http.connection:_MOST_WAITING_REQUESTS",
        plain,
    ),
    "connections to one process": ("http.connection:_MOST_CONNECTIONS", plain),
    "time in which a reader takes nothing of an answer": ("http.connection:_STALL_SECONDS", span),
    "files of an uploaded connector": ("uploads.bundle:MOST_FILES", plain),
    "bytes of one of its files": ("uploads.bundle:MOST_FILE_BYTES", size),
    "bytes of all its files, unpacked": ("uploads.bundle:MOST_BYTES", size),
    "cases that are run with it": ("uploads.trial:MOST_CASES", plain),
    "time for all its cases": ("uploads.trial:_SECONDS", span),
    "uploaded connectors of a project": ("uploads.models:MOST_CONNECTORS", plain),
    "bytes of all versions of them": ("uploads.models:MOST_STORED_BYTES", size),
    "versions of one that are kept": ("uploads.models:MOST_VERSIONS", plain),
    "values of a filter, or of a list in an address": ("http.lists:MOST_VALUES", plain),
    "values of a list of a narrowed key": ("projects.narrowed_keys.models:MOST_VALUES", plain),
    "calls of a narrowed key, if it has a number": (
        "projects.narrowed_keys.models:MOST_CALLS",
        plain,
    ),
    "minutes of a narrowed key": ("projects.narrowed_keys.models:LONGEST_MINUTES", plain),
    "keys that work, of one ordinary key": ("projects.narrowed_keys.models:MOST_CHILDREN", plain),
    "keys that work, of one narrowed key": (
        "projects.narrowed_keys.models:MOST_GRANDCHILDREN",
        plain,
    ),
    "messages in an MCP batch": ("agents.mcp.messages:_MOST_IN_BATCH", plain),
    "accounts of one MCP or A2A request": ("agents.accounts:_MOST_ACCOUNTS", plain),
    "characters of a field in a link's form": ("connectors.field_validation:_LONGEST", plain),
    "characters of feedback on tools": ("actions.feedback.models:LONGEST", plain),
    "characters of an `Idempotency-Key`": ("idempotency.service:_LONGEST_KEY", plain),
    "characters of a query of the log": ("logs.search.words:LONGEST", plain),
    "words of a query of the log": ("logs.search.words:MOST_WORDS", plain),
    "texts, patterns and ranges of one name in it": ("logs.search.query:MOST_PATTERNS", plain),
    "runs looked at for a page of it": ("logs.search.service:SCANNED", plain),
    "runs of a file of logs": ("logs.search.export:MOST_RUNS", plain),
    "characters of a search for accounts": ("accounts.search.models:LONGEST_TEXT", plain),
    "words of it that count": ("accounts.search.models:MOST_WORDS_SOUGHT", plain),
    "accounts walked for a page of it": ("accounts.search.repo:MOST_WALKED", plain),
    "accounts of one job": ("accounts.jobs.models:MOST_ACCOUNTS", plain),
    "words that an account is found by": ("accounts.words.text:MOST_WORDS", plain),
    "entries of one kind in an account's history": ("accounts.history.repo:MOST_KEPT", plain),
    "saved views of one page of the dashboard": (
        "projects.saved_views.models:MOST_VIEWS",
        plain,
    ),
    "records of a file of the audit log": ("logs.audit.files:MOST_RECORDS", plain),
    "records that the dashboard verifies at once": ("ui.dashboard.audit:_MOST_VERIFIED", plain),
    "different denied requests a minute and process in the audit log": (
        "audit.tallies:MOST_DENIALS",
        plain,
    ),
    "live streams of logs of one project in a process": (
        "kit.open_streams:MOST_OF_A_PROJECT",
        plain,
    ),
    "live streams of logs of one key or browser in a process": (
        "kit.open_streams:MOST_OF_AN_ACTOR",
        plain,
    ),
    "live streams of logs in a process": ("kit.open_streams:MOST", plain),
    "time of a live stream of logs": ("logs.search.tail:SECONDS", span),
    "time a connect session stays open": ("connect.models:LONGEST_SECONDS", span),
    "time it stays open unless asked otherwise": ("connect.models:DEFAULT_SECONDS", span),
    "attempts to link that ask the provider": ("connect.models:MOST_ATTEMPTS", plain),
    "time a link waits for the project's confirmation": ("connect.pending.models:LIFETIME", span),
    "steps of linking that the dashboard's page counts": (
        "connect.steps.models:MOST_COUNTED",
        plain,
    ),
    "time a portal's link can be opened": ("portal.models:LONGEST_LINK_SECONDS", span),
    "time it can be opened unless asked otherwise": ("portal.models:DEFAULT_LINK_SECONDS", span),
    "time a portal works once it was opened": ("portal.models:LONGEST_OPEN_SECONDS", span),
    "time it works unless asked otherwise": ("portal.models:DEFAULT_OPEN_SECONDS", span),
    "time for the check of a credential": ("accounts.verification:_SECONDS", span),
    "answers of an endpoint that its p95 is of": ("webhooks.outcomes.repo:MOST_TIMED", plain),
    "origins that may frame the Hub and portals": ("projects.settings:_MOST_ORIGINS", plain),
    "networks that a project is used from": ("projects.allowed_networks:MOST_NETWORKS", plain),
    "headers of a project to find runs by": ("projects.correlation_headers:MOST_HEADERS", plain),
    "fields that a project leaves out of its logs": ("projects.redacted_fields:MOST_FIELDS", plain),
    "characters of their values": ("projects.correlation_headers:LONGEST_VALUE", plain),
    "body of an answer": ("egress.client:MOST_BYTES", size),
    "a line of its headers": ("egress.client:_MAX_HEADER_BYTES", size),
    "time to connect": ("egress.client:_CONNECT_SECONDS", span),
    "time for an action, or a request of the proxy": ("actions.run_recorder:LIFE_SECONDS", span),
    "objects and lists in JSON": ("kit.large_json:_MOST_CONTAINERS", plain),
    "rows of a table, or of lines": ("engine.wire.formats:_MOST_ROWS", plain),
    "columns of a table": ("engine.wire.formats:_MOST_COLUMNS", plain),
    "bytes of a line of a table": ("engine.wire.formats:_LONGEST_CELL", size),
    "answers being read, all together": ("egress.in_flight:_MOST_IN_FLIGHT", size),
    "items that one step goes through": ("engine.steps.step:_MOST_ITEMS", plain),
    "requests a second of one account": ("engine.limits:DEFAULT_RATE", plain),
    "requests at once of one account": ("engine.limits:DEFAULT_CONCURRENCY", plain),
    "stream: bytes": ("actions.streaming:MOST_BYTES", size),
    "stream: time": ("actions.streaming:MOST_SECONDS", span),
    "stream: bytes of a line": ("actions.streaming:_LONGEST_LINE", size),
    "stream: time in which nothing comes": ("actions.streaming:_SECONDS", span),
    "answer kept for an `Idempotency-Key`": ("idempotency.service:_MOST_BYTES", size),
    "time it is kept": ("idempotency.service:_LIFETIME", span),
    "time a write with an unknown outcome is remembered without a key": (
        "kit.recent_writes:LIFETIME",
        span,
    ),
    "number of such writes in one process": ("kit.recent_writes:_MOST", plain),
    "memory of such writes in one process": ("kit.recent_writes:_MOST_BYTES", size),
    "files behind links, of one project": ("actions.files.service:_MOST_BYTES", size),
    "time such a link works": ("actions.files.service:_LIFETIME", span),
    "bytes of a body in the log of runs": ("actions.run_recorder:_LONGEST_BODY", size),
    "days the logs are kept": ("projects.settings:LONGEST_RETENTION_DAYS", plain),
    "days without use after which accounts are suspended": (
        "projects.settings:LONGEST_UNUSED_DAYS",
        plain,
    ),
    "decoys that are listed": ("accounts.decoys.repo:MOST", plain),
    "rows of the log that wait to be written": ("db.write_buffer:_MOST_WAITING", plain),
    "time for one attempt": ("webhooks.delivery:SECONDS", span),
    "bytes of the receiver's answer": ("webhooks.delivery:_MOST_BYTES", size),
    "wait that the provider may ask for": ("engine.wire.retry_after:LONGEST", span),
    "wait that the receiver may ask for": ("webhooks.retry_schedule:_LONGEST_RETRY_AFTER", span),
    "characters of its URL": ("webhooks.service:_LONGEST_URL", plain),
    "bytes of a form of the Explorer": ("ui.dashboard.explorer.posted_call:MOST_BYTES", size),
    "fields of a form of the Explorer": ("ui.dashboard.explorer.posted_call:MOST_FIELDS", plain),
    "bytes of a result in its page": ("ui.dashboard.explorer.outcome:MOST_SHOWN", size),
    "saved calls of one project": ("actions.saved_calls.models:MOST_CALLS", plain),
    "bytes of the inputs of a saved call": ("actions.saved_calls.models:MOST_BYTES", size),
    "time a sign-in lasts": ("projects.service:_SESSION_LIFETIME", span),
    "time a sign-in link works, once": ("projects.service:_LINK_LIFETIME", span),
    "time an invite works, once": ("members.service:_INVITE_LIFETIME", span),
    "members of a project": ("members.models:MOST_MEMBERS", plain),
    "open invites of a project": ("members.models:MOST_INVITES", plain),
    "characters of a project's name": ("members.projects:LONGEST_NAME", plain),
    "failed sign-ins in 15 minutes for an address of e-mail": (
        "members.sessions.attempts:MOST_BY_EMAIL",
        plain,
    ),
    "failed sign-ins in 15 minutes from a public address": (
        "members.sessions.attempts:MOST_BY_ADDRESS",
        plain,
    ),
    "failed sign-ins in 15 minutes from a private address, such as a proxy's": (
        "members.sessions.attempts:MOST_BY_PROXY",
        plain,
    ),
    "bytes of a password": ("members.passwords.rules:MOST_BYTES", size),
    "time between a password and its code": ("members.sign_in:_PATIENCE", span),
    "time a second factor is being set up": ("members.factors.service:_SET_UP_WITHIN", span),
    "time for a sign-in at the identity provider": ("members.sso.service:LIFETIME", span),
    "time for an answer of the identity provider": ("members.sso.provider:_SECONDS", span),
    "size of an answer of the identity provider": ("members.sso.provider:_MOST_BYTES", size),
    "time for running requests to end at a stop": ("cli.server:_GRACE_SECONDS", span),
    "time for one statement on PostgreSQL": ("db.postgres:_STATEMENT_SECONDS", span),
}


def test_the_page_about_limits_has_those_that_are_enforced() -> None:
    rows = re.findall(
        r"^\| (?!what \|)([^|-].*?) \| (.*?) \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    enforced = {
        what: shown(pkgutil.resolve_name(f"jackfield.{name}"))
        for what, (name, shown) in LIMITS.items()
    }
    enforced["attempts"] = plain(len(ATTEMPTS))
    enforced["requests a minute of one API key"] = "`JACKFIELD_RATE_LIMIT`"

    assert dict(rows) == enforced
    assert len(rows) == len(enforced)


@pytest.mark.anyio
async def test_a_body_that_is_too_large_is_refused_with_the_limit(hub: Running) -> None:
    response = await hub.api.post("/connect_sessions", content=b" " * (MAX_BODY_BYTES + 1))

    assert response.status_code == 413
    assert "larger than 16 MB" in response.json()["message"]


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.database
async def test_the_longest_filter_is_answered_and_a_longer_one_refused(hub: Running) -> None:
    ids = [str(RunId.new(NOW)) for _ in range(MOST_VALUES)]
    filters = {
        "account_id": ids,
        "action_id": ids,
        "action_run_id": ids,
        "connector_version": ids,
        "mode": ids,
        "origin_owner_id": ids,
        "provider": ids,
        "request_id": ids,
        "source_id": ids,
        "source_type": ids,
        "action_type": ids,
        "status_code": list(range(MOST_VALUES)),
    }

    async def ask() -> None:
        taken = await hub.api.post("/logs/actions", json={"filters": filters})
        assert (taken.status_code, taken.json()["data"]) == (200, [])

    longest = await longest_standstill(ask)
    refused = await hub.api.post("/logs/actions", json={"filters": {"account_id": [*ids, ids[0]]}})

    assert refused.status_code == 422
    assert refused.json()["faults"] == [
        {"path": "filters.account_id", "message": f"Expected `array` of length <= {MOST_VALUES}"}
    ]
    assert longest < MOST_SECONDS


@pytest.mark.anyio
async def test_a_list_in_the_query_has_a_bound(hub: Running) -> None:
    too_many = ",".join(str(number) for number in range(MOST_VALUES + 1))

    for path in ("/accounts?account_ids", "/actions?filter[connectors]", "/requests/logs?actions"):
        response = await hub.api.get(f"{path}={too_many}")

        assert response.status_code == 422
