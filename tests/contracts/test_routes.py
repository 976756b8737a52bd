"""What must hold for every route, including those not written yet."""

import importlib
import pkgutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from inline_snapshot import snapshot

import jackfield.http
from jackfield.http import context
from jackfield.http.routes import ROUTES
from jackfield.http.routing import Route, Routes
from jackfield.sandbox.iterable.server import serve
from jackfield.worker.issues import find_due
from tests.support.clock import FrozenClock
from tests.support.issues import listed, run_of, write_log
from tests.support.portal import make_portal
from tests.support.running import Running, running_hub
from tests.support.uploads import upload

pytestmark = pytest.mark.anyio

PUBLIC = {"/healthz", "/readyz", "/jackfield/files/{token}"}
KEYED = [route for route in ROUTES if route.guard is context.api_key]
# A key of its path is one that is to be made.
MAKES = {"upload_connector"}


@pytest.fixture(scope="module")
async def asked(
    tmp_path_factory: pytest.TempPathFactory, connector_cache: Path
) -> AsyncGenerator[Running]:
    """Return one hub for every request that changes nothing."""
    folder = tmp_path_factory.mktemp("asked")
    (folder / "cache").symlink_to(connector_cache)
    async with (
        serve() as provider,
        running_hub(provider, data_dir=folder, clock=FrozenClock()) as running,
    ):
        yield running


@pytest.fixture(scope="module")
async def asked_for(asked: Running) -> dict[str, str]:
    return await what_there_is(asked)


@pytest.fixture(scope="module")
async def theirs(asked: Running) -> str:
    return await asked.key(project="theirs")


def url(route: Route) -> str:
    parts = {name: "x" for name in route.parameters if name not in ("body", "query")}
    return route.path.format(**parts)


def name(route: Route) -> str:
    return route.handler.__name__


def test_every_resource_there_is_is_served() -> None:
    modules = pkgutil.walk_packages(jackfield.http.__path__, "jackfield.http.")
    declared = [
        route
        for module in modules
        for resource in vars(importlib.import_module(module.name)).values()
        if isinstance(resource, Routes)
        for route in resource.routes
    ]

    assert {id(route) for route in declared} == {id(route) for route in ROUTES}
    assert len(declared) == len(ROUTES)


@pytest.mark.parametrize("route", [r for r in ROUTES if r.path not in PUBLIC], ids=name)
async def test_a_stranger_learns_nothing(asked: Running, route: Route) -> None:
    response = await asked.api.request(route.method, url(route), auth=None)

    assert response.status_code == 401
    assert response.json().keys() == {"statusCode", "message", "timestamp", "code", "request_id"}


def test_a_key_without_any_scope_reads_its_project_and_mints_keys_and_does_nothing_else() -> None:
    assert [f"{each.method} {each.path}" for each in KEYED if each.scope is None] == [
        "GET /jackfield/project",
        # Keys that come from it, which may do no more.
        "POST /jackfield/keys",
        "GET /jackfield/keys",
        "GET /jackfield/keys/{key_id}",
        "PATCH /jackfield/keys/{key_id}",
        "DELETE /jackfield/keys/{key_id}",
    ]


@pytest.mark.parametrize("route", [r for r in KEYED if r.scope], ids=name)
async def test_a_key_without_the_scope_is_refused(asked: Running, route: Route) -> None:
    from jackfield.projects.models import Scope  # noqa: PLC0415

    includes = {
        Scope.ACCOUNTS_READ: Scope.ACCOUNTS_WRITE,
        Scope.CONNECTORS_READ: Scope.CONNECTORS_WRITE,
    }
    assert route.scope is not None
    key = await asked.key(
        scopes=frozenset(Scope) - {route.scope, includes.get(route.scope, route.scope)}
    )

    response = await asked.api.request(route.method, url(route), auth=(key, ""))

    assert (response.status_code, response.json()["code"]) == (403, "missing_scope")
    assert route.scope.value in response.json()["message"]


NAMING = [route for route in KEYED if "{" in route.path and name(route) not in MAKES]


