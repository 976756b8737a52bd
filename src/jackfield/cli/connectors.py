"""`jackfield connectors …`: tools for people who write connectors.

What a command needs is imported when it runs, so that `--help` stays quick.
"""

from pathlib import Path
from typing import Any

import click

from jackfield.cli.output import json_option, reporting
from jackfield.settings import public_keys


class _ConnectorPath(click.Path):
    """Takes a place that is there; where a key was given instead, says where connectors are."""

    name = "path"

    def __init__(self) -> None:
        super().__init__(exists=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            where = "Give a connector's folder; see where each is: jackfield connectors list"
            self.fail(f"{error.message} {where}", param, ctx)


_EXISTING = _ConnectorPath()
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def connectors() -> None:
    """Write, check and try connectors.

    A connector is a folder with `<name>.connector.s1.yaml`, its partials and its cases. Begin with
    `new`, keep `check` and `cases` green, and try actions with `run`.
    """


@connectors.command("list")
@json_option
@reporting
def list_(*, as_json: bool) -> None:
    """List the connectors of this installation: our own, and those in JACKFIELD_CONNECTORS."""
    from jackfield.cli.connector_check import show_catalog  # noqa: PLC0415

    show_catalog(as_json=as_json)


@connectors.command()
@click.argument("paths", nargs=-1, required=True, type=_EXISTING, metavar="PATH…")
@click.option(
    "--signer",
    "signers",
    metavar="KEY",
    multiple=True,
    help="A public key that they have to be signed by. Several times: by one of them.",
)
@json_option
@reporting
def check(paths: tuple[Path, ...], signers: tuple[str, ...], *, as_json: bool) -> None:
    """Check connectors and print every finding as FILE:LINE:COLUMN.

    A PATH is a connector's main file or partial, or a folder: everything below it is checked. Exits
    0 when no finding is an error and 1 otherwise, so it can stand in a pre-commit hook as it is.
    """
    from jackfield.cli.connector_check import check_paths  # noqa: PLC0415

    check_paths(paths, signers=public_keys(" ".join(signers), "--signer"), as_json=as_json)


@connectors.command()
@click.argument("path", type=_EXISTING, default=Path())
@json_option
@reporting
def cases(path: Path, *, as_json: bool) -> None:
    """Run the cases of every connector at or below PATH, without a network.

    Cases are examples in `cases/*.yaml` beside the connector: inputs, the expected requests, the
    provider's responses and the expected result. Exits 1 when one fails.
    """
    from jackfield.cli.connector_cases import run_cases  # noqa: PLC0415

    run_cases(path, as_json=as_json)


@connectors.command()
@click.argument("path", type=_EXISTING, default=Path())
@json_option
@reporting
def quality(path: Path, *, as_json: bool) -> None:
    """Show how far every connector at or below PATH has been proved, and what the next level wants.

    A connector states its level in `quality.yaml`: bronze, silver or gold. Exits 1 when one states
    more than it has.
    """
    from jackfield.cli.connector_quality import show_quality  # noqa: PLC0415

    show_quality(path, as_json=as_json)


@connectors.command()
@click.argument("path", type=_EXISTING)
@click.option(
    "--key",
    "key_file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="An Ed25519 private key in PEM; made if it is not there.",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    help="A name, such as api.acme.example. Refuse others. Several times.",
)
@click.option("--effect", "effects", multiple=True, help="Refuse others: read, write, send, …")
@click.option("--scope", "scopes", multiple=True, help="Refuse others. Several times.")
@json_option
@reporting
def sign(
    path: Path,
    key_file: Path,
    hosts: tuple[str, ...],
    effects: tuple[str, ...],
    scopes: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Sign every connector at or below PATH, with the hosts, effects and scopes it has.

    The signature goes into `signature.json` beside it, and holds until a byte of the connector
    changes. A hub with JACKFIELD_CONNECTOR_SIGNERS takes no connector that is not signed.
    """
    from jackfield.cli.connector_sign import sign_connectors  # noqa: PLC0415

    allowed = {"hosts": hosts, "effects": effects, "scopes": scopes}
    sign_connectors(path, key_file, allowed=allowed, as_json=as_json)


@connectors.command()
@click.argument("key")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("connectors"),
    show_default=True,
    help="Where the connector's own folder is made.",
)
@click.option("--title", help="The provider's name; the key, capitalized, when left out.")
@reporting
def new(key: str, folder: Path, title: str | None) -> None:
    """Start a connector: a main file, a partial with two actions, and a case for each.

    The result passes `check` and `cases` as it is. KEY becomes the prefix of every action's id
    and must never change: lower case letters, digits and `_`.
    """
    from jackfield.cli.connector_scaffold import start_connector  # noqa: PLC0415

    start_connector(key, folder=folder, title=title)


@connectors.group("import")
def import_() -> None:
    """Make a first connector out of another description of an API."""


@import_.command()
@click.argument("file", type=_FILE)
@click.option("--key", help="The connector's key; made from the API's title when left out.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("connectors"),
    show_default=True,
    help="Where the connector's own folder is made.",
)
@click.option(
    "--actions",
    "actions",
    multiple=True,
    metavar="NAMES",
    help="Only these operations: ids or patterns such as 'list*', with commas between them; or a "
    "file of them, or - for standard input. May be given several times.",
)
@json_option
@reporting
def openapi(
    file: Path, key: str | None, folder: Path, actions: tuple[str, ...], *, as_json: bool
) -> None:
    """Make a connector out of an OpenAPI 3 or Swagger 2.0 document, YAML or JSON.

    Every operation becomes an action: its inputs, its paging, the outline of what it gives back
    and its scopes, as far as the document tells. Security schemes become auth methods, error
    responses their messages, examples cases. It passes `check`; what the document cannot say is
    listed at the end.
    """
    from jackfield.cli.connector_scaffold import ImportOptions, import_openapi  # noqa: PLC0415

    import_openapi(file, ImportOptions(key, folder, actions, as_json))


@connectors.command()
@click.option("--partial", is_flag=True, help="The schema of partials.")
@click.option("--markdown", is_flag=True, help="The reference page of the format, as Markdown.")
def schema(*, partial: bool, markdown: bool) -> None:
    """Print the JSON Schema of connectors, for editors and other tools."""
    from jackfield.cli.connector_scaffold import show_schema  # noqa: PLC0415

    show_schema(partial=partial, markdown=markdown)


@connectors.command()
@click.argument("path", type=_EXISTING)
@click.argument("action")
@click.option(
    "--credentials",
    "credentials_file",
    type=_FILE,
    required=True,
    help="JSON or YAML: the auth method's fields. `auth_method` names one if there are several.",
)
@click.option("--input", "input_file", type=_FILE, help="JSON or YAML: the action's inputs.")
@click.option("--dry-run", is_flag=True, help="Show the first request instead of sending it.")
@click.option("--trace", is_flag=True, help="Show every step: what it sent, got and gave back.")
@reporting
def run(
    path: Path,
    action: str,
    credentials_file: Path,
    input_file: Path | None,
    *,
    dry_run: bool,
    trace: bool,
) -> None:
    """Run one ACTION of the connector at PATH against its provider, and print what it gives back.

    ACTION is its id, with or without the connector's key before it; `check` runs what is run when
    an account is linked. JACKFIELD_PROVIDER_REWRITE can send the requests to a sandbox. Secrets are
    never printed.
    """
    from jackfield.cli.connector_run import Options, run_action  # noqa: PLC0415

    run_action(path, action, Options(credentials_file, input_file, dry_run, trace))


@connectors.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--publish", "publishes", is_flag=True, help="Publish it if nothing is wrong with it."
)
@json_option
def push(folder: Path, *, publishes: bool, as_json: bool) -> None:
    """Upload the connector in FOLDER as a draft to the hub at JACKFIELD_URL.

    Prints every fault as FILE:LINE:COLUMN, and what publishing it would change. A draft runs nowhere:
    `publish` lets it run. Exits 1 when it has faults, or would break what calls it; with --publish, on
    faults alone. Needs a key with the scope connectors:write.
    """
    from jackfield.cli.connector_push import push_folder  # noqa: PLC0415

    push_folder(folder, publishes=publishes, as_json=as_json)


@connectors.command()
@click.argument("key")
@json_option
def publish(key: str, *, as_json: bool) -> None:
    """Publish the draft of the uploaded connector KEY: it runs from now on.

    Profiles whose accounts would break, or send credentials to a new host, stay on the version before.
    """
    from jackfield.cli.connector_push import publish_draft  # noqa: PLC0415

    publish_draft(key, as_json=as_json)


@connectors.command()
@click.argument("key")
@click.argument("version", required=False)
@json_option
def rollback(key: str, version: str | None, *, as_json: bool) -> None:
    """Go back to an earlier VERSION of the uploaded connector KEY; to the one before if left out."""
    from jackfield.cli.connector_push import roll_back  # noqa: PLC0415

    roll_back(key, version, as_json=as_json)


@connectors.command()
@click.argument("key", required=False)
@json_option
def versions(key: str | None, *, as_json: bool) -> None:
    """List the versions of the connectors that were uploaded, or of one."""
    from jackfield.cli.connector_push import list_versions  # noqa: PLC0415

    list_versions(key, as_json=as_json)


@connectors.command()
@click.argument("before", type=_EXISTING)
@click.argument("after", type=_EXISTING)
@json_option
@reporting
def diff(before: Path, after: Path, *, as_json: bool) -> None:
    """Show what changes from the connector at BEFORE to the one at AFTER, and what breaks.

    Exits 1 when something breaks callers or accounts.
    """
    from jackfield.cli.connector_diff import show_changes  # noqa: PLC0415

    show_changes(before, after, as_json=as_json)


@connectors.command()
@click.argument("key")
@click.option(
    "--spec",
    "specs",
    type=_FILE,
    multiple=True,
    required=True,
    help="The provider's description, OpenAPI 3 or Swagger 2.0. Give all files of one that is in several.",
)
@json_option
@reporting
def drift(key: str, specs: tuple[Path, ...], *, as_json: bool) -> None:
    """Compare the connector KEY, or the one in that folder, with a newer API description.

    Finds requests that are gone, moved or deprecated, inputs that are gone, required now or of
    another type, and other content types, scopes and hosts. What is only new, such as operations
    without an action, is listed as well. Exits 0 without drift, 1 when something breaks or has to
    be looked at, 2 when there is nothing to compare.
    """
    from jackfield.cli.connector_drift import show_drift  # noqa: PLC0415

    show_drift(key, specs, as_json=as_json)


@connectors.command("eval")
@click.option("--batch", "file", type=_FILE, required=True, help="One JSON object a line.")
def eval_(file: Path) -> None:
    """Evaluate expressions and single steps, one JSON answer a line.

    A line is `{"id", "kind": "expression", "expr", "context"}` or `{"id", "kind": "step",
    "function", "version", "params", "block", "server"}`; `"mode": "strict"` chooses the mode.
    """
    from jackfield.cli.connector_run import evaluate_batch  # noqa: PLC0415

    evaluate_batch(file)
