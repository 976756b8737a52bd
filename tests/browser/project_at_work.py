"""A project as operators have it after some weeks: for pictures, and for pages that are full."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from jackfield.kit.clock import system_clock
from jackfield.kit.ids import RunId
from jackfield.logs.runs.repo import append_run
from jackfield.members.models import Role
from jackfield.members.service import Authority, invite
from jackfield.projects import service as projects
from jackfield.projects.models import Scope
from jackfield.projects.saved_views.models import ViewPage
from jackfield.projects.saved_views.repo import SavedViews
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.models import EndpointChange
from jackfield.worker.issues import find_due
from tests.support.actor import TESTER
from tests.support.issues import run_of
from tests.support.logged_runs import USUAL
from tests.support.members import with_password
from tests.support.running import Running
from tests.support.uploads import document, upload

CUSTOMERS: Final = (
    ("acme", "Acme Inc."),
    ("brightwater", "Brightwater Labs"),
    ("cedar", "Cedar & Sons"),
    ("dynamo", "Dynamo Fitness"),
    ("elm-street", "Elm Street Books"),
    ("foxglove", "Foxglove Gärtnerei und Blumenversand GmbH"),
    ("harbor", "Harbor Coffee"),
    ("sakura", "株式会社さくら通信販売"),
)
_ACTIONS: Final = (
    "iterable_list_lists",
    "iterable_list_campaigns",
    "iterable_get_user_by_email",
    "iterable_list_channels",
    "iterable_create_or_update_user",
    "iterable_send_email_to_user",
)
_SOURCES: Final = ("api", "mcp", "api", "cli", "a2a", "api", "dashboard")


@dataclass(frozen=True, slots=True)
class AtWork:
    """Ids of what the project has, for the addresses of pages."""

    account: str
    broken: str
    run: str
    endpoint: str
    draft: str


async def fill(hub: Running) -> AtWork:
    """Link accounts, run actions, and leave the traces of a fortnight."""
    await hub.api.patch("/jackfield/project", json={"advanced_logs": True})
    endpoint = await _webhooks(hub)
    await _people(hub)
    accounts = [
        await hub.link(origin_owner_id=owner, origin_owner_name=name) for owner, name in CUSTOMERS
    ]
    now = system_clock()
    _past_runs(hub, accounts, now)
    account, broken = accounts[0], accounts[3]
    found = await hub.run(
        account, "iterable_get_user_by_email", query={"email": "avery.abbott@example.com"}
    )
    assert found.status_code == 200, found.text
    await _go_wrong(hub, broken, accounts[5], now)
    await hub.api.post(f"/jackfield/accounts/{accounts[4]}/suspend")
    await hub.session(origin_owner_id="juniper", origin_owner_name="Juniper Travel")
    session = await hub.session(origin_owner_id="kite", origin_owner_name="Kite Sports")
    await hub.submit(session["token"], {"api_key": "0" * 32, "region": "us"})
    kept = await upload(hub, document(**{"effects: [read]": "effect: [read]"}))
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await SavedViews(tx).save(ViewPage.ACCOUNTS, "To be linked again", "status=error")
        await SavedViews(tx).save(ViewPage.LOGS, "Failed today", "q=success:false since:24h")
    await hub.hub.write_buffer.flush()
    query = {"q": f"account:{account} action:*get_user_by_email since:1m"}
    (run, *_) = (await hub.api.get("/jackfield/logs", params=query)).json()["data"]
    return AtWork(account, broken, run["id"], endpoint, kept.json()["version"]["id"])


def _past_runs(hub: Running, accounts: list[str], now: datetime) -> None:
    for number in range(360):
        owner, name = CUSTOMERS[number * 5 % 8]
        at = now - timedelta(minutes=2 + number * 55 + number * number % 37)
        fields = {
            "account_id": accounts[number * 5 % 8],
            "action_id": _ACTIONS[number * 7 % 6],
            "source": _SOURCES[number % 7],
            "duration_ms": 38 + number * 31 % 190,
            "origin_owner_id": owner,
            "origin_owner_name": name,
        }
        if number % 17 == 4:
            fields |= {"success": False, "status_code": 400, "error_code": "invalid_input"}
        run = replace(USUAL, id=RunId.new(at), started_at=at, **fields)
        append_run(hub.hub.write_buffer, hub.project.id, run)


async def _go_wrong(hub: Running, refused: str, limited: str, now: datetime) -> None:
    """Let the provider refuse an account's key, and hold another up."""
    key = hub.sandbox.us.app.sandbox.keys["server_side"]
    key.disabled = True
    await hub.run(refused, "iterable_list_channels")
    key.disabled = False
    owner, name = CUSTOMERS[5]
    runs = [
        run_of(
            limited,
            now - timedelta(minutes=minutes),
            origin_owner_id=owner,
            origin_owner_name=name,
        )
        for minutes in (3, 25, 190)
    ]
    for run in runs:
        append_run(hub.hub.write_buffer, hub.project.id, run)
    await hub.hub.write_buffer.flush()
    # Not when the hub's own worker comes to it.
    await hub.hub.db.unscoped("update issue_readings set leased_until = :now")
    await find_due(hub.hub)


async def _webhooks(hub: Running) -> str:
    endpoints: list[str] = []
    for url, events, description in (
        ("https://hooks.northwind.example/jackfield", ("*",), "The CRM"),
        ("https://oncall.northwind.example/alerts", ("issue.opened",), "On call"),
    ):
        change = EndpointChange(url, events, description)
        async with hub.hub.db.write(hub.project.id, TESTER) as tx:
            endpoint, _ = await webhooks.create(tx, hub.hub.vault, change, private=False)
        endpoints.append(endpoint.id)
    return endpoints[0]


async def _people(hub: Running) -> None:
    for email, role in (
        ("ada@northwind.example", Role.OWNER),
        ("grace@northwind.example", Role.ADMIN),
        ("linus@northwind.example", Role.VIEWER),
    ):
        await with_password(hub, email, role)
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await invite(tx, Authority(), "margaret@northwind.example", Role.ADMIN)
        for name, scopes in (
            ("CRM backend", (Scope.ACTIONS_EXECUTE,)),
            ("Support tool", (Scope.LOGS_READ,)),
        ):
            await projects.issue_key(tx, name=name, scopes=frozenset(scopes))
    await projects.ensure_project(hub.hub, TESTER, "staging")
