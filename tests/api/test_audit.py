"""The audit log: who did what in a project, from where, and with whose credentials."""

import io
import json
from ipaddress import ip_network
from typing import Any

import anyio
import httpx2
import pytest

from jackfield.audit.database import verify_chains
from jackfield.audit.models import INSTALLATION
from jackfield.audit.repo import AuditLog
from jackfield.audit.tallies import MOST_DENIALS
from jackfield.audit.verification import verify
from jackfield.kit.ids import ProjectId
from jackfield.worker import audit as upkeep
from tests.support.browsing import signed_in
from tests.support.clock import FrozenClock
from tests.support.running import HubWith, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

LIST = "iterable_list_channels"
UPDATE = "iterable_update_user"


async def records(hub: Running, query: str = "") -> list[dict[str, Any]]:
    response = await hub.api.get("/jackfield/audit", params={"query": query, "page_size": 500})
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def a_minute_later(hub: Running, clock: FrozenClock) -> None:
    """Let what was counted become records."""
    await hub.hub.write_buffer.flush()
    clock.advance(minutes=2)
    await upkeep.seal_due(hub.hub)


async def installation_records(hub: Running) -> list[Any]:
    async with hub.hub.db.read(INSTALLATION) as tx:
        rows = await AuditLog(tx).after(0, upto=10_000)
    return [json.loads(row["body"]) for row in rows]


async def test_a_change_is_recorded_with_who_made_it_from_where_and_what_changed(
    hub: Running,
) -> None:
    response = await hub.api.patch("/jackfield/project", json={"retention_days": 90})

    (found,) = await records(hub, "kind:settings.changed")

    assert found["actor"]["kind"] == "api_key"
    assert found["address"] == "127.0.0.1"
    assert found["request_id"] == response.headers["x-request-id"]
    assert (found["before"], found["after"]) == ({"retention_days": 30}, {"retention_days": 90})


async def test_what_is_undone_leaves_no_record(hub: Running) -> None:
    before = len(await records(hub))

    refused = await hub.api.patch("/jackfield/project", json={"retention_days": 100_000})

    assert refused.status_code == 422
    assert len(await records(hub)) == before


async def test_the_life_of_an_account_is_recorded_without_its_secrets(hub: Running) -> None:
    account_id = await hub.link()
    await hub.api.post(f"/jackfield/accounts/{account_id}/suspend")
    await hub.api.post(f"/jackfield/accounts/{account_id}/resume")
    await hub.api.delete(f"/accounts/{account_id}")

    found = await records(hub, f"account:{account_id}")

    assert [each["kind"] for each in found] == [
        "account.deleted",
        "account.changed",
        "account.changed",
        "account.linked",
    ]
    linked = found[-1]
    assert linked["actor"]["kind"] == "connect_session"
    assert linked["after"]["origin_owner_id"] == "acme"
    assert found[2]["after"]["status"] == "suspended"
    assert hub.us_key not in json.dumps(found)


async def test_an_operator_in_a_browser_is_told_from_an_api_key(hub: Running) -> None:
    browser = await signed_in(hub)
    await browser.post("/dashboard/keys", data={"name": "crm", "scope": "accounts:read"})

    (key,) = [each for each in await records(hub, "kind:key") if each["after"]["name"] == "crm"]
    (entry,) = await records(hub, "kind:dashboard.signed_in")

    assert key["actor"] == {**entry["actor"]}
    assert key["actor"]["kind"] == "dashboard_session"
    assert key["after"]["scopes"] == ["accounts:read"]


