"""`/jackfield/keys`: keys for agents and browsers, which may do less than the key that mints them."""

import asyncio
from typing import Any

import pytest

from jackfield.http import context
from jackfield.http.routes import ROUTES
from jackfield.projects.key_limits import matches
from jackfield.projects.narrowed_keys.models import LONGEST_MINUTES
from jackfield.worker.pruning import prune
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.narrowed import asked, mint, proxied, run
from tests.support.running import HubWith, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]
RIVAL = {"origin_owner_id": "rival", "origin_owner_name": "Rival Ltd."}
READ, WRITE = "iterable_list_channels", "iterable_create_list"
NAMED: dict[str, Any] = {"body": {"name": "VIP"}}


async def test_a_key_for_one_customer_uses_and_sees_their_accounts_alone(hub: Running) -> None:
    acme, rival = await hub.link(), await hub.link(**RIVAL)
    key = (await mint(hub, origin_owner_id="acme"))["key"]

    listed = await asked(hub, key, "GET", "/accounts")
    wanted = await asked(hub, key, "GET", "/accounts?origin_owner_id=rival")

    assert (await run(hub, key, acme, READ)).status_code == 200
    assert [each["id"] for each in listed.json()] == [acme]
    assert wanted.json() == []
    for other in (
        await run(hub, key, rival, READ),
        await run(hub, key, rival, READ, dry_run=True),
        await run(hub, key, rival, READ, path="/actions/rpc?stream=true"),
        await proxied(hub, key, rival),
        await asked(hub, key, "GET", f"/accounts/{rival}"),
        await run(hub, key, "acc_0", READ),
    ):
        assert (other.status_code, other.json()["code"]) == (404, "account_not_found")


async def test_a_key_that_only_reads_writes_nothing_and_sends_no_request_of_its_own(
    hub: Running,
) -> None:
    account = await hub.link()
    key = (await mint(hub, effects=["read"]))["key"]

    assert (await run(hub, key, account, READ)).status_code == 200
    for refused in (
        await run(hub, key, account, WRITE, **NAMED),
        await run(hub, key, account, WRITE, **NAMED, dry_run=True),
        await proxied(hub, key, account),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "action_not_allowed")


async def test_lists_and_search_show_what_a_key_may_run(hub: Running) -> None:
    account = await hub.link()
    key = (await mint(hub, actions=["iterable_list_*"], connectors=["iterable"]))["key"]

    listed = (await asked(hub, key, "GET", "/actions?page_size=100")).json()["data"]
    of_account = await asked(hub, key, "GET", f"/actions?filter[account_ids]={account}")
    search = {"query": "create a list", "top_k": 3, "min_similarity": 0}
    found = (await asked(hub, key, "POST", "/actions/search", json=search)).json()["results"]
    connectors = (await asked(hub, key, "GET", "/connectors/meta")).json()

    assert [each["key"] for each in listed] == ["iterable"]
    for shown in (listed[0]["actions"], of_account.json()["data"][0]["actions"]):
        assert shown
        assert all(each["id"].startswith("iterable_list_") for each in shown)
    assert len(found) == 3
    assert all(each["action_name"].startswith("iterable_list_") for each in found)
    assert [each["provider"] for each in connectors] == ["iterable"]
    assert (await asked(hub, key, "GET", "/connectors/meta/fernwood")).status_code == 404


async def test_a_number_of_calls_is_never_exceeded_and_what_is_refused_is_not_counted(
    hub: Running,
) -> None:
    account = await hub.link()
    made = await mint(hub, calls=5)
    key, child = made["key"], (await mint(hub, key=made["key"], calls=3))["key"]

    await run(hub, key, account, WRITE)
    await run(hub, key, account, READ, dry_run=True)
    with_child = await asyncio.gather(*(run(hub, child, account, READ) for _ in range(6)))
    with_key = await asyncio.gather(*(run(hub, key, account, READ) for _ in range(6)))
    left = (await asked(hub, key, "GET", "/jackfield/keys/self")).json()["calls_left"]

    assert sum(each.status_code == 200 for each in with_child) == 3
    assert sum(each.status_code == 200 for each in with_key) == 2
    assert {each.json()["code"] for each in with_key if each.status_code != 200} == {
        "calls_used_up"
    }
    assert (await proxied(hub, key, account)).json()["code"] == "calls_used_up"
    assert left == 0


async def test_calls_are_counted_across_processes(hub_with: HubWith) -> None:
    async with hub_with() as one, hub_with() as other:
        account = await one.link()
        key = (await mint(one, calls=7))["key"]

        done = await asyncio.gather(*(run(hub, key, account, READ) for hub in [one, other] * 8))

    assert sum(each.status_code == 200 for each in done) == 7


