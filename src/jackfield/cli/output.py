"""Output of commands: a table, JSON with `--json`, or one line for an error."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, NoReturn, ParamSpec, TypeVar

import click

from jackfield.kit.errors import HubError, ProviderError
from jackfield.kit.json import encode

if TYPE_CHECKING:
    from jackfield.client import Refused

P = ParamSpec("P")
T = TypeVar("T")

REFUSED: Final = 1
USAGE: Final = 2
PROVIDER_FAILED: Final = 3
_MOST_WORDS: Final = 4000
# How many characters of a cell others are aligned with, off a terminal.
_WIDEST_ALIGNED: Final = 80

# The command that shows what there is, where a name or an id is of nothing.
LISTED_BY: Final = {
    "account_not_found": "jackfield accounts list",
    "action_not_found": "jackfield actions list",
    "api_key_not_found": "jackfield keys list",
    "connector_not_found": "jackfield connectors list",
    "issue_not_found": "jackfield issues list",
    "member_not_found": "jackfield members list",
    "project_not_found": "jackfield projects list",
    "run_not_found": "jackfield logs",
    "upload_not_found": "jackfield connectors versions",
    "webhook_not_found": "jackfield webhooks list",
    "no_accounts_chosen": "jackfield accounts list",
    "no_decoy_possible": "jackfield connectors list",
}
# The same for each of a list of names, which is a fault of the request.
LISTED_BY_FIELD: Final = {
    "account_ids": LISTED_BY["account_not_found"],
    "actions": LISTED_BY["action_not_found"],
    "connectors": LISTED_BY["connector_not_found"],
}

# What makes a terminal do something, or shows a text in another order: words of providers, and
# names that their customers chose, are not to.
_ACTS: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)"
)

PORT: Final = click.IntRange(0, 65535)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def say(
    text: str, *, err: bool = False, bold: bool = False, color: str | None = None, nl: bool = True
) -> None:
    """Print `text`, with what a terminal would act on written out."""
    shown = _ACTS.sub(_written_out, text)
    styled = click.style(shown, bold=bold, fg=color) if bold or color else shown
    click.echo(styled, err=err, nl=nl)  # noqa: TID251 - the one place


def print_json(value: object) -> None:
    """Print `value` as JSON: indented on a terminal, else on one line."""
    import msgspec  # noqa: PLC0415 - kept out of `--help`

    text = msgspec.json.format(encode(value), indent=2 if sys.stdout.isatty() else 0).decode()
    # As bytes: JSON is UTF-8, whatever the locale says.
    shown = _ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    click.echo(shown.encode())  # noqa: TID251 - the one place


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Print rows under their columns, or the text `empty` if there are none."""
    if not rows:
        say(empty, err=True)
        return
    cells = [["" if cell is None else one_line(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _print_fitted(columns, cells)
    else:
        _print_searchable(columns, cells)


def _print_fitted(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table as wide as the terminal, with long cells folded."""
    from rich.console import Console  # noqa: PLC0415 - kept out of `--help`
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # As text: a name may hold what is markup to the table.
        table.add_row(*map(Text, row))
    Console().print(table)


def _print_searchable(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print each row as one line, however long; a cell that is very long moves only its own row."""
    widths = [
        min(max(map(len, cells)), _WIDEST_ALIGNED) for cells in zip(columns, *rows, strict=True)
    ]
    for row in (columns, *rows):
        aligned = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say("  ".join(aligned).rstrip())


def fail(message: str, *, status: int = REFUSED) -> NoReturn:
    """Print an error, and end the command."""
    say(f"error: {message}", err=True)
    raise click.exceptions.Exit(status)


def reporting(command: Callable[P, T]) -> Callable[P, T]:
    """Show the hub's log from warnings up while a command works on this installation."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        from jackfield.kit import log  # noqa: PLC0415 - kept out of `--help`

        log.configure(level="warning")
        return command(*args, **kwargs)

    return run


def error_line(error: HubError) -> tuple[str, int]:
    """Return what to say of an error, and the exit status."""
    faults = (f"  {fault.path}: {fault.message}" for fault in error.faults)
    text = "\n".join([f"{error.detail} [{error.code}]", *faults, *_listed(error.code)])
    return text, PROVIDER_FAILED if isinstance(error, ProviderError) else REFUSED


def fail_with(refused: "Refused") -> NoReturn:
    """End the command with an error response of the hub's API."""
    lines = [
        f"{refused.message} [{refused.code}] (status {refused.status})",
        *(f"  {fault.path}: {fault.message}" for fault in refused.faults),
        *map(_said, refused.provider_errors),
        *_listed(refused.code, *(fault.path.partition("[")[0] for fault in refused.faults)),
    ]
    failed = refused.code.startswith("provider_")
    fail("\n".join(lines), status=PROVIDER_FAILED if failed else REFUSED)


def _listed(code: str, *fields: str) -> list[str]:
    found = [LISTED_BY.get(code), *map(LISTED_BY_FIELD.get, fields)]
    return [f"  see what there is: {each}" for each in dict.fromkeys(found) if each is not None]


def one_line(value: object) -> str:
    """Return text with its line breaks written out: after one, it could pass for another row."""
    return _ACTS.sub(_written_out, str(value)).replace("\r", "").replace("\n", r"\n")


def _written_out(found: re.Match[str]) -> str:
    return ascii(found[0])[1:-1]


def _said(error: Mapping[str, Any]) -> str:
    """Return a provider's own words: its codes and parameters are what helps, and are in them."""
    raw = error.get("raw")
    words = raw if isinstance(raw, str) else encode(raw).decode()
    said = f"  the provider ({error.get('url')}) answered {error.get('status')}: {words}"
    return said if len(said) <= _MOST_WORDS else f"{said[:_MOST_WORDS]}…"
