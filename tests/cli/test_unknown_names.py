"""A name or an id of nothing: what is said, and which command lists what there is."""

import json
from pathlib import Path

import pytest

from jackfield.cli.output import LISTED_BY, LISTED_BY_FIELD
from jackfield.connectors.loading.discovery import own_folder
from tests.cli.conftest import Command
from tools.reference import catalogue, commands

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.parametrize(
    ("command", "code", "lists"),
    [
        ("accounts show {id}", "account_not_found", "accounts list"),
        ("run iterable_list_lists --account {id}", "account_not_found", "accounts list"),
        ("connect nope --owner-id x", "connector_not_found", "connectors list"),
        ("connectors publish nope", "upload_not_found", "connectors versions"),
        ("issues show {id}", "issue_not_found", "issues list"),
        ("webhooks test {id}", "webhook_not_found", "webhooks list"),
        ("keys revoke {id}", "api_key_not_found", "keys list"),
        ("keys list --project nope", "project_not_found", "projects list"),
        ("projects delete nope --yes", "project_not_found", "projects list"),
        ("members role a@b.example viewer", "member_not_found", "members list"),
        ("accounts each suspend --provider nope --expect 1", "no_accounts_chosen", "accounts list"),
        ("accounts decoy nope --owner-id x", "no_decoy_possible", "connectors list"),
        ("keys narrow --connector nope", "invalid_request", "connectors list"),
        ("keys narrow --account {id}", "invalid_request", "accounts list"),
        ("keys narrow --action nope_list", "invalid_request", "actions list"),
        ("sandbox connector nope", "connector_not_found", "connectors list"),
    ],
)
async def test_an_unknown_name_points_to_the_command_that_shows_what_there_is(
    jackfield: Command, served: dict[str, str], command: str, code: str, lists: str
) -> None:
    unknown = command.format(id="acc_01KJMBQDE0HBDT3Q5EZY8H8R8Y")

    said = await jackfield(*unknown.split(), **served)

    assert said.status == 1
    first, *_, last = said.err.splitlines()
    assert first.startswith("error: ")
    assert f"[{code}]" in first
    assert last == f"  see what there is: jackfield {lists}"


async def test_a_connector_or_action_of_no_such_name_is_told_beside_those_there_are(
    jackfield: Command, tmp_path: Path
) -> None:
    credentials = {"subdomain": "acme", "kind": "company", "key_id": "k", "key_secret": "s"}
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"auth_method": "service_key", **credentials}), encoding="utf-8")
    own = own_folder() / "fernwood"
    key = ("--credentials", str(file))

    drifted = await jackfield("connectors", "drift", "notoin", "--spec", str(file))
    ran = await jackfield("connectors", "run", str(own), "list_employes", *key)
    by_key = await jackfield("connectors", "run", "fernwood", "list_employees", *key)

    assert "did you mean notion?" in drifted.err
    assert drifted.err.endswith("  see what there is: jackfield connectors list\n")
    assert "did you mean 'list_employees'?" in ran.err
    assert "it has: " in ran.err
    assert by_key.status == 2
    assert "see where each is: jackfield connectors list" in by_key.err


@pytest.mark.parametrize(
    ("command", "empty"),
    [
        (("accounts", "list"), "no account matches; see them all: jackfield accounts list"),
        (("actions", "list"), "no such actions; see the providers: jackfield connectors list"),
    ],
)
async def test_a_list_of_a_provider_that_there_is_not_says_where_to_look(
    jackfield: Command, served: dict[str, str], command: tuple[str, ...], empty: str
) -> None:
    said = await jackfield(*command, "--provider", "nope", **served)

    assert (said.status, said.err.strip()) == (0, empty)


def test_each_command_that_shows_what_there_is_exists() -> None:
    known = {context.command_path for _, context in commands()}

    assert LISTED_BY.keys() <= catalogue().keys()
    assert {*LISTED_BY.values(), *LISTED_BY_FIELD.values()} <= known