@pytest.mark.parametrize(
    ("parent", "limits", "points"),
    [
        ({"origin_owner_id": "acme"}, {"origin_owner_id": "rival"}, ["origin_owner_id"]),
        ({"connectors": ["iterable"]}, {"connectors": ["iterable", "fernwood"]}, ["connectors"]),
        ({"actions": ["iterable_list_*"]}, {"actions": ["iterable_*"]}, ["actions"]),
        (
            {"effects": ["read"], "calls": 2, "minutes": 5},
            {"effects": ["read", "delete"], "calls": 3, "minutes": 6},
            ["effects", "calls", "minutes"],
        ),
    ],
)
async def test_a_key_mints_nothing_wider_than_itself_and_each_point_is_named(
    hub: Running, parent: dict[str, Any], limits: dict[str, Any], points: list[str]
) -> None:
    key = (await mint(hub, **parent))["key"]

    refused = await asked(hub, key, "POST", "/jackfield/keys", json=limits)

    assert (refused.status_code, refused.json()["code"]) == (422, "key_wider_than_parent")
    assert [each["path"] for each in refused.json()["faults"]] == points
    assert (await asked(hub, key, "GET", "/jackfield/keys")).json()["data"] == []


async def test_what_there_is_not_is_named_and_other_projects_stay_unknown(hub: Running) -> None:
    other = await hub.key(project="other")
    theirs = await mint(hub, key=other)
    limits = {
        "account_ids": ["acc_0"],
        "connectors": ["nothing"],
        "actions": ["iterable_make_coffee"],
    }

    refused = await asked(hub, hub.api_key, "POST", "/jackfield/keys", json=limits)
    nothing_left = {"actions": ["iterable_list_*"], "effects": ["delete"]}
    empty = await asked(hub, hub.api_key, "POST", "/jackfield/keys", json=nothing_left)

    assert refused.status_code == 422
    assert [each["path"] for each in refused.json()["faults"]] == [
        "account_ids[0]",
        "connectors[0]",
        "actions[0]",
    ]
    assert "no action is left" in empty.json()["message"]
    for method in ("GET", "DELETE", "PATCH"):
        gone = await asked(
            hub, hub.api_key, method, f"/jackfield/keys/{theirs['id']}", json={"calls": 1}
        )
        assert (gone.status_code, gone.json()["code"]) == (404, "api_key_not_found")


async def test_a_key_ends_with_any_that_it_comes_from(hub: Running) -> None:
    first = await mint(hub)
    second = await mint(hub, key=first["key"])
    third = await mint(hub, key=second["key"])
    assert (await asked(hub, third["key"], "GET", "/accounts")).status_code == 200

    revoked = await asked(hub, hub.api_key, "DELETE", f"/jackfield/keys/{first['id']}")

    assert revoked.json()["state"] == "revoked"
    for key in (first, second, third):
        assert (await asked(hub, key["key"], "GET", "/accounts")).status_code == 401


async def test_a_key_that_is_narrowed_later_narrows_those_that_come_from_it(hub: Running) -> None:
    account = await hub.link()
    parent = await mint(hub, origin_owner_id="acme", calls=10)
    child = (await mint(hub, key=parent["key"]))["key"]
    assert (await run(hub, child, account, WRITE, **NAMED)).status_code == 200
    path = f"/jackfield/keys/{parent['id']}"

    wider = await asked(hub, hub.api_key, "PATCH", path, json={"calls": 10})
    changed = await asked(hub, hub.api_key, "PATCH", path, json={"effects": ["read"], "calls": 1})

    assert wider.json()["code"] == "key_wider_than_parent"
    assert (changed.json()["effects"], changed.json()["calls_left"]) == (["read"], 1)
    assert changed.json()["origin_owner_id"] == "acme"
    assert (await run(hub, child, account, WRITE, **NAMED)).status_code == 403
    assert (await run(hub, child, account, READ)).status_code == 200
    assert (await run(hub, child, account, READ)).json()["code"] == "calls_used_up"


async def test_a_key_expires_and_a_clock_that_is_set_back_does_not_prolong_it(
    hub: Running, clock: FrozenClock
) -> None:
    key = (await mint(hub, minutes=10))["key"]
    clock.advance(minutes=9)
    assert (await asked(hub, key, "GET", "/accounts")).status_code == 200

    clock.advance(minutes=-5)
    set_back = await asked(hub, key, "GET", "/accounts")
    clock.advance(minutes=6)
    ended = await asked(hub, key, "GET", "/accounts")

    assert "set back" in set_back.json()["message"]
    assert (set_back.status_code, ended.status_code) == (401, 401)


