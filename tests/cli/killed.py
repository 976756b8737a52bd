"""How a program ends that kills itself at a step."""

from types import ModuleType

from tests.support.forked import start


async def status_of(program: ModuleType, *words: str, **settings: str) -> int:
    """Run a module as a program, with settings of the hub, and return its exit status."""
    process = await start(*words, module=program.__name__, **settings)
    await process.communicate()
    return await process.wait()
