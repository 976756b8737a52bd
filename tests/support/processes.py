"""The processes that a process has started."""

from pathlib import Path


def children(pid: int) -> set[int]:
    """Return the processes that `pid` has started and that have not ended; none if it has."""
    found = set[int]()
    for each in Path(f"/proc/{pid}/task").glob("*/children"):
        found |= {int(child) for child in each.read_text(encoding="ascii").split()}
    return found
