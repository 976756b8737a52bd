"""A restoration that is killed as it comes to a step, as by the kernel."""

import os
import signal
import sys

from jackfield.accounts import lost_keys
from jackfield.audit import chain
from jackfield.cli import main

# The first account is marked; all are, and what was done is about to be signed and committed.
STEPS = {"marking": (lost_keys, "mark_unreadable"), "signing": (chain, "sign")}


async def killed(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    setattr(*STEPS[sys.argv[1]], killed)
    del sys.argv[1]
    main()
