"""Both regions, served on this machine."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial

from jackfield.kit.clock import Clock, system_clock
from jackfield.sandbox.iterable.app import IterableApp, build_app
from jackfield.sandbox.iterable.journal import Journal
from jackfield.sandbox.iterable.regions import Region
from jackfield.sandbox.iterable.seed.document import RegionSeeds
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.listener import Scope, listen
from jackfield.sandbox.transmission import Receive, Send
from jackfield.sandbox.turnable_clock import TurnableClock


@dataclass(frozen=True, slots=True)
class Origin:
    """One region, where it is served; its project is planted when it is first wanted."""

    url: str
    plant: Callable[[], IterableApp]

    @property
    def app(self) -> IterableApp:
        return self.plant()

    @property
    def api_keys(self) -> Mapping[str, str]:
        """The keys by name: `server_side`, `read_only`, `mobile`, `javascript`."""
        return {name: key.value for name, key in self.app.sandbox.keys.items()}

    @property
    def requests(self) -> Journal:
        return self.app.sandbox.journal

    @property
    def project(self) -> Project:
        return self.app.sandbox.project

    @property
    def clock(self) -> TurnableClock:
        return self.app.sandbox.clock


@dataclass(frozen=True, slots=True)
class Sandbox:
    us: Origin
    eu: Origin

    @property
    def provider_rewrite(self) -> str:
        return f"https://api.iterable.com={self.us.url},https://api.eu.iterable.com={self.eu.url}"


@asynccontextmanager
async def serve(
    *,
    us_port: int = 0,
    eu_port: int = 0,
    clock: Clock = system_clock,
    seeds: RegionSeeds | None = None,
) -> AsyncGenerator[Sandbox]:
    """
    Serve both regions until the block is left; port 0 means any that is free.

    Raises:
        PortUnavailable: a port is taken.
        Refusal: a seed holds what the provider would refuse.
    """
    planted = seeds or RegionSeeds()
    async with AsyncExitStack() as stack:
        origins = [
            await stack.enter_async_context(
                _serve(partial(build_app, region, clock=clock, seed=planted.of(region)), port)
            )
            for region, port in ((Region.US, us_port), (Region.EU, eu_port))
        ]
        if seeds is not None:
            # So that a seed that cannot be planted is refused now.
            for origin in origins:
                origin.plant()
        yield Sandbox(*origins)


@asynccontextmanager
async def _serve(build: Callable[[], IterableApp], port: int) -> AsyncGenerator[Origin]:
    plant = cache(build)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await plant()(scope, receive, send)

    async with listen(answer, port) as url:
        yield Origin(url, plant)
