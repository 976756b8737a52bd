"""A process that uses the account it is told of, as calls do, until it is killed."""

import asyncio
import sys
from datetime import timedelta

from jackfield import app
from jackfield.accounts.access import load_usable
from jackfield.accounts.renewal import service, turns
from jackfield.kit import log
from jackfield.kit.errors import HubError, ProviderError
from jackfield.kit.ids import ProjectId
from jackfield.settings import Settings

# A lease that outlasts a request, in less time than a person likes to wait.
_SECONDS, _LEASE = 1, timedelta(seconds=1.5)
_PAUSE = 0.02


async def use(project_id: ProjectId, account_id: str) -> None:
    async with app.open_hub(Settings.read(), public_url="https://hub.test") as hub:
        print("working", flush=True)  # noqa: T201 - the test waits for it
        while True:
            try:
                access = await load_usable(hub, project_id, account_id)
                await service.with_fresh_tokens(hub, access)
            except ProviderError as error:
                if not error.retryable:
                    print(error.code, flush=True)  # noqa: T201 - the test reads it
            except HubError as error:
                print(error.code, flush=True)  # noqa: T201 - the test reads it
            await asyncio.sleep(_PAUSE)


if __name__ == "__main__":
    log.configure(level="error", stream=sys.stderr)
    turns.SECONDS, turns.LEASE = _SECONDS, _LEASE  # pyright: ignore[reportConstantRedefinition]
    asyncio.run(use(ProjectId(sys.argv[1]), sys.argv[2]))
