import contextlib
import re
import socket
from pathlib import Path

import httpx2
import pytest

from jackfield.cli import sockets
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.support.clock import StoppedTime
from tests.support.running import own_catalog

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def link(jackfield: Command, served: dict[str, str], sandbox: Sandbox) -> str:
    """Open a link made by `jackfield connect`, and fill in its form."""
    made = await jackfield("connect", "iterable", "--owner-id", "acme", **served)
    assert made.status == 0, made.err
    async with httpx2.AsyncClient() as browser:
        url = made.out.strip()
        form = await browser.get(url)
        action = re.search(r'method="post" action="([^"]+)"', form.text)
        assert action is not None
        done = await browser.post(
            served["URL"] + action[1].replace("&amp;", "&"),
            data={"api_key": sandbox.us.api_keys["server_side"], "region": "us"},
        )
        assert "is connected" in done.text
    listed = await jackfield("accounts", "list", "--json", **served)
    return listed.json[0]["id"]


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(
    jackfield: Command, served: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = StoppedTime()
    monkeypatch.setattr("jackfield.db.project_cache.time", stopped)
    made = await jackfield("keys", "create", "--name", "ci", "--scopes", "accounts:read", "--json")
    key = {**served, "API_KEY": made.json["key"]}

    allowed = await jackfield("accounts", "list", **key)
    refused = await jackfield("actions", "list", **key)
    listed = await jackfield("keys", "list", "--json")
    revoked = await jackfield("keys", "revoke", made.json["id"])
    # A running hub learns of it within a second, however long the commands take.
    stopped.now += 1
    after = await jackfield("accounts", "list", **key)

    assert (allowed.status, refused.status, revoked.status, after.status) == (0, 1, 0, 1)
    assert "missing_scope" in refused.err
    assert "unauthenticated" in after.err
    assert made.json["key"] not in listed.out
    assert made.json["scopes"] == ["accounts:read"]


async def test_an_account_is_linked_used_and_looked_after(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox
) -> None:
    account = await link(jackfield, served, sandbox)

    ran = await jackfield("run", "iterable_list_channels", "--account", account, **served)
    named = await jackfield(
        "run", "iterable_get_user_by_email", "email=avery.abbott@example.com",
        "--account", account, **served,
    )  # fmt: skip
    piped = await jackfield(
        "run", "iterable_get_user_by_email", "--input", "-", "--account", account,
        stdin='{"email": "avery.abbott@example.com"}', **served,
    )  # fmt: skip
    checked = await jackfield("accounts", "check", account, **served)
    suspended = await jackfield("accounts", "suspend", account, "--json", **served)
    refused = await jackfield("run", "iterable_list_channels", "--account", account, **served)
    deleted = await jackfield("accounts", "delete", account, "--yes", **served)

    assert len(ran.json["data"]) >= 4
    assert named.json == piped.json
    assert named.json["data"]["email"] == "avery.abbott@example.com"
    assert checked.status == 0
    assert suspended.json["status"] == "suspended"
    assert (refused.status, "account_not_usable" in refused.err) == (1, True)
    assert deleted.status == 0
    assert "unsupported: The provider offers no way to revoke" in deleted.out


async def test_a_link_to_a_customers_own_page_is_printed(
    jackfield: Command, served: dict[str, str]
) -> None:
    made = await jackfield("portal", "acme", "--allow", "pause", "--lang", "de", "--json", **served)
    printed = await jackfield("portal", "acme", **served)

    async with httpx2.AsyncClient() as browser:
        page = await browser.get(printed.out.strip())
    assert made.json["allow"] == ["read", "pause"]
    assert made.json["origin_owner_name"] == "acme"
    assert (page.status_code, "acme" in page.text) == (200, True)


async def test_a_key_for_an_agent_is_narrowed_and_works(
    jackfield: Command, served: dict[str, str]
) -> None:
    limits = ("--owner", "acme", "--effect", "read", "--action", "iterable_list_*", "--calls", "3")
    made = await jackfield("keys", "narrow", "--name", "agent", *limits, "--json", **served)
    key = (await jackfield("keys", "narrow", "--minutes", "5", **served)).out.strip()
    wider = await jackfield(
        "keys", "narrow", "--effect", "delete",
        **{**served, "API_KEY": made.json["key"]},
    )  # fmt: skip
    listed = await jackfield("accounts", "list", **{**served, "API_KEY": key})

    assert (made.json["calls_left"], made.json["origin_owner_id"]) == (3, "acme")
    assert (wider.status, "key_wider_than_parent" in wider.err) == (1, True)
    assert listed.status == 0


async def test_a_dry_run_prints_the_request_and_sends_nothing(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox
) -> None:
    account = await link(jackfield, served, sandbox)
    before = len(sandbox.us.requests)

    said = await jackfield(
        "run", "iterable_create_list", "name=Trial", "--account", account, "--dry-run", **served
    )

    (request,) = said.json["data"]["requests"]
    assert (request["method"], request["url"]) == ("POST", "https://api.iterable.com/api/lists")
    assert request["body"] == {"name": "Trial"}
    assert sandbox.us.api_keys["server_side"] not in said.out
    assert len(sandbox.us.requests) == before


async def test_exit_statuses_tell_who_failed(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox
) -> None:
    account = ["--account", await link(jackfield, served, sandbox)]

    provider = await jackfield("run", "iterable_get_list_size", "listId=999999", *account, **served)
    inputs = await jackfield("run", "iterable_get_list_size", "listId=many", *account, **served)
    usage = await jackfield("run", "iterable_get_list_size", "listId", *account, **served)
    nothing = await jackfield("run", "iterable_list_channels", **served)
    nobody = await jackfield("accounts", "list", URL="http://127.0.0.1:1", API_KEY="x")
    keyless = await jackfield("accounts", "list", URL=served["URL"])

    assert (provider.status, inputs.status, usage.status, nothing.status) == (3, 1, 2, 2)
    assert "provider_rejected" in provider.err
    assert "path.listId" in inputs.err
    assert (nobody.status, "no hub answers" in nobody.err) == (1, True)
    assert nobody.err.rstrip().endswith("[hub_unreachable]")
    assert (keyless.status, "JACKFIELD_API_KEY is not set" in keyless.err) == (1, True)


async def test_actions_are_found_and_explained(jackfield: Command, served: dict[str, str]) -> None:
    found = await jackfield("actions", "search", "list size", "--json", **served)
    shown = await jackfield("actions", "show", "iterable_get_list_size", **served)
    missing = await jackfield("actions", "show", "iterable_get_nothing", **served)

    assert "iterable_get_list_size" in [each["id"] for each in found.json["data"]]
    assert "listId" in shown.out
    assert (missing.status, "[action_not_found]" in missing.err) == (1, True)


async def test_doctor_finds_what_is_wrong_and_says_what_helps(
    jackfield: Command, data_dir: Path
) -> None:
    await jackfield("keys", "create", "--name", "x")
    well = await jackfield("doctor", "--json")
    (data_dir / "keyring.json").unlink()
    ill = await jackfield("doctor")

    assert well.status == 0, well.err
    assert all(each["ok"] for each in well.json["data"])
    assert ill.status == 1
    assert "restore it from a backup" in " ".join(ill.out.split())


async def test_doctor_asks_the_store_of_limits(jackfield: Command, redis_url: str) -> None:
    await jackfield("keys", "create", "--name", "x")
    alone = await jackfield("doctor", "--json")
    well = await jackfield("doctor", "--json", LIMITS_URL=redis_url)
    away = await jackfield("doctor", "--json", LIMITS_URL="redis://:hidden@127.0.0.1:1")
    odd = await jackfield("doctor", LIMITS_URL="redis://:hidden/part@127.0.0.1:1")

    details = [
        next(each["detail"] for each in said.json["data"] if each["check"] == "limits")
        for said in (alone, well, away)
    ]
    assert "each server" in details[0]
    assert "in Redis" in details[1]
    assert "does not answer" in details[2]
    assert (well.status, away.status, odd.status) == (0, 1, 1)
    assert "hidden" not in away.out + away.err + odd.out + odd.err


async def test_doctor_asks_nobody_offline(jackfield: Command) -> None:
    await jackfield("keys", "create", "--name", "first")
    # Nothing answers there, and a store of limits that was asked would be missed.
    elsewhere = {"URL": "http://127.0.0.1:9", "LIMITS_URL": "redis://127.0.0.1:9/0"}

    asked = await jackfield("doctor", "--json", **elsewhere)
    offline = await jackfield("doctor", "--offline", "--json", **elsewhere)

    assert asked.status == 1
    assert offline.status == 0, offline.out
    assert {"hub", "limits"}.isdisjoint(each["check"] for each in offline.json["data"])


async def test_doctor_makes_a_sign_in_link(jackfield: Command, served: dict[str, str]) -> None:
    link = await jackfield("doctor", "--sign-in-link", PUBLIC_URL=served["URL"])
    async with httpx2.AsyncClient(follow_redirects=True) as browser:
        address, _, token = link.out.strip().partition("?token=")
        asked = await browser.get(link.out.strip())
        page = await browser.post(address, data={"token": token}, headers={"origin": served["URL"]})
        out = await jackfield("doctor", "--sign-out-everywhere")
        after = await browser.get(served["URL"] + "/dashboard")

    assert "No account has been linked yet" not in asked.text
    assert "No account has been linked yet" in page.text
    assert (out.status, after.status_code) == (0, 401)


async def test_serving_on_a_port_that_is_taken_says_so(jackfield: Command) -> None:
    taken = sockets.listen("127.0.0.1", 0)
    port = str(taken.getsockname()[1])

    said = await jackfield("serve", "--port", port)

    taken.close()
    assert (said.status, "port_in_use" in said.err) == (1, True)
    assert "--port" in said.err


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"DATA_DIR": "/proc/nowhere"}, "database_unusable"),
        ({"PROVIDER_REWRITE": "nonsense"}, "invalid_rewrite"),
        ({"LOG_LEVEL": "loud"}, "invalid_setting"),
        (
            {"DATABASE_URL": "postgresql://127.0.0.1:1/x", "DATABASE_WAIT": "0"},
            "database_unusable",
        ),
        ({"KEYRING": "env:NOT_SET"}, "keyring_unusable"),
    ],
)
async def test_a_hub_that_cannot_start_says_why_in_one_line(
    jackfield: Command, settings: dict[str, str], code: str
) -> None:
    said = await jackfield("serve", "--port", "0", **settings)

    assert said.status == 1
    (line,) = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert line.endswith(f"[{code}]")
    assert "Traceback" not in said.err
    assert "listens on" not in said.err


