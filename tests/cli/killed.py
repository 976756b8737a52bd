"""How a program ends that kills itself at a step."""

import asyncio
import os
import sys
from types import ModuleType


async def status_of(program: ModuleType, *words: str, **settings: str) -> int:
    """Run a module as a program, with settings of the hub, and return its exit status."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", program.__name__, *words),
        env={
            **os.environ,  # noqa: TID251 - what a shell would pass on
            **{f"JACKFIELD_{name}": value for name, value in settings.items()},
        },
        stderr=asyncio.subprocess.PIPE,
    )
    await process.communicate()
    assert process.returncode is not None
    return process.returncode
