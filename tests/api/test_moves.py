"""Accounts that move to another hub: whole, sealed there anew, and used by one hub alone."""

import io
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jackfield.accounts.history.models import AccountChange, ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.models import AccountFilter, AccountNotUsable
from jackfield.accounts.renewal import turns
from jackfield.kit.ids import AccountId
from jackfield.moves import arrival, connections, export, file
from jackfield.moves.arrival import Fate
from jackfield.moves.models import Bundle, MoveFileDamaged, MoveRefused, ProfilePart
from jackfield.moves.parts import account_part
from jackfield.projects import service as projects
from tests.support.actor import TESTER
from tests.support.backups import IDENTITY
from tests.support.clock import NOW, FrozenClock
from tests.support.running import HubWith, Running, running_hub
from tests.support.token_provider import (
    Linked,
    document,
    named,
    profile_of,
    sign_in,
    token_provider,
)

pytestmark = [pytest.mark.anyio, pytest.mark.database]
ALL = AccountFilter()
TO = (IDENTITY.to_public(),)


@pytest.fixture
async def other(tmp_path: Path, clock: FrozenClock, sandbox: Any) -> AsyncGenerator[Running]:
    """Run another hub, on SQLite, with a keyring of its own."""
    async with running_hub(sandbox, data_dir=tmp_path / "other", clock=clock) as running:
        yield running


async def exported(
    hub: Running, only: AccountFilter = ALL, *, moves: bool = False
) -> tuple[Bundle, bytes]:
    out = io.BytesIO()
    write = export.move if moves else export.copy
    await write(hub.hub, TESTER, export.Order(hub.project, only, TO), out)
    return file.read(io.BytesIO(out.getvalue()), [IDENTITY]), out.getvalue()


async def history(hub: Running, account: str) -> list[AccountChange]:
    async with hub.hub.db.read(hub.project.id) as tx:
        return await AccountHistory(tx).newest(AccountId(account), most=9)


async def run(hub: Running, account: str) -> int:
    return (await hub.run(account, "iterable_list_channels")).status_code


async def test_accounts_arrive_whole_and_run_under_the_other_keyring(
    hub: Running, other: Running
) -> None:
    first = await hub.link(label="EU shop", metadata={"tier": 1, "a": [1, 2]})
    await hub.link(origin_owner_id="rival", origin_owner_name="Rival Ltd.")
    await hub.api.post(f"/jackfield/accounts/{first}/check")
    bundle, content = await exported(hub)

    done = await arrival.arrive(other.hub, other.project.id, TESTER, bundle)
    again = await arrival.arrive(other.hub, other.project.id, TESTER, bundle)

    assert hub.us_key.encode() not in content
    assert [each.fate for each in done.accounts] == [Fate.MADE, Fate.MADE]
    assert [each.fate for each in again.accounts] == [Fate.SAME, Fate.SAME]
    assert await run(other, first) == 200
    for part in bundle.accounts:
        async with other.hub.db.read(other.project.id) as tx:
            there = await account_part(tx, other.hub, part.account.id)
        assert there is not None
        assert there.digest == part.digest
    audit = (await other.api.get("/jackfield/audit?query=kind:account.imported")).json()
    assert len(audit["data"]) == 2


async def test_an_account_that_is_replaced_has_the_history_of_the_other_hub_alone(
    hub: Running, other: Running, clock: FrozenClock
) -> None:
    account = await other.link()
    bundle, _ = await exported(other)
    await arrival.arrive(hub.hub, hub.project.id, TESTER, bundle)
    clock.advance(seconds=1)
    assert await hub.link() == account
    grown = await history(hub, account)

    await arrival.arrive(hub.hub, hub.project.id, TESTER, bundle, replaces=True)

    assert [each.kind for each in grown] == [ChangeKind.RELINKED, ChangeKind.LINKED]
    assert await history(hub, account) == await history(other, account)
    assert await history(hub, account) == grown[1:]


