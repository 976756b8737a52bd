"""A hub that is served by several workers."""

import asyncio
import contextlib
import json
import os
import re
import signal
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from tests.support.forked import Forked, start
from tests.support.running import PATIENCE, US


@dataclass(frozen=True, slots=True)
class Workers:
    """A supervisor, and where it serves."""

    process: Forked
    url: str

    @property
    def pids(self) -> set[int]:
        return children(self.process.pid)


@contextlib.asynccontextmanager
async def serving_workers(
    data_dir: Path, provider: str, *, count: int = 2, **settings: str
) -> AsyncGenerator[Workers]:
    """Serve a hub with several workers; `settings` are more of the hub's."""
    process = await start(
        *("serve", "--port", "0", "--workers", str(count)),
        DATA_DIR=str(data_dir),
        PROVIDER_REWRITE=f"{US}={provider}",
        LOG_LEVEL="error",
        **settings,
    )
    said = await asyncio.wait_for(process.stderr.readline(), PATIENCE)
    url = re.search(r"listens on (http://\S+)", json.loads(said)["event"])
    assert url is not None, said
    pids = children(process.pid)
    try:
        yield Workers(process, url[1])
    finally:
        for each in {process.pid, *pids, *children(process.pid)}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        await process.communicate()


def children(pid: int) -> set[int]:
    """Return the processes that `pid` has started and that have not ended; none if it has."""
    found = set[int]()
    for each in Path(f"/proc/{pid}/task").glob("*/children"):
        # A thread may end after it was listed.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found |= {int(child) for child in each.read_text(encoding="ascii").split()}
    return found
