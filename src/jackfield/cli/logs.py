"""`jackfield logs`: runs by the query language of the log, through the API."""

from collections.abc import Iterable, Iterator
from typing import Any

import click

from jackfield.cli.output import json_option, one_line, print_json, print_table, say

_PAGE = 500
# As many runs are known again when a stream goes on where another ended.
_REMEMBERED = 10_000


@click.command()
@click.argument("query", nargs=-1, metavar="[WORD]...")
@click.option("--follow", "-f", is_flag=True, help="Go on with new runs as they are logged.")
@click.option(
    "--limit",
    type=click.IntRange(0, 10_000),
    default=25,
    show_default=True,
    help="The number of runs to begin with.",
)
@json_option
def logs(query: tuple[str, ...], *, follow: bool, limit: int, as_json: bool) -> None:
    """
    List runs, the newest first; with --follow the newest last, and new ones as they come.

    WORDs are such as status:4xx, connector:iterable, action:*send*, since:1h, -effect:read or text.
    After -- a word may begin with a minus. With --json each run is a line.
    """
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    text = " ".join(map(_word, query))
    with api.hub() as hub:
        found, is_whole = _found(hub, text, limit)
        if not follow:
            _print(found, as_json=as_json)
            if not is_whole and not as_json:
                say("there may be more; narrow the query, or raise --limit", err=True)
            return
        seen = dict.fromkeys(run["id"] for run in reversed(found))
        for run in reversed(found):
            _print_line(run, as_json=as_json)
        after = found[0]["id"] if found else None
        while True:
            # A stream ends by itself after some minutes.
            for run in _runs(hub.follow("/jackfield/logs/live", query=_live(text, after))):
                if run["id"] not in seen:
                    seen[run["id"]] = None
                    if len(seen) > _REMEMBERED:
                        del seen[next(iter(seen))]
                    after = max(after or "", run["id"])
                    _print_line(run, as_json=as_json)


def _word(argument: str) -> str:
    """Return a word as it was quoted in the shell, whose quotes the query needs, too."""
    if " " not in argument or '"' in argument:
        return argument
    name, colon, value = argument.partition(":")
    if colon and name.lstrip("-").isidentifier():
        return f'{name}:"{value}"'
    return f'"{argument}"'


def _live(text: str, after: str | None) -> dict[str, str]:
    return {"query": text} if after is None else {"query": text, "after": after}


def _found(hub: Any, text: str, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """Return runs, the newest first, and whether they are all."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    found: list[dict[str, Any]] = []
    cursor: str | None = None
    # Pages may be short where little is found.
    for _ in range(100):
        if len(found) >= limit:
            break
        asked: dict[str, Any] = {"query": text, "page_size": min(_PAGE, limit - len(found))}
        if cursor is not None:
            asked["next"] = cursor
        page = api.send(hub, "GET", "/jackfield/logs", dict[str, Any], query=asked)
        found += page["data"]
        cursor = page["next"]
        if cursor is None:
            return found, True
    return found, False


def _runs(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the runs of server-sent events."""
    import msgspec  # noqa: PLC0415 - kept out of `--help`

    event = ""
    for line in lines:
        name, _, value = line.rstrip("\n").partition(": ")
        if name == "event":
            event = value
            if event == "more":
                say("more runs than can be shown at once; narrow the query", err=True)
        elif name == "data" and event == "run":
            yield msgspec.json.decode(value)


def _print(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for run in found:
            _print_line(run, as_json=True)
        return
    print_table(
        ["started", "status", "action", "account", "customer", "source", "took", "run"],
        [
            (
                _moment(run),
                _status(run),
                run["action"],
                run["account_id"],
                run["customer_name"],
                run["source"],
                f"{run['duration_ms']} ms",
                run["id"],
            )
            for run in found
        ],
        empty="no run matches",
    )


def _print_line(run: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(run)
        return
    took = f"{run['duration_ms']} ms"
    parts = (_moment(run), _status(run), run["action"], run["customer_name"] or run["account_id"])
    say(one_line("  ".join([*parts, run["source"], took, run["id"]])))


def _moment(run: dict[str, Any]) -> str:
    return run["started_at"][:23].replace("T", " ").rstrip("Z")


def _status(run: dict[str, Any]) -> str:
    code = f" {run['error_code']}" if run["error_code"] else ""
    return f"{run['status_code']}{code}"
