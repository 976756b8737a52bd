"""Keys of the vault are rotated while the hub runs, and can be killed, run twice and late."""

import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from jackfield.db.tx import Database
from jackfield.kit.ids import ProjectId
from jackfield.kit.secret import Secret
from jackfield.secrets.keys.models import KeyInUse, KeyNotEverywhere, RotationRunning
from jackfield.secrets.keys.repo import count_sealed, find_keys, find_processes, renew_proof
from jackfield.secrets.keys.usage import KeyState, retire, vault_status
from jackfield.secrets.repo import SecretRows, ShreddingKeys, shredded_owners
from jackfield.vault.audit_keys import is_audit_signature
from jackfield.vault.cipher import Binding, key_id
from jackfield.vault.keyring import Keyring, KeyringUnusable
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.unit.secrets.processes import PROJECT, Machines, machines

pytestmark = [pytest.mark.anyio, pytest.mark.database]

OWNERS = [f"acc_{number}" for number in range(5)]


@pytest.fixture
async def hub(db: Database, clock: FrozenClock, tmp_path: Path) -> AsyncGenerator[Machines]:
    async with machines(db, clock, tmp_path) as made:
        yield made


async def sealed(hub: Machines) -> dict[str, bytes]:
    async with hub.db.read(PROJECT) as tx:
        return {owner: (await SecretRows(tx).of(owner)).sealed["key"] for owner in OWNERS}


async def fill(hub: Machines) -> None:
    for owner in OWNERS:
        await hub.running[0].keep(owner, {"key": f"secret of {owner}"})


async def opened(hub: Machines) -> dict[str, Any]:
    """Return what each process opens; all open the same."""
    found = [{owner: (await each.kept(owner))["key"] for owner in OWNERS} for each in hub.running]
    assert all(each == found[0] for each in found)
    return found[0]


EVERYTHING = {owner: f"secret of {owner}" for owner in OWNERS}


async def test_a_rotation_seals_everything_under_a_new_key_and_touches_no_ciphertext(
    hub: Machines,
) -> None:
    first, _second = await hub.start(), await hub.start()
    await fill(hub)
    before, old = await sealed(hub), first.vault.keyring.current

    done = await hub.rotation().run()

    after = await sealed(hub)
    assert (done.is_new, done.secrets, done.unopened) == (True, len(OWNERS), ())
    assert [(each.key, each.secrets) for each in await count_sealed(hub.db)] == [
        (done.key, len(OWNERS))
    ]
    assert done.key != old
    # Format, key and wrapped data key; then what does not depend on the key.
    assert all(after[owner][65:] == before[owner][65:] for owner in OWNERS)
    assert await opened(hub) == EVERYTHING
    assert {each.vault.keyring.current for each in hub.running} == {done.key}
    kept = hub.store().read()
    assert kept is not None
    assert (kept.current, kept.ids) == (done.key, {old, done.key})


class Killed(Exception):
    """The rotation ends here."""