async def test_only_what_is_chosen_goes_into_a_file(hub: Running) -> None:
    acme = await hub.link()
    rival = await hub.link(origin_owner_id="rival", origin_owner_name="Rival Ltd.")

    of_owner, _ = await exported(hub, AccountFilter(origin_owner_ids=("acme",)))
    of_id, _ = await exported(hub, AccountFilter(ids=(rival,), providers=("iterable",)))

    assert [each.account.id for each in of_owner.accounts] == [acme]
    assert [each.account.id for each in of_id.accounts] == [rival]
    with pytest.raises(export.NothingChosen):
        await exported(hub, AccountFilter(providers=("fernwood",)))


async def test_what_moved_is_used_by_one_hub_alone(hub: Running, other: Running) -> None:
    account = await hub.link()
    bundle, _ = await exported(hub, moves=True)
    rerun, _ = await exported(hub, moves=True)

    await arrival.arrive(other.hub, other.project.id, TESTER, bundle)

    assert await run(hub, account) == 412
    assert await run(other, account) == 200
    assert rerun.accounts[0].account.status == bundle.accounts[0].account.status == "active"
    assert (await hub.api.post(f"/jackfield/accounts/{account}/resume")).json()[
        "status"
    ] == "active"


async def test_a_file_that_cannot_be_written_suspends_nothing(hub: Running) -> None:
    class Full(io.BytesIO):
        def write(self, _: Any) -> int:
            raise OSError(28, "No space left on device")

    account = await hub.link()
    with pytest.raises(OSError, match="No space"):
        await export.move(hub.hub, TESTER, export.Order(hub.project, ALL, TO), Full())

    assert await run(hub, account) == 200


async def test_one_account_that_is_refused_keeps_all_out(hub: Running, other: Running) -> None:
    fine = await hub.link()
    taken = await hub.link(multiple=True)
    bundle, _ = await exported(hub)
    await arrival.arrive(
        other.hub,
        other.project.id,
        TESTER,
        Bundle(bundle.header, bundle.profiles, bundle.accounts[:1]),
    )
    first = bundle.accounts[0].account.id
    await other.api.patch(f"/accounts/{first}", json={"label": "changed here"})

    with pytest.raises(MoveRefused) as refused:
        await arrival.arrive(other.hub, other.project.id, TESTER, bundle)
    listed = {each["id"] for each in (await other.api.get("/accounts")).json()}
    async with other.hub.db.read(other.project.id) as tx:
        planned = await arrival.plan(tx, other.hub, bundle, replaces=True)
    replaced = await arrival.arrive(other.hub, other.project.id, TESTER, bundle, replaces=True)

    assert {fine, taken} - listed
    assert listed == {first}
    assert [each.path for each in refused.value.faults] == [first]
    assert planned == replaced
    assert {each.fate for each in replaced.accounts} == {Fate.CHANGED, Fate.MADE}
    assert await run(other, first) == 200


async def test_what_another_project_has_and_what_the_hub_knows_no_connector_of_is_refused(
    hub: Running,
) -> None:
    await hub.link()
    bundle, _ = await exported(hub)
    elsewhere = await projects.ensure_project(hub.hub, TESTER, "elsewhere")
    (part,) = bundle.profiles
    unknown = Bundle(
        bundle.header,
        (ProfilePart(replace(part.profile, id="cpr_0", connector_key="none"), {}, "1.0"),),
        (),
    )

    for each, words in ((bundle, "another project"), (unknown, "no connector")):
        with pytest.raises(MoveRefused, match=words):
            await arrival.arrive(hub.hub, elsewhere.id, TESTER, each)


async def test_a_file_that_was_changed_or_cut_off_is_not_taken(hub: Running) -> None:
    await hub.link()
    _, content = await exported(hub)

    for damaged in (content[:-40], content[:300], b"", b"age-encryption.org/v1\n"):
        with pytest.raises(MoveFileDamaged):
            file.read(io.BytesIO(damaged), [IDENTITY])


@asynccontextmanager
async def two_hubs(
    hub_with: HubWith, tmp_path: Path, clock: FrozenClock, sandbox: Any
) -> AsyncGenerator[tuple[Linked, Running]]:
    """Open a hub with an account that signed in, and another one that knows the provider, too."""
    async with (
        token_provider() as (provider, server),
        hub_with({"oat": document(server.url)}) as hub,
        running_hub(
            sandbox,
            data_dir=tmp_path / "other",
            clock=clock,
            connectors=tmp_path / "connectors",
            allow_private_networks=True,
        ) as other,
    ):
        account = await sign_in(hub.hub, hub.project.id, provider.tokens(NOW))
        yield Linked(hub, provider, account, clock), other


