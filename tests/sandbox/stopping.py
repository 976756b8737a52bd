"""The sandbox's command with a witness: what it works and waits between a signal and its end."""

import asyncio
import atexit
import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from jackfield.cli import main
from tests.support.timers import waited

_measuring = ExitStack()


class _Loop(asyncio.SelectorEventLoop):
    """A loop that begins to measure when a signal arrives."""

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: Any) -> None:
        def begin() -> None:
            started = time.process_time()
            timers = _measuring.enter_context(waited(self))
            atexit.register(
                lambda: Path(sys.argv[0]).write_text(
                    json.dumps({"worked": time.process_time() - started, "waited": sum(timers)}),
                    encoding="utf-8",
                )
            )
            callback(*args)

        super().add_signal_handler(sig, begin)


class _Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return _Loop()


if __name__ == "__main__":
    # The file for what is measured takes the place of the command's name.
    del sys.argv[0]
    asyncio.set_event_loop_policy(_Policy())  # pyright: ignore[reportDeprecated] - how 3.11 does it
    main()
