"""`jackfield run`: one action with a linked account."""

import sys
from collections.abc import Mapping
from pathlib import Path
from stat import S_IMODE
from typing import Any, BinaryIO, TypedDict

import click

from jackfield.cli.output import USAGE, fail, print_json


class _Output(TypedDict):
    """As much of a result as every action has."""

    data: Any


@click.command()
@click.argument("action")
@click.argument("inputs", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--account", required=True, help="The linked account to run it with.")
@click.option(
    "--input",
    "file",
    type=click.File("rb"),
    help="A JSON file with inputs by name; - for standard input.",
)
@click.option("--dry-run", is_flag=True, help="Send nothing: print what would be sent.")
@click.option("--stream", is_flag=True, help="Print the provider's rows as they come.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Stream rows into FILE, which is made once all have come.",
)
def run(
    action: str,
    inputs: tuple[str, ...],
    *,
    account: str,
    file: BinaryIO | None,
    dry_run: bool,
    stream: bool,
    output: Path | None,
) -> None:
    """
    Run ACTION and print its result as JSON.

    A VALUE that is JSON is taken as such (limit=5, listIds=[1,2]), any other as text; id=1.10
    stays text where the action wants text. Exits 3 when the provider refuses or fails.
    """
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`
    from jackfield.cli import inputs as given  # noqa: PLC0415

    if dry_run and (stream or output):
        fail("a dry run has no rows: leave out --stream and --output", status=USAGE)
    values = {**given.read(file), **given.pairs(action, inputs)}
    if stream or output:
        _pass_on(action, values, account=account, file=output)
        return
    result = api.call(
        "POST",
        "/actions/rpc",
        _Output | bytes,
        body={"action": action, "body": values, "dry_run": dry_run},
        headers={"x-account-id": account},
    )
    if isinstance(result, bytes):
        sys.stdout.buffer.write(result)
        sys.stdout.buffer.flush()
    else:
        print_json(result)


def _pass_on(action: str, values: Mapping[str, Any], *, account: str, file: Path | None) -> None:
    """Write rows as they come, into a file that is made once all have come."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    with api.hub() as hub:
        chunks = hub.stream(action, values, account_id=account)
        # A pipe or a device cannot be put in place later.
        if file is None or _is_device(file):
            out = sys.stdout.buffer if file is None else file.open("wb")
            for chunk in chunks:
                out.write(chunk)
                out.flush()
            return
        target = file.resolve()
        part = target.with_name(f"{target.name}.part")
        # A new one: what another has put there may be a link to elsewhere.
        part.unlink(missing_ok=True)
        with part.open("xb") as out:
            if target.exists():
                part.chmod(S_IMODE(target.stat().st_mode))
            out.writelines(chunks)
        part.replace(target)


def _is_device(file: Path) -> bool:
    return file.exists() and not file.is_file()
