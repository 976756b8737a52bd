"""`jackfield worker`: background work without a web server."""

import asyncio
import contextlib
import signal

import click

from jackfield.cli.output import reporting
from jackfield.settings import Settings


@click.command()
@reporting
def worker() -> None:
    """
    Deliver webhooks and prune logs, beside other processes on the same database.

    `jackfield serve` does this as well; separate workers relieve a busy server. Any number may
    run. Stop it with Ctrl-C: running work is finished, or taken over by another worker.
    """
    import uvloop  # noqa: PLC0415 - kept out of `--help`

    from jackfield.app import open_hub  # noqa: PLC0415
    from jackfield.cli import cutover  # noqa: PLC0415
    from jackfield.cli.awaited_database import database_found  # noqa: PLC0415
    from jackfield.cli.awaited_keyring import keyring_found  # noqa: PLC0415
    from jackfield.cli.privacy import keep_private  # noqa: PLC0415
    from jackfield.connectors.loading.reader_process import ReaderProcess  # noqa: PLC0415
    from jackfield.kit import log  # noqa: PLC0415

    settings = Settings.read()
    log.configure(level=settings.log_level)
    keep_private(settings)

    async def work() -> None:
        stop = asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, stop.set)
        stopped = asyncio.create_task(stop.wait())
        nothing = contextlib.nullcontext()
        if not await database_found(settings, nothing, {stopped}):
            return
        store = await keyring_found(settings, nothing, {stopped})
        if store is None:
            return
        async with (
            open_hub(
                settings,
                public_url=settings.url,
                creates=False,
                joins=True,
                store=store,
                reader=reader,
            ) as hub,
            cutover.working(hub, settings) as work,
        ):
            log.announce("working in the background")
            await asyncio.wait({stopped, work}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()

    with ReaderProcess() as reader:
        uvloop.run(work())