async def test_reads_with_a_credential_are_counted_by_the_minute(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    for _ in range(3):
        assert (await hub.run(account_id, LIST)).status_code == 200

    await a_minute_later(hub, clock)

    (found,) = await records(hub, f"kind:credentials.used account:{account_id}")
    assert found["actor"]["kind"] == "api_key"
    assert found["address"] == "127.0.0.1"
    assert found["details"] == {
        "account_id": account_id,
        "action": LIST,
        "host": "api.iterable.com",
        "effect": found["details"]["effect"],
        "outcome": "succeeded",
        "since": "2026-03-01T09:30:00Z",
        "count": 3,
    }


async def test_reads_of_several_moments_of_one_minute_are_one_record(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    for _ in range(3):
        await hub.run(account_id, LIST)
        await hub.hub.write_buffer.flush()

    await a_minute_later(hub, clock)

    (found,) = await records(hub, f"kind:credentials.used account:{account_id}")
    assert found["details"]["count"] == 3


async def test_each_write_with_a_credential_is_a_record_that_leads_to_its_run(
    hub: Running,
) -> None:
    account_id = await hub.link()
    body = {"email": "a@example.com", "dataFields": {"a": 1}}
    done = [await hub.run(account_id, UPDATE, body=body) for _ in range(2)]
    assert [each.status_code for each in done] == [200, 200], done[0].text

    await hub.hub.write_buffer.flush()
    await upkeep.seal_due(hub.hub)

    found = await records(hub, f"action:{UPDATE}")
    assert [each["details"]["count"] for each in found] == [1, 1]
    assert found[0]["request_id"] == done[1].headers["x-request-id"]
    assert found[0]["details"]["run_id"].startswith("run_")


async def test_a_key_without_the_scope_is_recorded_with_the_key_that_tried(
    hub: Running, clock: FrozenClock
) -> None:
    weak = await hub.key(scopes=frozenset())
    for _ in range(2):
        refused = await hub.api.get("/accounts", auth=(weak, ""))
        assert refused.status_code == 403

    await a_minute_later(hub, clock)

    (found,) = await records(hub, "kind:access")
    assert found["target"].startswith("key_")
    assert found["address"] == "127.0.0.1"
    assert found["details"]["code"] == "missing_scope"
    assert found["details"]["count"] == 2


async def test_an_unknown_key_and_a_used_sign_in_link_are_in_the_log_of_the_installation(
    hub: Running, clock: FrozenClock
) -> None:
    await hub.api.get("/accounts", auth=("jf_sk_wrong", ""))
    await hub.api.get("/dashboard/sign-in?token=jf_si_wrong")

    await a_minute_later(hub, clock)

    found = await installation_records(hub)
    assert {(each["details"]["code"], each["details"]["surface"]) for each in found} == {
        ("unauthenticated", "api"),
        ("sign_in_link_used", "dashboard"),
    }
    assert "wrong" not in json.dumps(found)
    assert await records(hub, "kind:access") == []


async def test_an_attacker_with_many_addresses_cannot_fill_the_disk(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    async with hub_with(trusted_proxies=_networks("127.0.0.0/8")) as hub:
        for number in range(MOST_DENIALS + 50):
            await hub.api.get(
                "/accounts",
                auth=("jf_sk_wrong", ""),
                headers={"x-forwarded-for": f"192.0.2.1, 10.{number}.0.1"},
            )
        await a_minute_later(hub, clock)
        found = await installation_records(hub)

    assert len(found) == MOST_DENIALS + 1
    assert sum(each["details"]["count"] for each in found) == MOST_DENIALS + 50
    assert max(each["details"]["count"] for each in found) == 50
    rest = next(each for each in found if each["details"]["count"] == 50)
    assert rest["address"] is None


async def test_a_proxy_is_believed_only_if_it_is_trusted(hub_with: HubWith) -> None:
    told = {"x-forwarded-for": "203.0.113.9, 198.51.100.7"}
    async with hub_with() as hub:
        await hub.api.patch("/jackfield/project", json={"confirm_links": True}, headers=told)
        (found,) = await records(hub, "kind:settings")
        assert found["address"] == "127.0.0.1"
    async with hub_with(trusted_proxies=_networks("127.0.0.1")) as hub:
        await hub.api.patch("/jackfield/project", json={"confirm_links": False}, headers=told)
        found = (await records(hub, "kind:settings"))[0]
        # The last address is what the proxy saw; what stands before it the client may have made up.
        assert found["address"] == "198.51.100.7"


async def test_records_are_found_by_what_they_have_and_do_not_have(hub: Running) -> None:
    account_id = await hub.link()

    for query, kinds in {
        f"account:{account_id} kind:account": {"account.linked"},
        "actor:connect_session": {"account.linked"},
        "kind:account since:1h": {"account.linked"},
        "kind:account until:2020-01-01": set[str](),
        "actor:connect_session -kind:account.linked": set(),
        f"target:{account_id}": {"account.linked"},
    }.items():
        assert {each["kind"] for each in await records(hub, query)} == kinds, query


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("kind:nonsense", "there is no kind"),
        ("color:red", "there is no word"),
        ("words", "there is no word"),
        ("since:never", "takes a moment"),
        ("since:1h since:2h", "once"),
    ],
)
async def test_a_query_that_is_not_understood_says_why(hub: Running, query: str, says: str) -> None:
    response = await hub.api.get("/jackfield/audit", params={"query": query})

    assert response.status_code == 422
    assert "invalid_log_query" in response.text
    assert says in response.text


async def test_pages_go_on_where_the_one_before_ended(hub: Running) -> None:
    await hub.link()
    seen: list[int] = []
    following: str | None = None
    while True:
        params = {"page_size": "2", **({"next": following} if following else {})}
        page = (await hub.api.get("/jackfield/audit", params=params)).json()
        seen += [each["seq"] for each in page["data"]]
        if (following := page["next"]) is None:
            break

    assert seen == [*range(seen[0], 0, -1)]


async def test_one_record_is_returned_by_its_place(hub: Running) -> None:
    first = await hub.api.get("/jackfield/audit/1")

    assert first.json()["seq"] == 1
    for missing in ("0", "99999", "x", "9" * 30):
        assert (await hub.api.get(f"/jackfield/audit/{missing}")).status_code == 404


async def test_only_a_key_that_may_read_logs_reads_the_audit_log(hub: Running) -> None:
    key = await hub.key(scopes=frozenset())

    for path in ("", "/1", "/state", "/export"):
        refused = await hub.api.get(f"/jackfield/audit{path}", auth=(key, ""))
        assert refused.status_code == 403


async def test_a_project_does_not_see_the_records_of_another(hub: Running) -> None:
    key = await hub.key(project="other")

    other = await hub.api.get("/jackfield/audit", auth=(key, ""))

    mine = {each["hash"] for each in await records(hub)}
    assert mine.isdisjoint({each["hash"] for each in other.json()["data"]})
    assert {each["kind"] for each in other.json()["data"]} <= {"project.created", "key.created"}


async def _lines(response: httpx2.Response) -> Any:
    for line in response.content.splitlines(keepends=True):
        yield line


async def test_the_exported_chain_is_verified_with_the_public_keys_alone(hub: Running) -> None:
    await hub.link()
    await upkeep.seal_due(hub.hub)

    state = (await hub.api.get("/jackfield/audit/state")).json()
    file = await hub.api.get("/jackfield/audit/export", params={"format": "chain"})
    rest = await hub.api.get("/jackfield/audit/export", params={"format": "chain", "next": "3"})

    assert state["checkpoint"]["seq"] == state["seq"]
    for each, count in ((file, state["seq"]), (rest, state["seq"] - 3)):
        found = await verify(_lines(each), state["keys"])
        assert (found.fault, found.records) == (None, count)


async def test_files_of_a_query_are_lines_of_json_or_a_table(hub: Running) -> None:
    await hub.api.patch("/jackfield/project", json={"branding": {"display_name": "=1+1"}})
    params = {"query": "kind:settings"}

    lines = await hub.api.get("/jackfield/audit/export", params=params)
    table = await hub.api.get("/jackfield/audit/export", params={**params, "format": "csv"})

    assert [json.loads(each)["kind"] for each in lines.text.splitlines()] == ["settings.changed"]
    assert table.text.splitlines()[0].startswith("seq,at,kind,actor_kind")
    assert len(table.text.splitlines()) == 2


async def test_what_is_older_than_the_log_is_kept_goes_and_the_rest_verifies(
    hub: Running, clock: FrozenClock
) -> None:
    await hub.link()
    await upkeep.seal_due(hub.hub)
    before = (await hub.api.get("/jackfield/audit/state")).json()["seq"]
    clock.advance(days=hub.hub.audit_retention.days + 1)
    # The key of the tests' own is none that expires.
    await hub.api.patch("/jackfield/project", json={"retention_days": 7})
    await upkeep.seal_due(hub.hub)

    await upkeep.prune(hub.hub, at_once=4)

    state = (await hub.api.get("/jackfield/audit/state")).json()
    assert state["pruned_seq"] == before
    assert [each["kind"] for each in await records(hub)] == ["audit.pruned", "settings.changed"]
    found = await verify_chains(hub.hub.db, hub.hub.vault.audit_keys, clock())
    assert found.fault is None


async def test_two_processes_that_seal_at_once_make_one_record_of_each_tally(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    await hub.run(account_id, LIST)
    await hub.hub.write_buffer.flush()
    clock.advance(minutes=2)

    async with anyio.create_task_group() as both:
        both.start_soon(upkeep.seal_due, hub.hub)
        both.start_soon(upkeep.seal_due, hub.hub)

    assert len(await records(hub, f"kind:credentials.used account:{account_id}")) == 1
    found = await verify_chains(hub.hub.db, hub.hub.vault.audit_keys, clock())
    assert found.fault is None


async def test_a_tally_that_cannot_be_read_holds_up_no_other(
    hub: Running, clock: FrozenClock, log_lines: io.StringIO
) -> None:
    account_id = await hub.link()
    await hub.run(account_id, LIST)
    await hub.hub.write_buffer.flush()
    await hub.hub.db.unscoped(
        "insert into audit_tallies (project_id, digest, due_at, body, count)"
        " values (:id, 'x', :now, 'nonsense', 1)",
        id=hub.project.id,
    )

    await a_minute_later(hub, clock)

    assert len(await records(hub, f"kind:credentials.used account:{account_id}")) == 1
    assert "audit_tally_unreadable" in log_lines.getvalue()


def _networks(*texts: str) -> Any:
    return tuple(map(ip_network, texts))


def test_the_installation_is_no_project() -> None:
    assert not INSTALLATION.startswith(f"{ProjectId.prefix}_")
