"""A hub whose log nobody reads any more."""

import asyncio
import fcntl
import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.support.running import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

_FEW_BYTES = 4096
_REQUESTS = 100


async def test_a_hub_whose_log_nobody_reads_goes_on_and_stops_when_asked(data_dir: Path) -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, _FEW_BYTES)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jackfield", "serve", "--port", "0"),
        stderr=writer,
        env={"PATH": os.defpath, "JACKFIELD_DATA_DIR": str(data_dir)},
    )
    os.close(writer)
    try:
        async with asyncio.timeout(PATIENCE):
            said = ""
            while (found := re.search(r"listens on (http\S+) ", said)) is None:
                said += (await asyncio.to_thread(os.read, reader, _FEW_BYTES)).decode()
            async with httpx2.AsyncClient(base_url=found[1]) as api:
                answers = [await api.get("/accounts") for _ in range(_REQUESTS)]
            process.send_signal(signal.SIGTERM)
            status = await process.wait()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        os.close(reader)

    assert {each.status_code for each in answers} == {401}
    assert status == 0
