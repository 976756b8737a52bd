"""A recovery key brings a lost keyring back, with every key that something is sealed with."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from jackfield.db.tx import Database
from jackfield.kit.secret import Secret
from jackfield.secrets.keys.copies import find_copy
from jackfield.secrets.keys.recovery import RecoveryKeyExists, make_recovery_key
from jackfield.vault.age_keys import InvalidKey, new_identity
from jackfield.vault.keyring import KeyringUnusable
from jackfield.vault.recovery_copy import RecoveryKeyRefused, opened_copy
from tests.support.clock import FrozenClock
from tests.unit.secrets.processes import Machines, machines

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
async def hub(db: Database, clock: FrozenClock, tmp_path: Path) -> AsyncGenerator[Machines]:
    async with machines(db, clock, tmp_path) as made:
        yield made


@pytest.mark.slow
async def test_a_keyring_comes_back_with_the_keys_that_were_made_since(hub: Machines) -> None:
    first = await hub.start()
    key, _ = await make_recovery_key(hub.rotation(), replaces=False)
    await first.keep("acc_1", {"key": "before"})
    await hub.rotation().run()
    await first.keep("acc_2", {"key": "after"})

    found = opened_copy(await find_copy(hub.db), key)

    kept = hub.store().read()
    assert kept is not None
    assert found.ids == kept.ids
    hub.remove_keyring()
    hub.store().create(found)
    fresh = await hub.start()
    assert (await fresh.kept("acc_1"), await fresh.kept("acc_2")) == (
        {"key": "before"},
        {"key": "after"},
    )


async def test_the_copy_has_a_new_key_before_anything_is_sealed_with_it(hub: Machines) -> None:
    await hub.start()
    key, _ = await make_recovery_key(hub.rotation(), replaces=False)
    rotation = hub.rotation()
    had = list[int]()

    async def look(_seconds: float) -> None:
        had.append(len(opened_copy(await find_copy(hub.db), key).keys))
        await hub.running[0].follow()

    await type(rotation)(
        hub.db, hub.store(), hub.clock, rotation.actor, patience=30.0, sleep=look
    ).run()

    assert set(had) == {2}


async def test_another_recovery_key_opens_nothing(hub: Machines) -> None:
    await hub.start()
    with pytest.raises(KeyringUnusable, match="no copy"):
        await find_copy(hub.db)
    first, _ = await make_recovery_key(hub.rotation(), replaces=False)
    with pytest.raises(RecoveryKeyExists, match="--new"):
        await make_recovery_key(hub.rotation(), replaces=False)

    second, _ = await make_recovery_key(hub.rotation(), replaces=True)

    copy = await find_copy(hub.db)
    assert opened_copy(copy, second).recovery is not None
    for wrong in (first, Secret(str(new_identity()))):
        with pytest.raises(RecoveryKeyRefused):
            opened_copy(copy, wrong)
    with pytest.raises(InvalidKey) as refused:
        opened_copy(copy, Secret(second.reveal()[:-1]))
    assert second.reveal()[:-1] not in str(refused.value)