async def test_pages_of_allowed_origins_use_a_key_and_others_do_not(hub: Running) -> None:
    page, account = "https://app.acme.example", await hub.link()
    await hub.api.patch("/jackfield/project", json={"allowed_origins": [page]})
    key = (await mint(hub, effects=["read"], origin_owner_id="acme"))["key"]
    headers = {"access-control-request-method": "POST", "origin": page}
    body = {"action": READ}

    asks = await hub.api.options("/actions/rpc", headers=headers)
    of_hub = await hub.api.options("/jackfield/project", headers=headers)
    allowed = await asked(
        hub,
        key,
        "POST",
        "/actions/rpc",
        origin=page,
        json=body,
        headers={"x-account-id": account},
    )
    elsewhere = await asked(hub, key, "GET", "/accounts", origin="https://evil.example")
    unknown = await asked(hub, "jf_sk_0", "GET", "/accounts", origin=page)
    ordinary = await asked(hub, hub.api_key, "GET", "/accounts", origin=page)

    assert asks.status_code == 204
    assert "authorization" in asks.headers["access-control-allow-headers"]
    assert of_hub.status_code == 405
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, page)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "page_not_allowed")
    assert "access-control-allow-origin" not in elsewhere.headers
    assert unknown.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in ordinary.headers


async def test_records_name_the_keys_that_a_key_comes_from(hub: Running) -> None:
    first = await mint(hub, name="agent")
    second = await mint(hub, key=first["key"], calls=2)

    records = (await hub.api.get("/jackfield/audit?family=key")).json()["data"]
    made = next(each for each in records if each["target"] == second["id"])

    assert made["actor"]["id"] == first["id"]
    assert made["actor"]["parents"] == [first["parent_id"]]
    assert (made["after"]["calls"], made["after"]["from"][0]) == (2, first["id"])


OPEN = {
    "run_action", "proxy_request", "list_actions", "search_actions", "list_accounts",
    "get_account", "list_connectors_meta", "get_connector_meta", "create_key", "list_keys",
    "get_key", "narrow_key", "revoke_key",
}  # fmt: skip


async def test_a_narrowed_key_opens_what_looks_at_its_limits_and_nothing_else(
    hub: Running,
) -> None:
    key = (await mint(hub))["key"]
    keyed = [each for each in ROUTES if each.guard is context.api_key]

    assert {each.handler.__name__ for each in keyed if each.narrowed} == OPEN
    for route in keyed:
        if not route.narrowed:
            parts = {name: "x" for name in route.parameters if name not in ("body", "query")}
            response = await asked(hub, key, route.method, route.path.format(**parts))
            assert response.status_code == 403, route
            assert response.json()["code"] in ("narrowed_key_refused", "missing_scope"), route


async def test_a_key_that_was_narrowed_too_often_is_narrowed_no_further(hub: Running) -> None:
    key = hub.api_key
    for _ in range(4):
        key = (await mint(hub, key=key))["key"]

    refused = await asked(hub, key, "POST", "/jackfield/keys", json={})

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_narrowed_keys")


@pytest.mark.parametrize(
    ("pattern", "text", "is_match"),
    [
        ("a_*", "a_b", True),
        ("*", "", True),
        ("a*b*c", "a1b2c", True),
        ("a*b*c", "acb", False),
        ("ab*ba", "aba", False),
        ("a_list", "a_lists", False),
        ("*" * 200 + "x", "a" * 5000, False),
        ("*a" * 120, "a" * 119, False),
    ],
)
def test_a_pattern_matches_as_in_file_names(pattern: str, text: str, *, is_match: bool) -> None:
    assert matches(pattern, text) is is_match


async def test_keys_that_ended_long_ago_are_forgotten_with_all_that_come_from_them(
    hub: Running, clock: FrozenClock
) -> None:
    parent = await mint(hub, minutes=10, calls=3)
    await mint(hub, key=parent["key"])
    kept = await mint(hub, minutes=LONGEST_MINUTES)
    clock.advance(days=40)
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await tx.run(
            "update api_keys set expires_at = :now where project_id = :project_id and id = :id",
            id=kept["id"],
        )
        tx.is_recorded = True

    await hub.hub.write_buffer.flush()

    await prune(hub.hub)

    listed = (await hub.api.get("/jackfield/keys")).json()["data"]
    assert [each["id"] for each in listed] == [kept["id"]]


async def test_keys_that_a_narrowed_key_mints_share_its_rate(hub_with: HubWith) -> None:
    async with hub_with(rate_limit=8) as hub:
        parent = (await mint(hub))["key"]
        children = [(await mint(hub, key=parent))["key"] for _ in range(3)]

        statuses = [(await asked(hub, key, "GET", "/accounts")).status_code for key in children * 3]

    assert (statuses.count(200), statuses.count(429)) == (5, 4)
