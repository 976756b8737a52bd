"""`jackfield issues …`: what is wrong with accounts, through the API."""

from typing import Any
from urllib.parse import quote

import click

from jackfield.cli.output import json_option, print_json, print_table


@click.group()
def issues() -> None:
    """List what is wrong with accounts, and look after it."""


@issues.command("list")
@click.option(
    "--status",
    multiple=True,
    type=click.Choice(["open", "muted", "resolved"]),
    default=["open"],
    show_default=True,
    help="Only those in this list; may be repeated.",
)
@click.option("--account", "accounts", multiple=True, help="Only of this account; may be repeated.")
@click.option("--cause", multiple=True, help="Only by this cause; may be repeated.")
@click.option("--next", "cursor", help="Where the page before ended.")
@click.option("--page-size", type=int, default=25, show_default=True, help="Issues of a page.")
@json_option
def list_issues(
    *,
    status: tuple[str, ...],
    accounts: tuple[str, ...],
    cause: tuple[str, ...],
    cursor: str | None,
    page_size: int,
    as_json: bool,
) -> None:
    """List issues, newest first."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    page = api.call(
        "GET",
        "/jackfield/issues",
        dict[str, Any],
        query={
            "status": status,
            "account_ids": accounts,
            "cause": cause,
            "next": cursor,
            "page_size": page_size,
        },
    )
    if as_json:
        print_json(page)
        return
    print_table(
        ["id", "account", "cause", "what", "times", "last seen"],
        [
            (
                each["id"],
                each["account_id"],
                each["cause"],
                each["title"],
                each["occurrences"],
                _minute(each["last_seen_at"]),
            )
            for each in page["data"]
        ],
        empty="no issues",
    )


@issues.command()
@click.argument("issue_id", metavar="ID")
@json_option
def show(issue_id: str, *, as_json: bool) -> None:
    """Show one issue, and what helps."""
    _print(_call("GET", issue_id), as_json=as_json)


@issues.command()
@click.argument("issue_id", metavar="ID")
@json_option
def resolve(issue_id: str, *, as_json: bool) -> None:
    """Resolve an issue; a later failure opens it again."""
    _print(_call("POST", issue_id, "/resolve"), as_json=as_json)


@issues.command()
@click.argument("issue_id", metavar="ID")
@click.option("--days", type=int, help="For so many days; else until it is resolved.")
@json_option
def mute(issue_id: str, *, days: int | None, as_json: bool) -> None:
    """Mute an issue: it causes no event and no badge."""
    _print(_call("POST", issue_id, "/mute", days=days), as_json=as_json)


@issues.command()
@click.argument("issue_id", metavar="ID")
@json_option
def unmute(issue_id: str, *, as_json: bool) -> None:
    """End the muting of an issue."""
    _print(_call("POST", issue_id, "/unmute"), as_json=as_json)


def _call(method: str, issue_id: str, verb: str = "", *, days: int | None = None) -> dict[str, Any]:
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    path = f"/jackfield/issues/{quote(issue_id, safe='')}{verb}"
    return api.call(method, path, dict[str, Any], query={"days": days})


def _print(issue: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(issue)
        return
    step = issue["step"]
    words = {
        "step": f"{step['title']}, {step['url']}" if step else None,
        "actions": ", ".join(issue["actions"]),
        "request_ids": ", ".join(issue["request_ids"]),
    }
    rows = [(name, words.get(name, value)) for name, value in issue.items()]
    print_table(["field", "value"], [row for row in rows if row[1] not in (None, "")], empty="")


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")
