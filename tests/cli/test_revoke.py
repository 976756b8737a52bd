"""`jackfield revoke`: an operator ends credentials by command, and gets a report that is signed."""

from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.test_commands import link

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


def sent_to(sandbox: Sandbox) -> dict[str, str]:
    """Return the setting of a command that asks the provider itself."""
    return {"PROVIDER_REWRITE": f"https://api.iterable.com={sandbox.us.url}"}


async def test_what_survives_is_named_with_its_console_until_it_is_ended_there_by_hand(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox, tmp_path: Path
) -> None:
    account = await link(jackfield, served, sandbox)
    served = {**served, **sent_to(sandbox)}
    first, second = str(tmp_path / "1.ndjson"), str(tmp_path / "2.ndjson")

    wrong = await jackfield("revoke", "--all", stdin="7\n", **served)
    alive = await jackfield("revoke", "--all", "--report", first, "--json", "--yes", **served)
    shown = await jackfield("accounts", "show", account, "--json", **served)
    sandbox.us.app.sandbox.keys["server_side"].disabled = True
    dead = await jackfield("revoke", "--account", account, "--report", second, "--yes", **served)
    again = await jackfield("revoke", "--job", alive.json["jobs"][0]["id"], "--json", **served)

    assert (wrong.status, "nothing was changed" in wrong.err) == (1, True)
    assert (alive.status, alive.json["counts"]["survived"]) == (1, 1)
    assert alive.json["accounts"][0]["by_hand"]["console"] == "https://app.iterable.com"
    assert shown.json["status_reasons"][0]["code"] == "revocation_survived"
    assert (dead.status, dead.out.strip()) == (0, "1 dead, 0 survived, 0 unknown, 0 nothing")
    assert (again.status, again.json["counts"]) == (1, alive.json["counts"])


async def test_a_report_that_was_changed_is_not_verified(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox, tmp_path: Path
) -> None:
    await link(jackfield, served, sandbox)
    served = {**served, **sent_to(sandbox)}
    report = tmp_path / "report.ndjson"
    await jackfield("revoke", "--provider", "iterable", "--report", str(report), "--yes", **served)

    good = await jackfield("revoke", "--verify", str(report), "--json", **served)
    report.write_bytes(report.read_bytes().replace(b'"survived"', b'"dead"'))
    bad = await jackfield("revoke", "--verify", str(report), **served)

    assert (good.status, good.json["counts"]["survived"]) == (1, 1)
    assert (bad.status, "revocation_report_broken" in bad.err) == (1, True)


async def test_an_unclear_choice_revokes_nothing(
    jackfield: Command, served: dict[str, str]
) -> None:
    for words, status in (
        (["--all", "--provider", "iterable"], 2),
        (["--all", "--verify", "x"], 2),
        (["--account", "acc_none", "--yes"], 1),
        (["--project", "none", "--yes"], 1),
        (["--job", "ajb_none"], 1),
    ):
        said = await jackfield("revoke", *words, **served)
        assert (said.status, said.err.startswith("error: ")) == (status, True), said.err
