"""`jackfield vault …`: keys are rotated under load, and what was copied before still opens."""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from jackfield.client import AsyncHub
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.vault import age_keys
from tests.cli.conftest import Command
from tests.clients.conftest import link
from tests.support.clock import FrozenClock
from tests.support.key_services import vault_transit
from tests.support.key_services.keys import VersionedKey
from tests.support.key_services.server import serving
from tests.support.running import running_hub
from tests.support.workers import serving_workers

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

READ = {"action": "iterable_list_channels"}


@pytest.mark.database
async def test_no_call_fails_while_keys_are_rotated_with_several_processes(
    data_dir: Path, sandbox: Sandbox, jackfield: Command, hub_database_url: str | None
) -> None:
    database: Any = {"DATABASE_URL": hub_database_url} if hub_database_url else {}
    if database:
        await jackfield("migrate", **database)
    await rotate_under_load(data_dir, sandbox, jackfield, database)


async def test_no_call_fails_while_keys_are_rotated_that_a_service_wraps(
    data_dir: Path, sandbox: Sandbox, jackfield: Command, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(vault_transit.TOKEN, encoding="utf-8")
    with serving(vault_transit.VaultTransit({"hub": VersionedKey()})) as server:
        location = f"vault-transit:{server.url}/transit/keys/hub"
        settings = {"KEYRING": location, "KEYRING_SECRET_FILE": str(token)}
        rotated = await rotate_under_load(data_dir, sandbox, jackfield, settings)
        asked = [each for each in server.seen if "/decrypt/" in each.path]
        again = await jackfield("vault", "status", "--json", **settings)

    kept = json.loads((data_dir / "keyring.wrapped.json").read_bytes())
    assert kept["service"] == "vault-transit"
    assert rotated["key"] not in str(kept)
    assert not (data_dir / "keyring.json").exists()
    assert [each["state"] for each in again.json["keys"]].count("sealing") == 1
    # Each process asks when it starts and when the keyring is another: no call does.
    assert len(asked) < 30


async def rotate_under_load(
    data_dir: Path, sandbox: Sandbox, jackfield: Command, database: Mapping[str, str]
) -> dict[str, Any]:
    """Rotate while two processes are called; no call fails, and nothing needs the old key."""
    key = (await jackfield("keys", "create", "--name", "x", "--json", **database)).json["key"]
    statuses, done = Counter[int](), asyncio.Event()
    async with (
        serving_workers(data_dir, sandbox.us.url, **database) as hub,
        AsyncHub(hub.url, key) as client,
        httpx2.AsyncClient(base_url=hub.url, auth=(key, "")) as api,
    ):
        owner = await link(client, sandbox.us.api_keys["server_side"])

        async def call() -> None:
            while not done.is_set():
                answer = await api.post("/actions/rpc", json=READ, headers={"x-account-id": owner})
                statuses[answer.status_code] += 1

        callers = [asyncio.create_task(call()) for _ in range(4)]
        rotated = (await jackfield("vault", "rotate", "--json", **database)).json
        linked = await link(client, sandbox.us.api_keys["server_side"])
        done.set()
        await asyncio.gather(*callers)
        status = (await jackfield("vault", "status", "--json", **database)).json

    assert rotated["is_new"], rotated
    assert statuses.keys() == {200}
    assert linked
    keys = {each["id"]: each for each in status["keys"]}
    current = rotated["key"]
    assert len(keys) == 2
    assert len(status["processes"]) == 2
    assert {each["sealing"] for each in status["processes"]} == {current}
    assert {key: each["secrets"] > 0 for key, each in keys.items()} == {
        key: key == current for key in keys
    }
    assert keys[current]["formats"].keys() == {"3"}
    return rotated


async def test_a_copy_from_before_a_rotation_opens_with_the_keyring_of_now(
    data_dir: Path, sandbox: Sandbox, jackfield: Command, tmp_path: Path, clock: FrozenClock
) -> None:
    backup, restored = tmp_path / "before.backup", tmp_path / "restored"
    identity = age_keys.new_identity()
    to = ("--to", str(identity.to_public()))
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        account = await hub.link()
    assert (await jackfield("backup", str(backup), *to)).status == 0
    rotated = (await jackfield("vault", "rotate", "--json")).json

    _copy_keyring(data_dir, restored)
    there = {"DATA_DIR": str(restored), "BACKUP_KEY": str(identity)}
    assert (await jackfield("restore", str(backup), **there)).status == 0
    async with running_hub(sandbox, data_dir=restored, clock=clock) as hub:
        ran = await hub.run(account, "iterable_list_channels")
    again = (await jackfield("vault", "rotate", "--json", **there)).json

    assert ran.status_code == 200, ran.text
    assert (again["is_new"], again["key"]) == (False, rotated["key"])
    assert again["secrets"] > 0


def _copy_keyring(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    shutil.copy(source / "keyring.json", target)


async def test_a_keyring_in_a_variable_is_rotated_by_starts_with_the_next_one(
    data_dir: Path, jackfield: Command, tmp_path: Path
) -> None:
    await jackfield("keys", "create", "--name", "x")
    first = (data_dir / "keyring.json").read_text(encoding="utf-8")
    next_one = tmp_path / "next.json"
    before = {"KEYRING": "env:JACKFIELD_VAULT_KEYS", "VAULT_KEYS": first}
    key, to = json.loads(first)["keys"][0]["id"], ("--to", str(tmp_path / "ignored.json"))

    in_a_file = [
        await jackfield("vault", "retire", key, *to), await jackfield("vault", "recovery", *to)
    ]  # fmt: skip
    refused = await jackfield("vault", "rotate", **before)
    written = await jackfield("vault", "new-key", str(next_one), **before)
    after = {**before, "VAULT_KEYS": next_one.read_text(encoding="utf-8")}
    rotated = await jackfield("vault", "rotate", "--json", **after)
    without = await jackfield("keys", "create", "--name", "y", **before)

    for said in in_a_file:
        assert (said.status, "is changed where it is; leave --to out" in said.err) == (1, True)
    assert not (tmp_path / "ignored.json").exists()
    assert (refused.status, "vault new-key FILE" in refused.err) == (1, True)
    assert (written.status, next_one.stat().st_mode & 0o777) == (0, 0o600)
    assert rotated.json["key"] == json.loads(after["VAULT_KEYS"])["keys"][1]["id"]
    assert (without.status, "which the keyring" in without.err) == (1, True)


async def test_a_wrapped_keyring_in_a_variable_stays_wrapped_in_what_is_written(
    data_dir: Path, jackfield: Command, tmp_path: Path
) -> None:
    phrase, next_one, named = (tmp_path / name for name in ("phrase", "next.json", "named.json"))
    phrase.write_text("correct horse battery staple", encoding="utf-8")
    phrase.chmod(0o600)
    service = {"KEYRING": "passphrase:", "KEYRING_SECRET_FILE": str(phrase)}
    await jackfield("keys", "create", "--name", "x", **service)
    first = (data_dir / "keyring.wrapped.json").read_text(encoding="utf-8")
    before = {**service, "WRAPPED_KEYRING": "env:JACKFIELD_VAULT_KEYS", "VAULT_KEYS": first}

    written = await jackfield("vault", "new-key", str(next_one), **before)
    taken = await jackfield("vault", "new-key", str(next_one), **before)
    after = {**before, "VAULT_KEYS": next_one.read_text(encoding="utf-8")}
    rotated = await jackfield("vault", "rotate", "--json", **after)
    recovery = await jackfield("vault", "recovery", "--to", str(named), "--json", **after)
    last = {**before, "VAULT_KEYS": named.read_text(encoding="utf-8")}
    status = await jackfield("vault", "status", "--json", **last)

    assert (written.status, taken.status, "exists" in taken.err) == (0, 1, True)
    assert json.loads(after["VAULT_KEYS"]).keys() == json.loads(first).keys()
    assert json.loads(last["VAULT_KEYS"]).keys() == json.loads(first).keys()
    assert recovery.status == 0
    assert [each["state"] for each in status.json["keys"]].count("sealing") == 1
    assert rotated.json["key"] in {each["id"] for each in status.json["keys"]}