async def test_two_hubs_never_renew_the_same_tokens(
    hub_with: HubWith, tmp_path: Path, clock: FrozenClock, sandbox: Any
) -> None:
    async with two_hubs(hub_with, tmp_path, clock, sandbox) as (linked, other):
        account = linked.account.id
        copied, _ = await exported(linked.hub)
        await arrival.arrive(other.hub, other.project.id, TESTER, copied)
        shown = (await other.api.get(f"/accounts/{account}")).json()
        with pytest.raises(AccountNotUsable):
            await turns.take(other.hub, other.project.id, account, 1)

        moved, _ = await exported(linked.hub, moves=True)
        await arrival.arrive(other.hub, other.project.id, TESTER, moved, replaces=True)
        linked.expire()
        there = await other.run(account, "oat_me")
        with pytest.raises(AccountNotUsable):
            await turns.take(linked.hub.hub, linked.hub.project.id, account, 1)

    assert [each["code"] for each in shown["status_reasons"]] == ["copied"]
    assert there.status_code == 200
    assert linked.provider.requests == [named("r", 1)]
    assert linked.provider.reused == 0


async def test_connections_are_checked_with_their_provider_and_all_faults_are_named(
    hub: Running,
) -> None:
    def connection(key: str, **changes: Any) -> dict[str, Any]:
        credentials = {"api_key": key, "region": "us"}
        owner = {"id": "acme"}
        return {
            "id": "c",
            "provider": "iterable",
            "owner": owner,
            "credentials": credentials,
        } | changes

    listed = [
        connection(hub.us_key),
        connection("0" * 32, id="d"),
        connection(hub.us_key, id="e", provider="none"),
        connection(hub.us_key),
    ]
    mappings = connections.Mappings()

    async def prepared(*wanted: dict[str, Any]) -> list[connections.Entry]:
        content = json.dumps(wanted).encode()
        return await connections.prepare(hub.hub, hub.project.id, content, mappings, checks=True)

    entries = await prepared(*listed)
    with pytest.raises(MoveRefused) as refused:
        await connections.link_all(hub.hub, hub.project.id, TESTER, entries)
    (made,) = await connections.link_all(hub.hub, hub.project.id, TESTER, await prepared(listed[0]))
    again = await connections.link_all(hub.hub, hub.project.id, TESTER, await prepared(listed[0]))

    assert [each.path.partition(".")[0] for each in refused.value.faults] == [
        "connections[1]",
        "connections[2]",
        "connections[3]",
    ]
    assert await run(hub, made.id) == 200
    assert again == []
    assert len((await hub.api.get("/accounts")).json()) == 1


async def test_tokens_of_another_product_are_renewed_here(hub_with: HubWith) -> None:
    async with (
        token_provider() as (provider, server),
        hub_with({"oat": document(server.url)}) as hub,
    ):
        await profile_of(hub.hub, hub.project.id)
        tokens = provider.tokens(NOW)
        given = {
            "access_token": tokens.values["accessToken"],
            "refresh_token": tokens.values["refreshToken"],
        }
        line = {
            "id": "c-1",
            "provider": "oat",
            "owner": {"id": "acme"},
            "credentials": given,
            "expires_at": "2020-01-01T00:00:00Z",
            "scopes": "things.read",
        }
        content = (
            json.dumps(line) + "\n" + json.dumps(line | {"id": "c-2", "credentials": {}})
        ).encode()
        mappings = connections.Mappings()
        first, second = await connections.prepare(
            hub.hub, hub.project.id, content, mappings, checks=False
        )
        (made,) = await connections.link_all(hub.hub, hub.project.id, TESTER, [first])
        answer = await hub.run(made.id, "oat_me")

    assert second.faults[0].path == "line 2.credentials"
    assert answer.status_code == 200
    assert provider.requests == [named("r", 1)]
