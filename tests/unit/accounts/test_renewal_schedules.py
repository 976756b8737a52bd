"""Whatever the order in which processes renew, fail and are killed, no sign-in is lost by the hub."""

import asyncio
from collections.abc import Generator
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from jackfield.accounts.access import AccountAccess, load, open_tokens
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.models import AccountStatus
from jackfield.accounts.renewal import service
from jackfield.accounts.repo import Accounts
from jackfield.accounts.tokens.store import put_tokens
from jackfield.app import open_hub
from jackfield.engine.oauth.tokens import REFRESH_TOKEN, Tokens
from jackfield.kit.errors import HubError
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.profiles.models import Profile
from jackfield.projects import service as projects
from jackfield.runtime import Hub
from jackfield.settings import Settings
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import write_connectors
from tests.support.token_provider import account_of, document, profile_of
from tests.unit.accounts.stepping import Process, Provider, World, without_threads

# A step of one of the processes: go on, with a fault if it is at the provider, or be killed; or
# time that passes.
STEPS = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.sampled_from(["go"] * 12 + ["down", "lost", "race", "kill", "wait", "start"]),
    ),
    max_size=30,
)


@dataclass(frozen=True)
class Place:
    """Where accounts are linked."""

    hub: Hub
    project_id: ProjectId
    profile: Profile


_asking: ContextVar[tuple[Provider, Process]] = ContextVar("asking")


@pytest.fixture(scope="module")
def renewing(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[asyncio.Runner, Place]]:
    folder = tmp_path_factory.mktemp("renewing")
    connectors = write_connectors(folder / "connectors", {"oat": document("https://oat.example")})
    clock = FrozenClock()
    with asyncio.Runner() as runner:
        opened = open_hub(
            Settings(data_dir=_made(folder / "data"), connectors=connectors),
            public_url="https://hub.test",
            clock=clock,
            sleep=clock.sleep,
        )
        hub = runner.run(opened.__aenter__())
        without_threads(hub.db)
        project = runner.run(projects.ensure_project(hub, TESTER))
        yield runner, Place(hub, project.id, runner.run(profile_of(hub, project.id)))
        runner.run(opened.__aexit__(None, None, None))


def test_no_schedule_loses_a_sign_in(
    renewing: tuple[asyncio.Runner, Place], pytestconfig: pytest.Config
) -> None:
    runner, place = renewing
    # A thousand where hubs are killed thirty times, too.
    schedules = 250 if pytestconfig.getoption("--kills") < 30 else 1000

    @settings(
        max_examples=schedules,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(is_strict=st.booleans(), steps=STEPS)
    def follow(is_strict: bool, steps: list[tuple[int, str]]) -> None:
        runner.run(_follow(place, steps, is_strict=is_strict))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "request_tokens", _ask)
        follow()


async def _follow(place: Place, steps: list[tuple[int, str]], *, is_strict: bool) -> None:
    hub, project_id = place.hub, place.project_id
    clock: Any = hub.clock
    provider = Provider(clock, is_strict=is_strict)
    async with hub.db.write(project_id, TESTER) as tx:
        account = account_of(tx.now, place.profile)
        await Accounts(tx).add(account)
        await put_tokens(tx, hub.vault, account, provider.tokens())
    clock.advance(hours=2)
    world = World(hub, clock)
    work = partial(_renew, project_id, account.id, provider)
    world.start(work)
    world.start(work)
    for choice, what in steps:
        waiting = await world.settle()
        if what == "wait":
            clock.advance(seconds=20)
        elif what == "start" and len(waiting) < 4:
            world.start(work)
        elif waiting:
            chosen = waiting[choice % len(waiting)]
            if what == "kill":
                chosen.kill()
                provider.is_calm = False
            else:
                chosen.fault = "none" if what in {"go", "start"} else what  # pyright: ignore[reportAttributeAccessIssue]
                chosen.go()
    await world.finish()
    # Whatever has happened, the next call finds out how it ended.
    for _ in range(3):
        clock.advance(minutes=2)
        world.start(work)
        await world.finish()

    async with hub.db.read(project_id) as tx:
        access = await load(tx, hub, account.id)
    was_lost = any(use.is_lost or use.process.is_dead for use in provider.uses)
    stalled = len({use.token for use in provider.uses}) < len(provider.uses)
    if provider.is_revoked:
        assert was_lost or stalled, "revoked without a crash"
        assert access.account.status is AccountStatus.ERROR
        assert access.account.status_reasons[0].code == "needs_relink"
    else:
        assert access.account.status is AccountStatus.ACTIVE
        tokens = open_tokens(hub, access)
        assert tokens is not None
        assert tokens[REFRESH_TOKEN] == f"refresh-{provider.number}"


async def _renew(
    project_id: ProjectId, account_id: AccountId, provider: Provider, hub: Hub, process: Process
) -> None:
    async with hub.db.read(project_id) as tx:
        access = await load(tx, hub, account_id)
    assert access.tokens is not None
    if not access.tokens.state.is_stale(hub.clock()):
        return
    _asking.set((provider, process))
    generation = access.tokens.state.generation
    with suppress(HubError):
        await service._renew(hub, project_id, account_id, generation)  # noqa: SLF001 - in no flight


async def _ask(_hub: Hub, _access: AccountAccess, credentials: Credentials) -> Tokens:
    provider, process = _asking.get()
    return await provider.ask(process, credentials.values[REFRESH_TOKEN])


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
