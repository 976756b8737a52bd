"""The failure of a command: the line that says why, and the exit status."""

import os
import sys
import traceback
from typing import Final, NoReturn

from jackfield.cli.output import PROVIDER_FAILED, REFUSED, USAGE, error_line, say
from jackfield.client import BrokenOff, ClientError
from jackfield.kit import log
from jackfield.kit.errors import HubError

_BUG: Final = 70
_APOLOGY: Final = "this is a bug of Jackfield's; please report it with the traceback"
# Their standard error is a log, which programs read.
_LOGGING: Final = frozenset({"serve", "worker"})


def end(error: Exception, *, command: str) -> NoReturn:
    """End the process because of an error that the command has not caught."""
    line, status = _explain(error)
    if line is not None:
        say(f"error: {line}", err=True)
    elif command in _LOGGING and not sys.stderr.isatty():
        log.crashed(type(error), error, error.__traceback__)
    else:
        say("".join(traceback.format_exception(error)), err=True, nl=False)
        say(_APOLOGY, err=True)
    _let_go_of_output()
    sys.exit(status)


def _explain(error: Exception) -> tuple[str | None, int]:
    """Return the line and the exit status for an error; no line if it is a bug."""
    if isinstance(error, HubError):
        return error_line(error)
    if isinstance(error, ClientError):
        return str(error), PROVIDER_FAILED if isinstance(error, BrokenOff) else REFUSED
    if isinstance(error, UnicodeEncodeError):
        unknown = error.object[error.start : error.end]
        return f"{unknown!a} has no place in {error.encoding}; set LC_ALL=C.UTF-8", USAGE
    if isinstance(error, OSError):
        place = f"{os.fsdecode(error.filename)!r}: " if error.filename is not None else ""
        return f"{place}{error.strerror or error}", REFUSED
    return None, _BUG


def _let_go_of_output() -> None:
    """Forget what could not be written: Python would try again at its end, and complain."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