@pytest.mark.parametrize("route", [r for r in NAMING if r.method == "GET"], ids=name)
async def test_another_projects_resource_is_not_found(
    asked: Running, asked_for: dict[str, str], theirs: str, route: Route
) -> None:
    await is_not_found(asked, dict(asked_for), theirs, route)


@pytest.mark.parametrize("route", [r for r in NAMING if r.method != "GET"], ids=name)
async def test_another_projects_resource_is_not_changed(hub: Running, route: Route) -> None:
    await is_not_found(hub, await what_there_is(hub), await hub.key(project="theirs"), route)


async def is_not_found(hub: Running, real: dict[str, str], theirs: str, route: Route) -> None:
    """Ask for what is there and for what is not, as another project, and as the one that has it."""
    if route.path.startswith("/requests/"):
        real["log_id"] = real["action_run_id"]
    if route.path.startswith("/jackfield/audit/"):
        # Further than the log of another project goes.
        real["seq"] = str((await hub.api.get("/jackfield/audit/state")).json()["seq"])
    # Of the same kind, and of nobody.
    none = {name: f"{value[:-6]}zzzzzz" for name, value in real.items()} | {"step_index": "0"}

    found = [
        await hub.api.request(route.method, route.path.format(**ids), auth=(theirs, ""), json={})
        for ids in (real, none)
    ]
    ours = await hub.api.request(route.method, route.path.format(**real), json={})

    assert [each.status_code for each in found] == [404, 404]
    assert said(found[0], real) == said(found[1], none)
    assert ours.status_code != 404 or route.path.rpartition("/")[2] in NEEDS_MORE


# Where what is there has nothing of the kind, such as logs in depth that nobody switched on; and
# connectors, which belong to no project.
NEEDS_MORE = {
    "attempts",
    "{provider}",
    "advanced",
    "defender",
    "provider",
    "replay",
    "pinned_version",
}


def said(response: httpx2.Response, ids: dict[str, str]) -> dict[str, Any]:
    body = response.json()
    text = body["message"]
    for value in ids.values():
        text = text.replace(value, "…")
    return {"keys": sorted(body), "code": body["code"], "message": text}


async def what_there_is(hub: Running) -> dict[str, str]:
    """Make one of everything that has an id, and return the ids by the names of parameters."""
    account = await hub.link()
    ran = await hub.run(account, "iterable_list_channels")
    hook = await hub.api.post(
        "/jackfield/webhooks", json={"url": "https://receiver.example/x", "events": ["*"]}
    )
    replay = await hub.api.post(f"/jackfield/webhooks/{hook.json()['id']}/replays", json={})
    job = {"verb": "check", "account_ids": [account]}
    begun = await hub.api.post("/jackfield/account_jobs", json=job)
    chosen = {"account_ids": [account], "expected": 1}
    revoking = await hub.api.post("/jackfield/revocations", json=chosen)
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    session = await hub.session(origin_owner_id="other")
    left = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
    open_session = await hub.session()
    portal = await make_portal(hub)
    minted = await hub.api.post("/jackfield/keys", json={})
    await hub.hub.write_buffer.flush()
    (log,) = (await hub.api.post("/logs/provider", json={})).json()["data"][:1]
    (event,) = (await hub.hub.db.unscoped("select id from events order by id desc"))[:1]
    profile = (await hub.api.get(f"/accounts/{account}")).json()["integration_id"]
    run = ran.headers["x-request-id"]
    await write_log(hub, run_of(account, hub.hub.clock()))
    await find_due(hub.hub)
    (issue,) = await listed(hub)
    draft = (await upload(hub)).json()["version"]
    return {
        "issue_id": issue["id"],
        "job_id": begun.json()["id"],
        "revocation_id": revoking.json()["id"],
        "account_id": account,
        "profile_id": profile,
        "session_id": str(open_session["id"]),
        "portal_session_id": portal["id"],
        "key_id": minted.json()["id"],
        "link_id": left.json()["id"],
        "webhook_id": hook.json()["id"],
        "replay_id": replay.json()["id"],
        "event_id": event["id"],
        "action_run_id": run,
        "request_id": run,
        "log_id": log["log_id"],
        "step_index": "0",
        "provider": "unknown-provider",
        "key": draft["key"],
        "version_id": draft["id"],
    }


