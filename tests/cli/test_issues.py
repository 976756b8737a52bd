"""`jackfield issues`: what is wrong with accounts, from the shell."""

import json
from pathlib import Path

import pytest

from jackfield.kit.clock import system_clock
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.worker.issues import find_due
from tests.cli.conftest import Command
from tests.support.issues import run_of, write_log
from tests.support.running import serving_hub

pytestmark = pytest.mark.anyio


@pytest.mark.slow
async def test_an_issue_is_listed_shown_muted_and_resolved_from_the_shell(
    jackfield: Command, data_dir: Path, sandbox: Sandbox
) -> None:
    async with serving_hub(sandbox, data_dir=data_dir) as hub:
        shell = {"URL": hub.hub.public_url, "API_KEY": hub.api_key}
        account_id = await hub.link()
        none = await jackfield("issues", "list", **shell)
        await write_log(hub, run_of(account_id, system_clock()))
        # Not when the hub's own worker comes to it.
        await hub.hub.db.unscoped("update issue_readings set leased_until = :now")
        await find_due(hub.hub)

        listed = await jackfield("issues", "list", **shell)
        found = await jackfield("issues", "list", "--account", account_id, "--json", **shell)
        (issue,) = json.loads(found.out)["data"]
        shown = await jackfield("issues", "show", issue["id"], **shell)
        muted = await jackfield("issues", "mute", issue["id"], "--days=7", "--json", **shell)
        quiet = await jackfield("issues", "list", **shell)
        unmuted = await jackfield("issues", "unmute", issue["id"], "--json", **shell)
        resolved = await jackfield("issues", "resolve", issue["id"], "--json", **shell)
        late = await jackfield("issues", "mute", issue["id"], **shell)
        missing = await jackfield("issues", "show", "iss_0", **shell)

    assert (none.status, none.out, none.err) == (0, "", "no issues\n")
    assert issue["id"] in listed.out
    assert "Iterable limits how often Acme Inc. is asked" in listed.out
    assert "provider_rate_limited" in shown.out
    assert (json.loads(muted.out)["status"], quiet.err) == ("muted", "no issues\n")
    assert json.loads(unmuted.out)["status"] == "open"
    assert json.loads(resolved.out)["resolution"] == "by_hand"
    assert (late.status, "issue_resolved" in late.err) == (1, True)
    assert (missing.status, "issue_not_found" in missing.err) == (1, True)
