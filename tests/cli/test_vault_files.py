"""`jackfield vault export` and `vault import`: accounts go from one installation to another."""

import json
from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.support.backups import RECIPIENT, key_file
from tests.support.clock import FrozenClock
from tests.support.running import running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_accounts_are_exported_and_arrive_in_another_installation(
    jackfield: Command, sandbox: Sandbox, data_dir: Path, tmp_path: Path, clock: FrozenClock
) -> None:
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        account, secret = await hub.link(), hub.us_key
    other = tmp_path / "other"
    async with running_hub(sandbox, data_dir=other, clock=clock):
        pass
    file, identity = tmp_path / "accounts.age", str(key_file(tmp_path))

    made = await jackfield("vault", "export", str(file), "--to", RECIPIENT, "--move", "--json")
    there = {"DATA_DIR": str(other)}
    words = ("vault", "import", str(file), "--identity", identity)
    planned = await jackfield(*words, "--dry-run", "--json", **there)
    done = await jackfield(*words, **there)

    assert list(made.json["accounts"]) == [account]
    assert secret.encode() not in file.read_bytes()
    assert [each["fate"] for each in planned.json["accounts"]] == ["made"]
    assert (done.status, account in done.out) == (0, True)


async def test_connections_of_another_product_are_mapped_and_linked_or_named_by_line(
    jackfield: Command, sandbox: Sandbox, data_dir: Path, tmp_path: Path, clock: FrozenClock
) -> None:
    async with running_hub(sandbox, data_dir=data_dir, clock=clock):
        pass
    good = {
        "id": "c-1",
        "provider": "iterable-us",
        "owner": {"id": "acme", "name": "Acme Inc."},
        "credentials": {"token": "0123456789abcdef0123456789abcdef"},
        "metadata": {"plan": "pro"},
    }
    file, mapping = tmp_path / "connections.ndjson", tmp_path / "mapping.json"
    iterable = {
        "connector": "iterable",
        "fields": {"token": "api_key"},
        "values": {"region": "us"},
    }
    mapping.write_text(json.dumps({"connectors": {"iterable-us": iterable}}))
    words = ("vault", "import", str(file), "--connections", "--mapping", str(mapping))

    bad = {**good, "id": "c-2", "credentials": {}}
    file.write_text(f"{json.dumps(good)}\n{json.dumps(bad)}\n{{}}\nnot json\n")
    refused = await jackfield(*words)
    file.write_text(json.dumps({"connections": [good]}))
    done = await jackfield(*words, "--json")
    again = await jackfield(*words, "--json")

    assert refused.status == 1
    for place in ("line 2.credentials.api_key", "line 3", "line 4: is not JSON"):
        assert place in refused.err
    assert "0123456789abcdef" not in refused.err + refused.out
    assert [each["fate"] for each in done.json["connections"]] == ["made"]
    assert len(done.json["accounts"]) == 1
    assert [each["fate"] for each in again.json["connections"]] == ["same"]
