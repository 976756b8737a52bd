"""`jackfield webhooks …`: webhook endpoints and what they did not take, through the API."""

import re
import time
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

import click

from jackfield.cli.output import fail, json_option, print_json, print_table, say
from jackfield.kit.clock import system_clock

_POLL_SECONDS: Final = 0.5
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_AGO: Final = re.compile(r"([0-9]{1,6})([mhd])")


class Moment(click.DateTime):
    """A time, or how long ago it was, such as `24h`."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        ago = _AGO.fullmatch(value) if isinstance(value, str) else None
        if ago is not None:
            return system_clock() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return super().convert(value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "WHEN"


@click.group()
def webhooks() -> None:
    """Add webhook endpoints, look after them, and deliver events again."""


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
        empty="no webhooks; add one with `jackfield webhooks add URL`",
    )


@webhooks.command()
@click.argument("url")
@click.option(
    "--event", "events", metavar="TYPE", multiple=True, help="Only of it; repeatable; else of all."
)
@click.option("--description", default="", help="What it is for.")
@json_option
def add(url: str, *, events: tuple[str, ...], description: str, as_json: bool) -> None:
    """
    Add an endpoint that events are posted to, and print its signing secret.

    The secret is shown only this once; its id goes to standard error. Needs a key with the scope
    webhooks:write.
    """
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    body = {"url": url, "events": list(events) or ["*"], "description": description}
    made = api.call("POST", "/jackfield/webhooks", body=body)
    if as_json:
        print_json(made)
        return
    say(f"{made['id']} is told of {', '.join(made['events'])}", err=True)
    say(made["secret"])


@webhooks.command()
@click.argument("webhook_id", metavar="ID")
@json_option
def enable(webhook_id: str, *, as_json: bool) -> None:
    """Tell an endpoint of events again."""
    _change(webhook_id, active=True, as_json=as_json)


@webhooks.command()
@click.argument("webhook_id", metavar="ID")
@json_option
def disable(webhook_id: str, *, as_json: bool) -> None:
    """Tell an endpoint of nothing until it is enabled: not of what happens meanwhile, either."""
    _change(webhook_id, active=False, as_json=as_json)


def _change(webhook_id: str, *, active: bool, as_json: bool) -> None:
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    changed = api.call("PATCH", _place(webhook_id), body={"active": active})
    if as_json:
        print_json(changed)
    else:
        say(f"{changed['id']} is {'active' if changed['active'] else 'disabled'}")


@webhooks.command()
@click.argument("webhook_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def delete(webhook_id: str, *, yes: bool, as_json: bool) -> None:
    """Delete an endpoint, its secret and what it was still to be told."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    if not yes:
        click.confirm(f"Delete {webhook_id}, and what it was still to be told?", abort=True)
    deleted = api.call("DELETE", _place(webhook_id))
    if as_json:
        print_json(deleted)
    else:
        say(f"{webhook_id} is deleted")


def _place(webhook_id: str) -> str:
    return f"/jackfield/webhooks/{quote(webhook_id, safe='')}"


@webhooks.command()
@click.argument("webhook_id", metavar="ID")
@click.option(
    "--status",
    type=click.Choice(["failed", "delivered", "all"]),
    default="failed",
    show_default=True,
    help="Which deliveries.",
)
@click.option("--failed", is_flag=True, help="The same as --status failed.")
@click.option("--event", "events", metavar="TYPE", multiple=True, help="Only of it; repeatable.")
@click.option("--since", type=Moment(), help="Only of events from then on; UTC without a zone.")
@click.option("--until", type=Moment(), help="Only of events before then.")
@click.option("--no-wait", is_flag=True, help="End at once; the hub goes on by itself.")
@json_option
def replay(
    webhook_id: str,
    *,
    status: str,
    failed: bool,
    events: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    no_wait: bool,
    as_json: bool,
) -> None:
    """
    Deliver again what an endpoint did not take, and show how far that is.

    The hub goes on if this is interrupted; `jackfield webhooks stop` stops it.
    """
    from jackfield.cli import api, progress  # noqa: PLC0415 - kept out of `--help`

    place = f"{_place(webhook_id)}/replays"
    body = {
        "status": "failed" if failed else status,
        "events": list(events),
        "since": since and since.isoformat(),
        "until": until and until.isoformat(),
    }
    with api.hub() as hub:
        found = api.send(hub, "POST", place, body=body)
        with progress.shown() as show:
            while found["status"] == "running" and not no_wait:
                show(f"{found['begun']} of {found['total']} to be delivered again ({found['id']})")
                time.sleep(_POLL_SECONDS)
                found = api.send(hub, "GET", f"{place}/{found['id']}")
    if as_json:
        print_json(found)
    elif found["status"] == "running":
        say(f"{found['id']}: {found['total']} to be delivered again")
    else:
        say(f"{found['begun']} to be delivered again")
        if found["status"] == "stopped":
            fail(f"of {found['total']}: {found['ended_reason']}")


@webhooks.command()
@click.argument("webhook_id", metavar="ID")
@click.argument("replay_id", metavar="REPLAY")
@json_option
def stop(webhook_id: str, replay_id: str, *, as_json: bool) -> None:
    """Stop a replay; what it has begun is still delivered."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    endpoint, replay = quote(webhook_id, safe=""), quote(replay_id, safe="")
    found = api.call("DELETE", f"/jackfield/webhooks/{endpoint}/replays/{replay}")
    if as_json:
        print_json(found)
    else:
        say(f"{found['status']}: {found['begun']} of {found['total']} to be delivered again")


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
        f"{_place(webhook_id)}/rotate",
        query={"overlap_seconds": overlap_hours * 3600},
    )
    if as_json:
        print_json(answer)
        return
    if until := answer["previous_secret_until"]:
        say(f"the old secret signs as well until {until}", err=True)
    say(answer["secret"])


@webhooks.command()
@click.argument("webhook_id", metavar="ID")
@click.option(
    "--event", metavar="TYPE", default="webhook.test", show_default=True, help="Which example."
)
@json_option
def test(webhook_id: str, *, event: str, as_json: bool) -> None:
    """Send an example of an event now, and print what the receiver answers."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    answer = api.call("POST", f"{_place(webhook_id)}/test", query={"event": event})
    if as_json:
        print_json(answer)
    elif answer["success"]:
        say(f"taken: {answer['status']}, {answer['duration_ms']} ms")
    else:
        fail(f"not taken: {answer['error']}")
