"""The cycle collector of a test process, which passes over what lives as long as the process."""

import gc
from collections.abc import Generator
from contextlib import contextmanager

from jackfield.cli import server


def settle() -> None:
    """Collect garbage, and from now on never again among the objects that are left.

    The tests that were found and the connectors are hundreds of thousands of objects: traversing
    them was a sixth of the time of all tests. New ones are looked through as rarely as in a server.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*server.COLLECT_AFTER)


@contextmanager
def paused() -> Generator[None]:
    """Collect nothing while the block runs, and settle what it leaves."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        settle()


@contextmanager
def as_in_a_server() -> Generator[None]:
    """Collect while the block runs as a server does, which looks for garbage before it starts."""
    settle()
    try:
        yield
    finally:
        # What the block left behind may be garbage by now; what was settled before is not.
        gc.unfreeze()
        settle()
