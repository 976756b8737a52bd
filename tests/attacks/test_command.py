"""The command that attacks a hub."""

import json

import pytest
from click.testing import CliRunner, Result

from tests.attacks.__main__ import main
from tests.attacks.catalog import ATTACKS, FAULTS


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, arguments)


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "status"), [(None, 0), ("no_pkce", 1)])
def test_the_command_says_what_an_attacker_got(fault: str | None, status: int) -> None:
    planted = ("--fault", fault) if fault else ()

    ended = run("--only", "injected_code", "--no-browser", "--json", *planted)

    (row,) = json.loads(ended.stdout)
    assert (ended.exit_code, row["attack"]) == (status, "injected_code")
    assert row["outcome"] == ("succeeded" if fault else "held")
    assert bool(row["detail"]) is bool(fault)


def test_a_hub_that_cannot_be_asked_is_not_said_to_hold() -> None:
    keys = {"JACKFIELD_API_KEY": "jf_sk_x", "JACKFIELD_OTHER_API_KEY": "jf_sk_y"}

    ended = run("--url", "http://127.0.0.1:9", "--no-browser", **keys)

    assert ended.exit_code == 3
    assert "cannot be reached" in ended.stderr


def test_a_hub_of_ones_own_needs_both_keys_and_takes_no_fault() -> None:
    alone = run("--url", "http://127.0.0.1:9", JACKFIELD_API_KEY="", JACKFIELD_OTHER_API_KEY="")
    faulty = run(
        "--url", "http://127.0.0.1:9", "--key", "a", "--stranger", "b", "--fault", "no_pkce"
    )

    assert (alone.exit_code, faulty.exit_code) == (2, 2)


def test_the_list_names_every_attack_and_fault() -> None:
    listed = json.loads(run("--list", "--json").stdout)

    assert (set(listed["attacks"]), set(listed["faults"])) == (set(ATTACKS), set(FAULTS))
