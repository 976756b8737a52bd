"""`jackfield actions …`: the catalog of actions."""

from typing import Any, Final

import click

from jackfield.cli.output import fail, json_option, print_json, print_table, say

_MOST_RESULTS: Final = 10
_NONE: Final = "no such actions; see the providers: jackfield connectors list"


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
    from jackfield.client.operations import FoundActions  # noqa: PLC0415

    body = {"query": text, "top_k": _MOST_RESULTS, "min_similarity": 0}
    body |= {"connector": provider} if provider else {}
    results = api.call("POST", "/actions/search", FoundActions, body=body)["results"]
    if as_json:
        print_json({"data": [{**row, "id": row["action_name"]} for row in results], "next": None})
        return
    print_table(
        ["id", "similarity", "label"],
        [(row["action_name"], f"{row['similarity_score']:.2f}", row["label"]) for row in results],
        empty=_NONE,
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
    say(f"{described['id']}: {described['label']}")
    say(described["description"])
    say(f"effects: {', '.join(described['effects']) or 'unknown'}\n")
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


def _find(
    *,
    provider: str | None = None,
    key: str | None = None,
    details: bool = False,
) -> list[dict[str, Any]]:
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`
    from jackfield.client.operations import ConnectorPage  # noqa: PLC0415

    query: dict[str, Any] = {"page_size": 1000}
    query |= {"filter[connectors]": provider} if provider else {}
    query |= {"filter[action_key]": key} if key else {}
    query |= {"include": "action_details"} if details else {}
    page = api.call("GET", "/actions", ConnectorPage, query=query)
    return [action for connector in page["data"] for action in connector["actions"]]


def _print(actions: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"data": actions, "next": None})
        return
    print_table(
        ["id", "effects", "label"],
        [(each["id"], ", ".join(each["effects"]), each["label"]) for each in actions],
        empty=_NONE,
    )
