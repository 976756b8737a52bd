"""`jackfield webhooks …`: webhook endpoints and what they did not take, through the API."""

from datetime import datetime
from urllib.parse import quote

import click

from jackfield.cli.output import json_option, print_json, print_table, say

_MOMENTS = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.group()
def webhooks() -> None:
    """List webhook endpoints, and deliver events again."""


@webhooks.command("list")
@json_option
def list_webhooks(*, as_json: bool) -> None:
    """List webhook endpoints, newest first."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    found = api.call("GET", "/jackfield/webhooks")["data"]
    if as_json:
        print_json(found)
        return
    print_table(
        ["id", "url", "events", "active", "pending", "oldest"],
        [
            (
                each["id"],
                each["url"],
                ", ".join(each["events"]),
                "yes" if each["active"] else "no",
                str(each["backlog"]["pending"]),
                each["backlog"]["oldest_at"] or "",
            )
            for each in found
        ],
        empty="no webhooks; add one with POST /jackfield/webhooks",
    )


@webhooks.command()
@click.argument("webhook_id", metavar="ID")
@click.option(
    "--status",
    type=click.Choice(["failed", "delivered"]),
    default="failed",
    show_default=True,
    help="Which deliveries.",
)
@click.option("--since", type=_MOMENTS, help="Only of events from then on; UTC without a zone.")
@click.option("--until", type=_MOMENTS, help="Only of events before then.")
@json_option
def replay(
    webhook_id: str,
    *,
    status: str,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """Deliver again what an endpoint did not take."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    answer = api.call(
        "POST",
        f"/jackfield/webhooks/{quote(webhook_id, safe='')}/deliveries/replay",
        query={
            "status": status,
            "since": since and since.isoformat(),
            "until": until and until.isoformat(),
        },
    )
    if as_json:
        print_json(answer)
    else:
        say(f"{answer['replayed']} to be delivered again")


@webhooks.command()
@click.argument("webhook_id", metavar="ID")
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, 168),
    default=24,
    show_default=True,
    help="How long the old secret signs as well; 0 for one that leaked.",
)
@json_option
def rotate(webhook_id: str, *, overlap_hours: int, as_json: bool) -> None:
    """Replace an endpoint's signing secret and print the new one. It is shown only this once."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    answer = api.call(
        "POST",
        f"/jackfield/webhooks/{quote(webhook_id, safe='')}/rotate",
        query={"overlap_seconds": overlap_hours * 3600},
    )
    if as_json:
        print_json(answer)
        return
    if until := answer["previous_secret_until"]:
        say(f"the old secret signs as well until {until}", err=True)
    say(answer["secret"])
