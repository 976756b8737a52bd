"""Whatever the order in which processes renew, fail and are killed, no sign-in is lost by the hub."""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from jackfield.accounts.access import AccountAccess, load, open_tokens
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.models import AccountStatus
from jackfield.accounts.renewal import service
from jackfield.accounts.renewal.turns import LEASE
from jackfield.accounts.repo import Accounts
from jackfield.accounts.tokens.store import put_tokens
from jackfield.app import open_hub
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, TokenEnds, Tokens, refresh_name
from jackfield.kit.errors import HubError
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.profiles.models import Profile
from jackfield.projects import service as projects
from jackfield.runtime import Hub
from jackfield.settings import Settings
from tests.oauth.flow import connector_of
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import write_connectors
from tests.support.token_provider import account_of, profile_of
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


USER = "userToken"
_asking: ContextVar[tuple[Mapping[str, Provider], Process]] = ContextVar("asking")


@pytest.fixture(scope="module")
def renewing(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[asyncio.Runner, Place]]:
    folder = tmp_path_factory.mktemp("renewing")
    connector = connector_of("secondToken: {name: user, at: authed_user}", "https://oat.example")
    written = yaml.safe_dump(connector.compilation.document).replace("rowan", "oat")
    connectors = write_connectors(folder / "connectors", {"oat": written})
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


@pytest.mark.slow
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
    @given(is_strict=st.booleans(), has_second=st.booleans(), steps=STEPS)
    def follow(is_strict: bool, has_second: bool, steps: list[tuple[int, str]]) -> None:
        runner.run(_follow(place, steps, is_strict=is_strict, has_second=has_second))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "request_tokens", _ask)
        follow()


async def _follow(
    place: Place, steps: list[tuple[int, str]], *, is_strict: bool, has_second: bool
) -> None:
    hub, project_id = place.hub, place.project_id
    clock: Any = hub.clock
    providers = {ACCESS_TOKEN: Provider(clock, is_strict)}
    tokens = providers[ACCESS_TOKEN].tokens()
    if has_second:
        # It ends again and again while the first one is renewed.
        providers[USER] = Provider(clock, is_strict, USER, timedelta(minutes=2))
        other = providers[USER].tokens()
        ends, values = TokenEnds(USER, other.expires_at), {**tokens.values, **other.values}
        tokens = replace(tokens, values=values, second=ends)
    async with hub.db.write(project_id, TESTER) as tx:
        account = account_of(tx.now, place.profile)
        await Accounts(tx).add(account)
        await put_tokens(tx, hub.vault, account, tokens)
    clock.advance(hours=2)
    world = World(hub, clock)
    work = partial(_renew, project_id, account.id, providers)
    world.start(work)
    world.start(work)
    await _take_steps(world, steps, work, providers)
    await world.finish()
    # Whatever has happened, the next call finds out how it ended.
    for _ in range(3):
        clock.advance(minutes=2)
        world.start(work)
        await world.finish()

    await _check(place, account.id, providers)


async def _take_steps(
    world: World,
    steps: list[tuple[int, str]],
    work: Callable[[Hub, Process], Coroutine[Any, Any, None]],
    providers: Mapping[str, Provider],
) -> None:
    begun = world.clock.now
    for choice, what in steps:
        waiting = await world.settle()
        # From then on a turn may be over whose process has asked nothing yet.
        if what == "kill" or world.clock.now >= begun + LEASE:
            for provider in providers.values():
                provider.is_calm = False
        if what == "wait":
            world.clock.advance(seconds=20)
        elif what == "start" and len(waiting) < 4:
            world.start(work)
        elif waiting:
            chosen = waiting[choice % len(waiting)]
            if what == "kill":
                chosen.kill()
            else:
                chosen.fault = "none" if what in {"go", "start"} else what  # pyright: ignore[reportAttributeAccessIssue]
                chosen.go()


async def _check(place: Place, account_id: AccountId, providers: Mapping[str, Provider]) -> None:
    async with place.hub.db.read(place.project_id) as tx:
        access = await load(tx, place.hub, account_id)
    for provider in providers.values():
        was_lost = any(use.is_lost or use.process.is_dead for use in provider.uses)
        stalled = len({use.token for use in provider.uses}) < len(provider.uses)
        assert not provider.is_revoked or was_lost or stalled, "revoked without a crash"
    if revoked := [name for name, provider in providers.items() if provider.is_revoked]:
        assert access.account.status is AccountStatus.ERROR
        (reason,) = access.account.status_reasons
        assert reason.code == "needs_relink"
        assert len(revoked) == 2 or (USER in reason.description) == (revoked == [USER])
    else:
        assert access.account.status is AccountStatus.ACTIVE
        opened = open_tokens(place.hub, access) or {}
        for name, provider in providers.items():
            assert opened[refresh_name(name)] == f"refresh-{provider.number}"


async def _renew(
    project_id: ProjectId,
    account_id: AccountId,
    providers: Mapping[str, Provider],
    hub: Hub,
    process: Process,
) -> None:
    async with hub.db.read(project_id) as tx:
        access = await load(tx, hub, account_id)
    _asking.set((providers, process))
    for token, times in access.token_times.items():
        if times.is_stale(hub.clock()):
            with suppress(HubError):
                # In no flight, as each process is one of its own.
                await service._renew(hub, project_id, account_id, times.generation, token)  # noqa: SLF001


async def _ask(_hub: Hub, _access: AccountAccess, credentials: Credentials, token: str) -> Tokens:
    providers, process = _asking.get()
    return await providers[token].ask(process, credentials.values[refresh_name(token)])


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