async def test_an_answer_has_a_request_id_and_is_not_kept_by_caches(hub: Running) -> None:
    response = await hub.api.get("/accounts")

    assert response.headers["x-request-id"].startswith("req_")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_an_unknown_path_and_method_have_the_same_shape(hub: Running) -> None:
    missing = await hub.api.get("/accounts/x/y/z/nothing")
    method = await hub.api.put("/accounts")

    assert missing.status_code == 404
    assert (method.status_code, method.json()["code"]) == (405, "method_not_allowed")


async def test_browsers_of_other_origins_reach_the_hub_api_and_nothing_else(hub: Running) -> None:
    preflight = await hub.api.options("/hub/accounts", headers={"origin": "https://shop.example"})
    elsewhere = await hub.api.get("/accounts", headers={"origin": "https://shop.example"})

    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "x-hub-session-token" in preflight.headers["access-control-allow-headers"]
    assert not any(header.startswith("access-control") for header in elsewhere.headers)


def test_the_operations() -> None:
    assert [f"{route.method} {route.path}" for route in ROUTES] == snapshot(
        [
            "POST /actions/rpc",
            "POST /unified/proxy",
            "POST /actions/rpc/synced",
            "POST /unified/check_permissions",
            "GET /actions",
            "POST /actions/search",
            "POST /actions/build",
            "POST /ai/tool-feedback",
            "GET /jackfield/tool_feedback",
            "GET /jackfield/files/{token}",
            "GET /requests/logs",
            "GET /requests/logs/steps",
            "GET /requests/platform-logs",
            "GET /requests/logs/{log_id}",
            "POST /logs",
            "POST /logs/actions",
            "POST /logs/steps",
            "POST /logs/provider",
            "POST /logs/unified",
            "POST /logs/stats/aggregate",
            "POST /logs/stats/dimensions",
            "GET /logs/actions/{action_run_id}",
            "GET /logs/actions/{action_run_id}/advanced",
            "GET /logs/actions/{action_run_id}/defender",
            "GET /logs/actions/{action_run_id}/steps",
            "GET /logs/actions/{action_run_id}/steps/{step_index}",
            "GET /logs/actions/{action_run_id}/steps/{step_index}/advanced",
            "GET /logs/provider/{log_id}",
            "GET /logs/provider/{log_id}/advanced",
            "GET /logs/unified/{request_id}",
            "GET /logs/unified/{request_id}/advanced",
            "GET /logs/unified/{request_id}/provider",
            "GET /jackfield/logs",
            "GET /jackfield/logs/histogram",
            "GET /jackfield/logs/export",
            "GET /jackfield/logs/live",
            "GET /jackfield/audit",
            "GET /jackfield/audit/state",
            "GET /jackfield/audit/export",
            "GET /jackfield/audit/{seq}",
            "POST /connect_sessions",
            "POST /connect_sessions/authenticate",
            "GET /accounts",
            "GET /accounts/{account_id}",
            "GET /accounts/{account_id}/meta",
            "PATCH /accounts/{account_id}",
            "DELETE /accounts/{account_id}",
            "POST /jackfield/accounts/{account_id}/check",
            "POST /jackfield/accounts/{account_id}/suspend",
            "POST /jackfield/accounts/{account_id}/resume",
            "GET /jackfield/accounts",
            "POST /jackfield/account_jobs",
            "GET /jackfield/account_jobs",
            "GET /jackfield/account_jobs/{job_id}",
            "GET /jackfield/account_jobs/{job_id}/accounts",
            "DELETE /jackfield/account_jobs/{job_id}",
            "POST /jackfield/revocations",
            "GET /jackfield/revocations",
            "GET /jackfield/revocations/{revocation_id}",
            "GET /jackfield/revocations/{revocation_id}/accounts",
            "GET /jackfield/revocations/{revocation_id}/report",
            "DELETE /jackfield/revocations/{revocation_id}",
            "POST /jackfield/decoys",
            "GET /jackfield/decoys",
            "GET /jackfield/accounts/{account_id}/permissions",
            "POST /jackfield/accounts/{account_id}/permissions",
            "GET /jackfield/issues",
            "GET /jackfield/issues/{issue_id}",
            "POST /jackfield/issues/{issue_id}/resolve",
            "POST /jackfield/issues/{issue_id}/mute",
            "POST /jackfield/issues/{issue_id}/unmute",
            "GET /connectors/meta",
            "GET /connectors/meta/{provider}",
            "GET /jackfield/connectors",
            "GET /jackfield/connectors/{key}/versions",
            "PUT /jackfield/connectors/{key}/versions",
            "GET /jackfield/connectors/{key}/versions/{version_id}",
            "POST /jackfield/connectors/{key}/versions/{version_id}/cases",
            "POST /jackfield/connectors/{key}/versions/{version_id}/publish",
            "DELETE /jackfield/connectors/{key}/draft",
            "DELETE /jackfield/connectors/{key}",
            "GET /auth_configs",
            "GET /connector_profiles",
            "POST /auth_configs",
            "POST /connector_profiles",
            "GET /auth_configs/{profile_id}",
            "GET /connector_profiles/{profile_id}",
            "PATCH /auth_configs/{profile_id}",
            "PATCH /connector_profiles/{profile_id}",
            "DELETE /auth_configs/{profile_id}",
            "DELETE /connector_profiles/{profile_id}",
            "GET /connector_profiles/{profile_id}/versions",
            "GET /connector_profiles/{profile_id}/pinned_version",
            "PUT /connector_profiles/{profile_id}/pinned_version",
            "DELETE /connector_profiles/{profile_id}/pinned_version",
            "GET /jackfield/connect_sessions",
            "GET /jackfield/connect_sessions/{session_id}",
            "POST /jackfield/connect_sessions/{session_id}/revoke",
            "POST /jackfield/accounts/{account_id}/reconnect_link",
            "GET /jackfield/pending_links",
            "GET /jackfield/pending_links/{link_id}",
            "POST /jackfield/pending_links/{link_id}/confirm",
            "POST /jackfield/pending_links/{link_id}/refuse",
            "GET /hub/settings",
            "GET /hub/connectors",
            "GET /hub/connectors/{profile_id}",
            "POST /hub/accounts",
            "GET /hub/accounts/{account_id}",
            "PATCH /hub/accounts/{account_id}",
            "POST /hub/frames",
            "POST /hub/connection_attempts",
            "GET /hub/connection_attempts/{attempt_id}",
            "DELETE /hub/connection_attempts/{attempt_id}",
            "POST /jackfield/portal_sessions",
            "GET /jackfield/portal_sessions",
            "GET /jackfield/portal_sessions/{portal_session_id}",
            "DELETE /jackfield/portal_sessions/{portal_session_id}",
            "POST /hub/portal_frames",
            "POST /hub/portal_frames/{frame_id}/open",
            "GET /jackfield/project",
            "PATCH /jackfield/project",
            "POST /jackfield/keys",
            "GET /jackfield/keys",
            "GET /jackfield/keys/{key_id}",
            "PATCH /jackfield/keys/{key_id}",
            "DELETE /jackfield/keys/{key_id}",
            "POST /jackfield/webhooks",
            "GET /jackfield/webhooks",
            "GET /jackfield/webhooks/{webhook_id}",
            "PATCH /jackfield/webhooks/{webhook_id}",
            "DELETE /jackfield/webhooks/{webhook_id}",
            "POST /jackfield/webhooks/{webhook_id}/rotate",
            "POST /jackfield/webhooks/{webhook_id}/test",
            "GET /jackfield/webhooks/{webhook_id}/deliveries",
            "GET /jackfield/webhooks/{webhook_id}/deliveries/{event_id}/attempts",
            "POST /jackfield/webhooks/{webhook_id}/deliveries/{event_id}/replay",
            "POST /jackfield/webhooks/{webhook_id}/deliveries/replay",
            "GET /jackfield/webhook_events",
            "POST /jackfield/webhooks/{webhook_id}/replays",
            "GET /jackfield/webhooks/{webhook_id}/replays",
            "GET /jackfield/webhooks/{webhook_id}/replays/{replay_id}",
            "DELETE /jackfield/webhooks/{webhook_id}/replays/{replay_id}",
            "GET /healthz",
            "GET /readyz",
        ]
    )
