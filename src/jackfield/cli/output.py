"""Output of commands: a table, JSON with `--json`, or one line for an error."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Final, NoReturn, ParamSpec, TypeVar

import click

from jackfield.kit.errors import HubError, ProviderError
from jackfield.kit.json import encode

P = ParamSpec("P")
T = TypeVar("T")

REFUSED: Final = 1
PROVIDER_FAILED: Final = 3

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: object) -> None:
    """Print `value` as JSON: indented on a terminal, else on one line."""
    import msgspec  # noqa: PLC0415 - kept out of `--help`

    text = encode(value)
    click.echo(msgspec.json.format(text, indent=2 if sys.stdout.isatty() else 0).decode())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print rows under their columns, or the text `empty` if there are none."""
    from rich.console import Console  # noqa: PLC0415 - kept out of `--help`
    from rich.table import Table  # noqa: PLC0415

    if not rows:
        click.echo(empty, err=True)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    # Lines are not wrapped off a terminal, so that they can be searched.
    console = Console(width=None if sys.stdout.isatty() else 200, soft_wrap=not sys.stdout.isatty())
    console.print(table)


def fail(message: str, *, status: int = REFUSED) -> NoReturn:
    """Print an error, and end the command."""
    click.echo(f"error: {message}", err=True)
    raise click.exceptions.Exit(status)


def reporting(command: Callable[P, T]) -> Callable[P, T]:
    """Print the command's `HubError`s, and end it with an exit status.

    The hub's log is shown from warnings up.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        from jackfield.kit import log  # noqa: PLC0415 - kept out of `--help`

        log.configure(level="warning")
        try:
            return command(*args, **kwargs)
        except HubError as error:
            message = "\n".join(
                [
                    f"{error.detail} [{error.code}]",
                    *(f"  {f.path}: {f.message}" for f in error.faults),
                ]
            )
            fail(message, status=PROVIDER_FAILED if isinstance(error, ProviderError) else REFUSED)

    return run


def fail_with(body: Mapping[str, Any], status: int) -> NoReturn:
    """End the command with an error response of the hub's API."""
    code = body.get("code", f"http_{status}")
    faults = [f"  {fault['path']}: {fault['message']}" for fault in body.get("faults", [])]
    message = "\n".join([f"{body.get('message', 'the hub refused')} [{code}]", *faults])
    fail(message, status=PROVIDER_FAILED if str(code).startswith("provider_") else REFUSED)
