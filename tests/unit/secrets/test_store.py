import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jackfield.db.tx import Database
from jackfield.kit.ids import ProjectId
from jackfield.secrets.repo import SecretRows, ShreddingKeys
from jackfield.secrets.store import (
    SealedSecrets,
    SecretOwner,
    open_bundle,
    remove_secret,
    remove_secrets,
)
from jackfield.vault.cipher import SealBroken, Vault
from jackfield.vault.keyring import Key, Keyring
from tests.support.actor import TESTER

pytestmark = pytest.mark.anyio

VECTORS = json.loads((Path(__file__).parents[1] / "vault" / "vectors.json").read_bytes())
KEY = Key(VECTORS["key_id"], base64.b64decode(VECTORS["key"]), datetime(2026, 3, 1, tzinfo=UTC))
VAULT = Vault(Keyring((KEY,), KEY.id))
PROJECT = ProjectId(VECTORS["sealed"][0]["project_id"])
OWNER = SecretOwner(PROJECT, "acc_1", 1)


@pytest.fixture
async def project(db: Database) -> Database:
    await db.unscoped(
        "insert into projects (id, name, created_at) values (:id, 'default', :now)", id=PROJECT
    )
    return db


async def kept(db: Database, owner: SecretOwner) -> Mapping[str, str]:
    async with db.read(PROJECT) as tx:
        return await SealedSecrets(tx, VAULT).get(owner)


async def keep(db: Database, owner: SecretOwner, values: Mapping[str, str]) -> None:
    async with db.write(PROJECT, TESTER) as tx:
        await SealedSecrets(tx, VAULT).put(owner, values)


@pytest.mark.parametrize(
    "owner", dict.fromkeys((each["owner"], each["owner_id"]) for each in VECTORS["sealed"])
)
async def test_what_earlier_versions_sealed_opens(
    project: Database, owner: tuple[str, str]
) -> None:
    kind, owner_id = owner
    vectors: list[dict[str, Any]] = [each for each in VECTORS["sealed"] if each["owner"] == kind]
    place = SecretOwner(PROJECT, owner_id, vectors[0]["generation"])
    async with project.write(PROJECT, TESTER) as tx:
        sealed = {each["field"]: base64.b64decode(each["sealed"]) for each in vectors}
        await SecretRows(tx).replace(
            owner_id, sealed, generation=place.generation, shredded_with=None
        )

    opened = await kept(project, place)

    assert opened == {each["field"]: each["secret"] for each in vectors}


async def test_what_is_put_comes_back_to_its_owner_alone(project: Database) -> None:
    await keep(project, OWNER, {"key": "one", "other": "two"})

    assert await kept(project, OWNER) == {"key": "one", "other": "two"}
    assert await kept(project, replace(OWNER, id="acc_2")) == {}


async def test_what_is_put_takes_the_place_of_all_there_was(project: Database) -> None:
    await keep(project, OWNER, {"key": "one", "other": "two"})
    later = replace(OWNER, generation=2)

    await keep(project, later, {"key": "three"})

    assert await kept(project, later) == {"key": "three"}
    with pytest.raises(SealBroken):
        await kept(project, OWNER)


async def test_a_bundle_opens_without_a_transaction_and_shows_nothing(project: Database) -> None:
    await keep(project, OWNER, {"key": "one"})
    async with project.read(PROJECT) as tx:
        bundle = await SealedSecrets(tx, VAULT).sealed(OWNER)

    assert open_bundle(VAULT, bundle) == {"key": "one"}
    assert "fields" not in repr(bundle)
    with pytest.raises(SealBroken):
        open_bundle(VAULT, replace(bundle, owner=replace(OWNER, id="acc_2")))


async def test_removed_secrets_are_gone_one_or_all(project: Database) -> None:
    await keep(project, OWNER, {"key": "one", "other": "two"})

    async with project.write(PROJECT, TESTER) as tx:
        await remove_secret(tx, OWNER.id, "key")
    left = await kept(project, OWNER)
    async with project.write(PROJECT, TESTER) as tx:
        await remove_secrets(tx, OWNER.id)

    assert left == {"other": "two"}
    assert await kept(project, OWNER) == {}


ACCOUNT = "acc_01KJMBQDE00000000000000000"


async def test_an_account_has_a_shredding_key_of_its_own_and_the_project_one_for_all_else(
    project: Database,
) -> None:
    account = (ACCOUNT, f"tokens:{ACCOUNT}", f"identity:{ACCOUNT}")
    for owner_id in (*account, "pln_1", "identity:pln_1", "whe_1", "idm_1"):
        await keep(project, replace(OWNER, id=owner_id), {"key": owner_id})
    rows = await project.unscoped("select owner_id, shredded_with from credentials")
    keys = await project.unscoped("select owner_id, key from shredding_keys")

    assert {row["owner_id"]: row["shredded_with"] for row in rows} == {
        ACCOUNT: ACCOUNT,
        f"tokens:{ACCOUNT}": ACCOUNT,
        f"identity:{ACCOUNT}": ACCOUNT,
        "pln_1": "pln_1",
        "identity:pln_1": "pln_1",
        "whe_1": "",
        "idm_1": "",
    }
    assert {row["owner_id"] for row in keys} == {ACCOUNT, "pln_1", ""}
    assert len({row["key"] for row in keys}) == 3


async def test_once_a_shredding_key_is_destroyed_nothing_opens(project: Database) -> None:
    account = replace(OWNER, id=ACCOUNT)
    await keep(project, account, {"key": "one"})
    await keep(project, OWNER, {"key": "two"})
    async with project.write(PROJECT, TESTER) as tx:
        await ShreddingKeys(tx).destroy(ACCOUNT)

    with pytest.raises(SealBroken):
        await kept(project, account)
    assert await kept(project, OWNER) == {"key": "two"}
    # What is sealed afterwards has another key.
    await keep(project, account, {"key": "three"})
    assert await kept(project, account) == {"key": "three"}


async def test_what_is_sealed_at_once_for_one_account_has_one_key(project: Database) -> None:
    owners = [replace(OWNER, id=f"tokens{n}:{ACCOUNT}") for n in range(8)]

    await asyncio.gather(*(keep(project, owner, {"key": owner.id}) for owner in owners))

    assert [await kept(project, owner) for owner in owners] == [{"key": each.id} for each in owners]


@pytest.mark.parametrize("owner_id", ["pln_1", "cat_1", "cod_1"])
async def test_what_is_under_way_takes_its_shredding_key_along(
    project: Database, owner_id: str
) -> None:
    for owner in (owner_id, f"tokens:{owner_id}", ACCOUNT):
        await keep(project, replace(OWNER, id=owner), {"key": "one"})
    async with project.write(PROJECT, TESTER) as tx:
        await remove_secrets(tx, owner_id, ACCOUNT)

    with pytest.raises(SealBroken):
        await kept(project, replace(OWNER, id=f"tokens:{owner_id}"))
    rows = await project.unscoped("select owner_id from shredding_keys")
    # What else an account has is deleted with it alone.
    assert [row["owner_id"] for row in rows] == [ACCOUNT]
