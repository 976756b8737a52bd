"""`jackfield accounts each …`: one thing that is done with all accounts that a search finds."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import click

from jackfield.cli.output import fail, json_option, print_json, print_table, say

F = TypeVar("F", bound=Callable[..., Any])

_POLL_SECONDS: Final = 1.0
_PLACE: Final = "/jackfield/account_jobs"
# By the option: the parameter of `GET /jackfield/accounts`.
_PARAMETERS: Final[Mapping[str, str]] = {
    "search": "q",
    "provider": "providers",
    "owner_id": "origin_owner_ids",
    "status": "status",
    "reason": "reasons",
    "type": "types",
    "unused": "unused_days",
    "failing": "failing",
}
_OPTIONS: Final = (
    click.option("--search", help="Beginnings of words of the id, label, customer and user."),
    click.option("--provider", multiple=True, help="Only of this provider; may be repeated."),
    click.option("--owner-id", multiple=True, help="Only of this customer; may be repeated."),
    click.option(
        "--status",
        multiple=True,
        type=click.Choice(["active", "inactive", "suspended", "error", "expired"]),
        help="Only in this state; may be repeated.",
    ),
    click.option("--reason", multiple=True, help="Only with this status reason; repeatable."),
    click.option(
        "--type",
        multiple=True,
        type=click.Choice(["production", "test"]),
        help="Only of this type.",
    ),
    click.option("--unused", type=click.IntRange(1), help="Only unused for so many days."),
    click.option("--failing", is_flag=True, help="Only if a run failed within 24 hours."),
)


def search_options(command: F) -> F:
    """Give a command the options that accounts are searched by."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def search_query(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a search for the options that are set."""
    return {
        _PARAMETERS[name]: "true" if value is True else value
        for name, value in chosen.items()
        if value
    }


@click.command()
@click.argument("verb", type=click.Choice(["check", "suspend", "resume", "relink", "delete"]))
@search_options
@click.option("--expect", type=click.IntRange(1), help="How many; asked for if left out.")
@click.option("--no-wait", is_flag=True, help="End at once; the hub goes on by itself.")
@json_option
def each(verb: str, *, expect: int | None, no_wait: bool, as_json: bool, **chosen: Any) -> None:
    """
    Do something with each account that a search finds, one after the other.

    `relink` tells your product to have them linked again. The hub goes on if this is interrupted.
    """
    from jackfield.cli import api, progress  # noqa: PLC0415 - kept out of `--help`

    query = search_query(chosen)
    with api.hub() as hub:
        if expect is None:
            found = api.send(hub, "GET", "/jackfield/accounts", query=query | {"page_size": 1})
            number = f"{found['total']}{'' if found['is_counted'] else ' or more'}"
            expect = click.prompt(f"{number} accounts. How many do you expect to {verb}?", type=int)
        job = api.send(
            hub,
            "POST",
            _PLACE,
            body={"verb": verb, "search": urlencode(query, doseq=True), "expected": expect},
        )
        with progress.shown() as show:
            while job["status"] == "running" and not no_wait:
                show(f"{job['done']} of {job['total']}, {job['failed']} failed ({job['id']})")
                time.sleep(_POLL_SECONDS)
                job = api.send(hub, "GET", f"{_PLACE}/{job['id']}")
        failed = api.send(hub, "GET", f"{_PLACE}/{job['id']}/accounts", query={"outcome": "failed"})
    if as_json:
        print_json(job)
        return
    say(f"{job['status']}: {job['done']} of {job['total']}, {job['failed']} failed ({job['id']})")
    if failed["data"]:
        print_table(
            ["account", "owner", "code", "message"],
            [
                (one["account_id"], one["origin_owner_name"], one["code"], one["message"])
                for one in failed["data"]
            ],
            empty="",
        )
        fail("some failed")
