"""Write the reference pages that are generated from the code: `python tools/reference.py`."""

import importlib.util
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

# `python tools/reference.py` begins in `tools`.
sys.path.insert(0, str(Path(__file__).parents[1]))

import jackfield
from jackfield.cli import main as main_command
from jackfield.connectors.docs.reference import describe
from jackfield.connectors.docs.reference_markdown import render_reference
from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load
from jackfield.http.routes import ROUTES
from jackfield.http.routing import Route
from jackfield.kit.errors import CATALOGUE, HubError, summary
from jackfield.kit.json import encode
from jackfield.sandbox.oauth.behavior_table import BEHAVIORS, Behavior
from tools.remedies import remedy

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
PROMISES = FOLDER.parents[1] / "tests" / "promises.py"
ITERABLE = FOLDER.parent / "connectors" / "iterable.md"


def catalogue() -> dict[str, type[HubError]]:
    """Return every error there is, by code."""
    for module in pkgutil.walk_packages(jackfield.__path__, "jackfield."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return dict(sorted(CATALOGUE.items()))


def errors_page() -> str:
    rows = "\n".join(
        f"| `{code}` | {error.status} | {'yes' if error.retryable else ''} | {summary(error)} "
        f"| {remedy(error)} |"
        for code, error in catalogue().items()
    )
    return f"""# Errors

Every answer of status 400 and above has the same shape: `statusCode`, `message`, `timestamp`, `code`,
`request_id` (also the header `x-request-id`), `faults` where several things are wrong (`path` and
`message` each), and `provider_errors` where a provider spoke. Branch on `code`: codes are added, never
changed.

What has a bound, and what comes beyond it, is on a page of its own: [limits](../api/limits.md).

The commands print the same `code` in brackets, and end with 1 (refused) or 3 (the provider failed).

| `code` | status | may work later | what is wrong | what to do |
| --- | --- | --- | --- | --- |
{rows}
"""


def routes_page() -> str:
    by_tag: dict[str, list[Route]] = {}
    for route in ROUTES:
        by_tag.setdefault(route.tag, []).append(route)
    tables = "\n\n".join(
        f"## {tag.replace('_', ' ').capitalize()}\n\n| | scope | |\n| --- | --- | --- |\n"
        + "\n".join(
            f"| `{each.method} {each.path}` | {f'`{each.scope}`' if each.scope else ''} "
            f"| {_first_line(each)} |"
            for each in routes
        )
        for tag, routes in by_tag.items()
    )
    return f"""# Routes

Every operation of the API with the [scope](../operating/access.md) that its key needs. What each takes and
answers is in the API reference, at `/docs/api` of your hub, and in its `/openapi.json`.

{tables}
"""


def _first_line(route: Route) -> str:
    return (inspect.getdoc(route.handler) or "").partition("\n")[0].replace("|", "\\|")


def commands_page() -> str:
    parts = "\n\n".join(_command(command, context) for command, context in commands())
    return f"""# Commands

`jackfield COMMAND --help` says the same. Those that make something print it as JSON with `--json`. How
they end, and which variables they read: [settings](settings.md#how-commands-end).

{parts}
"""


def commands() -> Iterator[tuple[click.Command, click.Context]]:
    """Yield every command that does something, with its context."""
    waiting = [(main_command, click.Context(main_command, info_name="jackfield"))]
    while waiting:
        command, context = waiting.pop(0)
        if not isinstance(command, click.Group):
            yield command, context
            continue
        inner: list[tuple[click.Command, click.Context]] = []
        for name in command.list_commands(context):
            each = command.get_command(context, name)
            if each is not None and not each.hidden:
                inner.append((each, click.Context(each, info_name=name, parent=context)))
        waiting = inner + waiting


def _command(command: click.Command, context: click.Context) -> str:
    about = inspect.cleandoc(command.help or "").partition("\f")[0]
    first, _, rest = about.partition("\n\n")
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        f"## {context.command_path}",
        " ".join(first.split()),
        f"```text\n{context.command_path} {usage}\n```",
    ]
    if "\b" not in rest:
        lines += [" ".join(each.split()) for each in rest.split("\n\n") if each]
    options = [each for each in command.params if isinstance(each, click.Option)]
    rows = [_option(each, context) for each in options if not each.hidden]
    if rows:
        lines.append("\n".join(["| option | |", "| --- | --- |", *rows]))
    return "\n\n".join(lines)


