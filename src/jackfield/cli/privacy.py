"""Privacy of a process that holds keys: no core dump of it, and no debugger of its own user."""

import ctypes
import os
import resource
import sys
from collections.abc import Iterator
from typing import Final

import structlog

from jackfield.settings import Settings

_SET_DUMPABLE: Final = 4

_log = structlog.get_logger()


def keep_private(settings: Settings) -> None:
    """
    Keep the memory of this process out of core dumps, and from other programs of its user.

    Root can look all the same. What the system forbids is said in the log.
    """
    if settings.debuggable:
        _log.warning("process_debuggable", detail="JACKFIELD_DEBUGGABLE lets debuggers in")
        return
    for fault in (*_without_core_dumps(), *_without_tracing()):
        _log.warning("process_not_private", detail=fault)


def _without_core_dumps() -> Iterator[str]:
    try:
        if resource.getrlimit(resource.RLIMIT_CORE) != (0, 0):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError) as error:
        yield f"core dumps are not forbidden: {error}"


def _without_tracing() -> Iterator[str]:
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        why = os.strerror(ctypes.get_errno())
        yield f"debuggers of this user are not kept out: {why}"
