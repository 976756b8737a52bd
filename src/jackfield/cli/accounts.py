"""`jackfield accounts …`: linked accounts, through the API."""

from typing import Any, Final
from urllib.parse import quote

import click

from jackfield.cli.account_jobs import each, search_options, search_query
from jackfield.cli.account_links import links
from jackfield.cli.output import json_option, print_json, print_table

# What `GET /accounts` knows, too.
_OF_ANY_HUB: Final = frozenset({"providers", "origin_owner_ids", "status", "page", "page_size"})
_PAGING: Final = 2
_DECOYS: Final = "/jackfield/decoys"


@click.group()
def accounts() -> None:
    """List and look after linked accounts."""


@accounts.command("list")
@search_options
@click.option(
    "--sort",
    type=click.Choice(["created", "used", "failures", "customer"]),
    default="created",
    help="The latest, the most or A first; by failures only those that fail.",
)
@click.option("--page", type=int, default=1, show_default=True, help="From 1.")
@click.option("--page-size", type=int, default=25, show_default=True, help="Accounts of a page.")
@json_option
def list_accounts(
    *,
    sort: str,
    page: int,
    page_size: int,
    as_json: bool,
    **chosen: Any,
) -> None:
    """List linked accounts, newest first unless sorted, or those that a search finds."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`
    from jackfield.client import Account  # noqa: PLC0415

    query = search_query(chosen) | {"page": page, "page_size": page_size}
    if sort == "created" and set(query) <= _OF_ANY_HUB:
        found = api.call("GET", "/accounts", list[Account], query=query)
    else:
        found = api.call("GET", "/jackfield/accounts", query=query | {"sort": sort})["data"]
    if as_json:
        print_json(found)
        return
    print_table(
        ["id", "provider", "owner", "status", "type", "linked"],
        [
            (
                account["id"],
                account["provider"],
                f"{account['origin_owner_name']} ({account['origin_owner_id']})",
                account["status"],
                account.get("type"),
                account["created_at"][:16].replace("T", " "),
            )
            for account in found
        ],
        empty="no account matches; see them all: jackfield accounts list"
        if len(query) > _PAGING or page > 1
        else "no accounts; link one with `jackfield connect PROVIDER --owner-id ID`",
    )


accounts.add_command(each)
accounts.add_command(links)


@accounts.command()
@click.argument("account_id", metavar="ID")
@json_option
def show(account_id: str, *, as_json: bool) -> None:
    """Show one account."""
    _print(_call("GET", account_id), as_json=as_json)


@accounts.command()
@click.argument("account_id", metavar="ID")
@json_option
def check(account_id: str, *, as_json: bool) -> None:
    """Ask the provider whether it still accepts the account's credential.

    Exits 1 when it does not.
    """
    account = _call("POST", account_id, verb="check")
    _print(account, as_json=as_json)
    if account["status"] != "active":
        raise click.exceptions.Exit(1)


@accounts.command()
@click.argument("account_id", metavar="ID")
@click.option(
    "--revoke",
    is_flag=True,
    help="For good: revoke its credentials at the provider, and erase them.",
)
@json_option
def suspend(account_id: str, *, revoke: bool, as_json: bool) -> None:
    """Pause an account: its actions are refused until it is resumed."""
    verb = "suspend?revoke=true" if revoke else "suspend"
    _print(_call("POST", account_id, verb=verb), as_json=as_json)


@accounts.command()
@click.argument("account_id", metavar="ID")
@json_option
def resume(account_id: str, *, as_json: bool) -> None:
    """Let a suspended account be used again."""
    _print(_call("POST", account_id, verb="resume"), as_json=as_json)


@accounts.command()
@click.argument("account_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete(account_id: str, *, yes: bool, as_json: bool) -> None:
    """Delete an account and its credentials, which are revoked at the provider if it can be told."""
    if not yes:
        click.confirm(f"Delete {account_id} and its credentials?", abort=True)
    _print(_call("DELETE", account_id), as_json=as_json)


@accounts.command()
@click.argument("provider", metavar="PROVIDER")
@click.option("--owner-id", required=True, help="The id of a customer that it seems to be of.")
@click.option("--owner-name", help="The name of that customer; the id if left out.")
@json_option
def decoy(provider: str, owner_id: str, owner_name: str | None, *, as_json: bool) -> None:
    """
    Make a decoy: an account with an invented credential, whose every use is an alarm.

    Needs an API key with the scope project:write. `accounts delete` removes it.
    """
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    wanted = {"provider": provider, "origin_owner_id": owner_id, "origin_owner_name": owner_name}
    made = api.call("POST", _DECOYS, body=wanted)
    if as_json:
        print_json(made)
        return
    print_table(["field", "value"], list(made.items()), empty="")


@accounts.command()
@json_option
def decoys(*, as_json: bool) -> None:
    """List decoys, and how often each was used."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    found = api.call("GET", _DECOYS)["data"]
    if as_json:
        print_json(found)
        return
    print_table(
        ["id", "provider", "owner", "used", "last"],
        [
            (
                each["account_id"],
                each["provider"],
                f"{each['origin_owner_name']} ({each['origin_owner_id']})",
                each["touches"],
                each["touched_at"],
            )
            for each in found
        ],
        empty="no decoys; make one with `jackfield accounts decoy PROVIDER --owner-id ID`",
    )


def _call(method: str, account_id: str, *, verb: str | None = None) -> dict[str, Any]:
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`
    from jackfield.client import Account  # noqa: PLC0415

    name = quote(account_id, safe="")
    path = f"/jackfield/accounts/{name}/{verb}" if verb else f"/accounts/{name}"
    return api.call(method, path, Account)


def _print(account: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(account)
        return
    rows = [(name, value) for name, value in account.items() if value not in (None, {}, [])]
    reasons = [_reason(each) for each in account.get("status_reasons", ())]
    words = {"status_reasons": "; ".join(reasons)}
    if ended := account.get("revocation"):
        proof = " (proved)" if ended["proved"] else ""
        words["revocation"] = f"{ended['result']}{proof}: {ended['detail']}"
    print_table(
        ["field", "value"], [(name, words.get(name, value)) for name, value in rows], empty=""
    )


def _reason(reason: dict[str, Any]) -> str:
    step = reason.get("step")
    remedy = f". What helps: {step['title']}, {step['url']}" if step else ""
    since = str(reason.get("since") or reason["timestamp"])[:16].replace("T", " ")
    return f"{reason['code']}: {reason['description']} (since {since}){remedy}"