async def test_the_demo_does_the_whole_job_by_itself(jackfield: Command) -> None:
    said = await jackfield("demo", "--once", "--json")

    assert said.status == 0, said.err
    assert len(said.json["data"]) == 5
    assert all(row["result"] for row in said.json["data"])


async def test_the_demo_of_all_links_an_account_of_each_provider(jackfield: Command) -> None:
    said = await jackfield("demo", "--all", "--once", "--json")

    assert said.status == 0, said.err
    known = own_catalog().connectors()
    proved = {each.title for each in known if each.quality is not None and each.key != "iterable"}
    assert {row["provider"] for row in said.json["data"]} == proved
    assert all(row["result"] for row in said.json["data"])


async def test_a_second_demo_says_that_the_first_one_runs(jackfield: Command) -> None:
    with contextlib.ExitStack() as taken:
        # Whoever else has a port does as well, unless it is given back meanwhile.
        for port in (9901, 9902):
            listening = taken.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                listening.bind(("127.0.0.1", port))
                listening.listen()
        said = await jackfield("demo", "--port", "0")

    assert said.status == 1
    assert re.search("port 990[12] of 127.0.0.1 cannot be used", said.err)
    assert "Traceback" not in said.err


async def test_help_names_every_command(jackfield: Command) -> None:
    said = await jackfield("--help")

    for command in ("serve", "demo", "keys", "connect", "accounts", "actions", "run", "doctor"):
        assert re.search(rf"^  {command} ", said.out, re.MULTILINE)
    assert (await jackfield("nothing")).status == 2