@pytest.mark.slow
async def test_a_rotation_that_is_killed_at_any_instant_loses_nothing_and_goes_on(
    hub: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.start()
    await fill(hub)
    monkeypatch.setattr("jackfield.secrets.keys.rotation._MOST_AT_ONCE", 2)
    kills = 0
    for most in range(1, 100):
        steps = 0

        def step(most: int = most) -> None:
            nonlocal steps
            steps += 1
            if steps > most:
                raise Killed

        try:
            await _killed_by(hub, step).run()
        except Killed:
            kills += 1
        else:
            break
        # Those that run go on, and another one starts.
        await hub.stop(await hub.start())
        assert await opened(hub) == EVERYTHING
        hub.clock.advance(seconds=31)
        done = await hub.rotation().run()
        assert [each.key for each in await count_sealed(hub.db)] == [done.key]

    assert kills > 30
    assert await opened(hub) == EVERYTHING


def _killed_by(hub: Machines, step: Any) -> Any:
    """Return a rotation that is killed at a step: a statement, a transaction or a file."""

    class Database:
        def __getattr__(self, name: str) -> Any:
            found = getattr(hub.db, name)

            def called(*args: Any, **values: Any) -> Any:
                step()
                return found(*args, **values)

            return called if name in {"unscoped", "write"} else found

    class Store:
        def __getattr__(self, name: str) -> Any:
            step()
            return getattr(hub.store(), name)

    rotation: Any = hub.rotation()
    return type(rotation)(
        Database(), Store(), hub.clock, rotation.actor, patience=30.0, sleep=rotation.sleep
    )


async def test_two_rotations_at_once_are_one(hub: Machines) -> None:
    await hub.start()
    await fill(hub)
    refused = list[BaseException]()
    rotation = hub.rotation()

    async def another(_seconds: float) -> None:
        try:
            await hub.rotation().run()
        except RotationRunning as error:
            refused.append(error)
        for each in hub.running:
            await each.follow()

    first: Any = type(rotation)(
        hub.db, hub.store(), hub.clock, rotation.actor, patience=30.0, sleep=another
    )
    done = await first.run()

    assert refused
    assert (await opened(hub), done.secrets) == (EVERYTHING, len(OWNERS))


async def test_nothing_is_sealed_under_a_key_that_a_machine_does_not_have(hub: Machines) -> None:
    first = await hub.start()
    other = await hub.start("second", copies="first")
    await fill(hub)
    old = first.vault.keyring.current

    with pytest.raises(KeyNotEverywhere, match=f"process {os.getpid()} on .* copy"):
        await hub.rotation(patience=1.0).run()
    waiting = [each.key for each in await count_sealed(hub.db)]
    started_meanwhile = await hub.start("second")
    hub.copy("first", "second")
    done = await hub.rotation().run()

    assert waiting == [old]
    assert await opened(hub) == EVERYTHING
    assert {each.vault.keyring.current for each in (other, started_meanwhile)} == {done.key}


@pytest.mark.slow
async def test_no_process_starts_without_a_key_that_may_seal_in_a_moment(hub: Machines) -> None:
    await hub.start()
    await fill(hub)
    (hub.folder / "second").mkdir()
    hub.copy("first", "second")
    await hub.rotation().run()

    with pytest.raises(KeyringUnusable, match="which the keyring"):
        await hub.start("second")
    assert len(await find_processes(hub.db)) == 1


async def test_a_process_that_was_killed_is_not_waited_for(hub: Machines) -> None:
    await hub.start()
    await fill(hub)
    killed = await hub.start()
    hub.running.remove(killed)
    hub.clock.advance(minutes=1)

    done = await hub.rotation().run()

    assert done.secrets == len(OWNERS)
    assert len(await find_processes(hub.db)) == 1


async def test_what_a_late_process_seals_under_the_old_key_is_found_by_the_next_run(
    hub: Machines,
) -> None:
    await hub.start()
    late = await hub.start()
    await fill(hub)
    hub.running.remove(late)
    hub.clock.advance(minutes=1)
    done = await hub.rotation().run()
    await late.keep("acc_late", {"key": "late"})

    hub.clock.advance(hours=2)
    with pytest.raises(KeyInUse, match="1 secrets are sealed with it"):
        await retire(hub.rotation(), late.vault.keyring.current)
    again = await hub.rotation().run()

    assert (again.key, again.is_new, again.secrets) == (done.key, False, 1)
    assert await hub.running[0].kept("acc_late") == {"key": "late"}


async def test_a_secret_that_no_key_opens_is_left_and_its_owner_named(hub: Machines) -> None:
    first = await hub.start()
    await fill(hub)
    async with hub.db.write(PROJECT, TESTER) as tx:
        broken = bytearray((await SecretRows(tx).of("acc_1")).sealed["key"])
        broken[30] ^= 1
        await SecretRows(tx).replace(
            "acc_1", {"key": bytes(broken)}, generation=1, shredded_with=""
        )

    done = await hub.rotation().run()

    assert (done.secrets, done.unopened) == (len(OWNERS) - 1, ("acc_1",))
    assert await first.kept("acc_2") == {"key": "secret of acc_2"}


async def test_no_other_shredding_key_takes_the_place_of_one_that_is_destroyed(
    hub: Machines,
) -> None:
    first, account = await hub.start(), "acc_01KJMBQDE00000000000000000"
    await fill(hub)
    await first.keep(account, {"key": "of the account"})
    async with hub.db.write(PROJECT, TESTER) as tx:
        await ShreddingKeys(tx).destroy(account)

    done = await hub.rotation().run()

    assert (done.secrets, done.unopened) == (len(OWNERS), (account,))
    keys = await hub.db.unscoped("select owner_id from shredding_keys")
    assert account not in {row["owner_id"] for row in keys}
    assert [found async for found in shredded_owners(hub.db)] == [(PROJECT, [account])]
    async with hub.db.write(PROJECT, TESTER) as tx:
        await SecretRows(tx).remove_shredded([account, *OWNERS])
    assert len(await hub.db.unscoped("select owner_id from credentials")) == len(OWNERS)


async def test_an_old_key_is_taken_out_once_nothing_needs_it(hub: Machines) -> None:
    first = await hub.start()
    await fill(hub)
    old, audit = first.vault.keyring.current, first.vault.audit_keys
    signature, public = audit.sign(b"record"), audit.public_keys()[old]
    with pytest.raises(KeyInUse, match="it seals what is stored now"):
        await retire(hub.rotation(), old)
    await hub.rotation().run()
    with pytest.raises(KeyInUse, match="browsers may carry"):
        await retire(hub.rotation(), old)

    hub.clock.advance(hours=2)
    status = {each.id: each for each in (await vault_status(hub.db, hub.store(), hub.clock)).keys}
    await retire(hub.rotation(), old)
    await first.follow()
    while_it_leaves = await opened(hub)
    await hub.stop(first)
    fresh = await hub.start()

    assert (status[old].state, status[old].needed, status[old].secrets) == (
        KeyState.OPENING,
        None,
        0,
    )
    assert while_it_leaves == await opened(hub) == EVERYTHING
    assert old not in fresh.vault.keyring.ids
    kept = fresh.vault.audit_keys.public_keys()[old]
    assert kept == public
    assert is_audit_signature(kept, signature, b"record")
    last = (await vault_status(hub.db, hub.store(), hub.clock)).keys[-1]
    assert (last.id, last.state) == (old, KeyState.RETIRED)


async def test_each_key_is_proved_by_itself_though_an_earlier_version_took_the_current_one(
    hub: Machines,
) -> None:
    first = await hub.start()
    done = await hub.rotation().run()
    (old,) = first.vault.keyring.ids - {done.key}
    # That is how it sealed them.
    wrong = first.vault.seal(Secret("jackfield"), Binding(ProjectId("vault"), old, "proof", 0))
    await renew_proof(hub.db, old, wrong)

    await hub.start()

    assert key_id(wrong) == done.key
    assert {each.id: key_id(each.proof) for each in await find_keys(hub.db)} == {
        old: old,
        done.key: done.key,
    }


async def test_a_keyring_that_is_half_copied_changes_nothing(hub: Machines) -> None:
    first = await hub.start()
    await fill(hub)
    whole = hub.write(lambda whole: whole[:40])

    await first.follow()
    half = await opened(hub)
    hub.write(lambda _half: whole)
    await first.follow()

    assert half == await opened(hub) == EVERYTHING


async def test_a_keyring_that_lost_the_key_that_seals_changes_nothing_that_runs(
    hub: Machines,
) -> None:
    first = await hub.start()
    await fill(hub)
    document = hub.store().read()
    assert document is not None
    hub.store().replace(document, Keyring.mint(hub.clock()))

    await first.follow()

    assert first.vault.keyring.current == document.current
    assert await opened(hub) == EVERYTHING


async def test_a_command_that_runs_during_a_rotation_opens_what_was_sealed_since(
    hub: Machines,
) -> None:
    await hub.start()
    await fill(hub)
    command = await hub.command()

    await hub.rotation().run()
    await hub.rotation().run()

    assert await command.kept("acc_1") == {"key": "secret of acc_1"}
    assert len(await find_processes(hub.db)) == 1
