"""`jackfield actions …` and `jackfield run`: the catalog of actions, and running one."""

import json
import math
import sys
from pathlib import Path
from typing import Any, Final, TextIO

import click

from jackfield.cli.output import fail, json_option, print_json, print_table

_MOST_RESULTS: Final = 10


class _NoNumber(ValueError):
    """A number that Python reads as JSON and no other program does."""


@click.group()
def actions() -> None:
    """List, search and show actions."""


@actions.command("list")
@click.option("--provider", help="Only of this provider.")
@json_option
def list_actions(provider: str | None, *, as_json: bool) -> None:
    """List actions."""
    _print(_find(provider=provider), as_json=as_json)


@actions.command()
@click.argument("text")
@click.option("--provider", help="Only of this provider.")
@json_option
def search(text: str, provider: str | None, *, as_json: bool) -> None:
    """Find actions by what they do: TEXT is plain words; typos and synonyms are understood."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    body = {"query": text, "top_k": _MOST_RESULTS, "min_similarity": 0}
    body |= {"connector": provider} if provider else {}
    results = api.call("POST", "/actions/search", body=body)["results"]
    if as_json:
        print_json({"data": [{**row, "id": row["action_name"]} for row in results], "next": None})
        return
    print_table(
        ["id", "similarity", "label"],
        [(row["action_name"], f"{row['similarity_score']:.2f}", row["label"]) for row in results],
        empty="no such actions",
    )


@actions.command()
@click.argument("action")
@json_option
def show(action: str, *, as_json: bool) -> None:
    """Show the description and inputs of ACTION."""
    matching = [each for each in _find(details=True, key=action) if each["id"] == action]
    if not matching:
        fail(
            f"no action is called {action!r}; look with `jackfield actions search` [action_not_found]"
        )
    described = matching[0]
    if as_json:
        print_json(described)
        return
    click.echo(f"{described['id']}: {described['label']}")
    click.echo(described["description"])
    click.echo(f"effects: {', '.join(described['effects']) or 'unknown'}\n")
    schema = described.get("input_schema", {})
    required = set(schema.get("required", []))
    print_table(
        ["input", "type", "required", "description"],
        [
            (name, each.get("type"), "yes" if name in required else "", each.get("description"))
            for name, each in schema.get("properties", {}).items()
        ],
        empty="takes no inputs",
    )


@click.command()
@click.argument("action")
@click.argument("inputs", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--account", required=True, help="The linked account to run it with.")
@click.option(
    "--input",
    "file",
    type=click.File("r", encoding="utf-8"),
    help="A JSON file with inputs by name; - for standard input.",
)
@click.option("--dry-run", is_flag=True, help="Send nothing: print what would be sent.")
def run(
    action: str, inputs: tuple[str, ...], *, account: str, file: TextIO | None, dry_run: bool
) -> None:
    """
    Run ACTION and print its result as JSON.

    A VALUE that is JSON is taken as such (limit=5, listIds=[1,2]), any other as text. Exits 3
    when the provider refuses or fails.
    """
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    result = api.call(
        "POST",
        "/actions/rpc",
        body={
            "action": action,
            "body": {**_read(file), **dict(map(_pair, inputs))},
            "dry_run": dry_run,
        },
        headers={"x-account-id": account},
    )
    if isinstance(result, bytes):
        sys.stdout.buffer.write(result)
    else:
        print_json(result)


def _find(
    *,
    provider: str | None = None,
    key: str | None = None,
    details: bool = False,
) -> list[dict[str, Any]]:
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    query: dict[str, Any] = {"page_size": 1000}
    query |= {"filter[connectors]": provider} if provider else {}
    query |= {"filter[action_key]": key} if key else {}
    query |= {"include": "action_details"} if details else {}
    page = api.call("GET", "/actions", query=query)
    return [action for connector in page["data"] for action in connector["actions"]]


def _print(actions: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"data": actions, "next": None})
        return
    print_table(
        ["id", "effects", "label"],
        [(each["id"], ", ".join(each["effects"]), each["label"]) for each in actions],
        empty="no such actions",
    )


def _read(file: TextIO | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        inputs = _parse(file.read())
    except ValueError as error:
        fail(f"{Path(file.name).name} is not JSON: {error}", status=2)
    if not isinstance(inputs, dict):
        fail(f"{Path(file.name).name} must hold a JSON object", status=2)
    return inputs  # pyright: ignore[reportUnknownVariableType]


def _pair(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        fail(f"{text!r} is not of the form name=value", status=2)
    try:
        return name, _parse(value)
    except _NoNumber as error:
        if value.lstrip().startswith(("{", "[")):
            fail(f"{name!r} is no JSON: {error}", status=2)
        return name, value
    except ValueError:
        return name, value


def _parse(text: str) -> Any:
    """
    Read JSON.

    Raises:
        ValueError: it is none; as `_NoNumber`, because of a number that it does not have.
    """
    return json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse, parse_float=_finite)


def _refuse(word: str) -> None:
    msg = f"it does not have {word}"
    raise _NoNumber(msg)


def _finite(figures: str) -> float:
    number = float(figures)
    if math.isinf(number):
        msg = f"{figures} is too large"
        raise _NoNumber(msg)
    return number
