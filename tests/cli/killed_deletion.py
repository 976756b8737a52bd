"""A deletion of a project that is killed as it comes to a step, as by the kernel."""

import asyncio
import os
import signal
import sys

from jackfield.cli.members import opened_hub
from jackfield.members.project_deletion import service
from tests.support.actor import TESTER

# Those between the first transaction and the last; others are a table, some rows of which are gone.
STEPS = ("_tell_installation", "_drop_project")


def tell(said: str) -> None:
    if said.startswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)


async def killed(*_: object) -> None:
    tell(sys.argv[2])


async def main() -> None:
    service._AT_ONCE = 1  # pyright: ignore[reportConstantRedefinition]  # noqa: SLF001
    if sys.argv[2] in STEPS:
        setattr(service, sys.argv[2], killed)
    async with opened_hub() as hub:
        doomed = await service.look_at(hub, sys.argv[1])
        await service.delete_project(hub, doomed, TESTER, tell)


if __name__ == "__main__":
    asyncio.run(main())