def _option(option: click.Option, context: click.Context) -> str:
    name, says = option.get_help_record(context) or ("", "")
    says = " ".join(says.split()).replace("|", "\\|")
    return f"| `{name.replace('|', chr(92) + '|')}` | {says} |"


def attacks_page() -> str:
    catalog = importlib.import_module("tests.attacks.catalog")
    finding: dict[str, list[str]] = {}
    for fault in catalog.FAULTS.values():
        for name in fault.attacks:
            finding.setdefault(name, []).append(f"`{fault.name}`")
    attacks = "\n".join(
        f"| `{each.name}` | {each.goal} | {', '.join(finding.get(each.name, ()))} |"
        for each in catalog.ATTACKS.values()
    )
    faults = "\n".join(f"| `{each.name}` | {each.says} |" for each in catalog.FAULTS.values())
    return f"""# Attacks and faults

What `python -m tests.attacks` tries to link an account that is not one's own, and the faults that it has to find: [how to run it](../operating/attacks.md).
Generated from `tests/attacks`.

## Attacks

| attack | the attacker wants to | finds |
| --- | --- | --- |
{attacks}

## Faults

| fault | with it |
| --- | --- |
{faults}
"""


def promises_page() -> str:
    places = _places_of_tests()
    rows = "\n\n".join(
        f"## Promise {number}\n\n"
        + "\n\n".join(
            f"> {part.words}\n\n"
            + "\n".join(f"* `{name}` ({', '.join(places[name])})" for name in part.tests)
            for part in each.parts
        )
        for number, each in enumerate(_promises(), 1)
    )
    return f"""# Promises and their tests

What [Jackfield promises](../../SECURITY.md) about security and about data, in its own words. Below each part of a promise stand the tests that
fail where these words are broken, and where they are. A test is run by `script/test -k NAME`. Generated from `tests/promises.txt`, which a test holds against SECURITY.md: no word of a promise is without a test.

{rows}
"""


def _places_of_tests() -> dict[str, list[str]]:
    """Return the files that tests are in, by name."""
    found: dict[str, list[str]] = {}
    root = FOLDER.parents[1]
    for file in sorted((root / "tests").rglob("test_*.py")):
        for name in re.findall(
            r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE
        ):
            found.setdefault(name, []).append(f"`{file.relative_to(root)}`")
    return found


def _promises() -> tuple[Any, ...]:
    spec = importlib.util.spec_from_file_location("promises", PROMISES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["promises"] = module
    spec.loader.exec_module(module)
    return module.PROMISES


def behaviors_page() -> str:
    rows = "\n".join(
        f"| `{each.name}` | {each.says} | {_settings(each)} |" for each in BEHAVIORS.values()
    )
    return f"""# Behaviors of the OAuth sandbox

Each client of [the OAuth sandbox](../sandbox-oauth.md) has a set of these. Without any, the server
does what the standards say. A setting that is left out has the value shown.

| behavior | the server | settings |
| --- | --- | --- |
{rows}
"""


def _settings(behavior: Behavior) -> str:
    return ", ".join(
        f"`{name}`: `{encode(default).decode()}`" for name, default in behavior.settings.items()
    )


def iterable_page() -> str:
    return render_reference(
        describe(load(own_folder() / "iterable" / "iterable.connector.s1.yaml"))
    )


PAGES: Final = {
    "errors.md": errors_page,
    "routes.md": routes_page,
    "commands.md": commands_page,
    "promises.md": promises_page,
    "attacks.md": attacks_page,
    "oauth-behaviors.md": behaviors_page,
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
    ITERABLE.write_text(iterable_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
