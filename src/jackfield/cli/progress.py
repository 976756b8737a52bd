"""Progress of long commands, on a terminal alone."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

_STEP: Final = 1000


@contextmanager
def rows_read(verb: str = "read") -> Generator[Callable[[str], None]]:
    """Show how many rows have been read, of which table; yield what is told each row's table."""
    from rich.console import Console  # noqa: PLC0415 - kept out of `--help`

    count = 0
    with Console(stderr=True).status("") as status:

        def tell(table: str) -> None:
            nonlocal count
            count += 1
            if count % _STEP == 0:
                status.update(f"{table}: {count} rows {verb}")

        yield tell


@contextmanager
def shown() -> Generator[Callable[[str], None]]:
    """Yield what shows how far something is."""
    from rich.console import Console  # noqa: PLC0415 - kept out of `--help`

    with Console(stderr=True).status("") as status:
        yield status.update
