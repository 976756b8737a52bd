"""`jackfield connectors push`, `publish`, `rollback`, `versions` and `diff`."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.support.running import Running, serving_hub
from tests.support.uploads import CASES, MAIN, document

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "acme"
    (place / "cases").mkdir(parents=True)
    (place / "cases" / "things.yaml").write_text(CASES)
    (place / "README.md").write_text("# Acme")
    (place / MAIN).write_text(document())
    return place


@pytest.fixture
async def hub(data_dir: Path, sandbox: Sandbox) -> AsyncGenerator[Running]:
    async with serving_hub(sandbox, data_dir=data_dir) as running:
        yield running
        running.hub.catalog.use_published([], {})


async def test_a_connector_is_pushed_published_and_rolled_back_from_the_shell(
    jackfield: Command, hub: Running, folder: Path
) -> None:
    shell = {"URL": hub.hub.public_url, "API_KEY": hub.api_key}
    main = folder / MAIN
    main.write_text(document(**{"effects: [read]": "effect: [read]"}))
    faulty = await jackfield("connectors", "push", str(folder), **shell)
    early = await jackfield("connectors", "publish", "acme", **shell)
    main.write_text(document())
    first = await jackfield("connectors", "push", str(folder), "--publish", **shell)
    main.write_text(document("2.0.0", list_things="find_things"))
    second = await jackfield("connectors", "push", str(folder), **shell)
    published = await jackfield("connectors", "publish", "acme", **shell)
    back = await jackfield("connectors", "rollback", "acme", **shell)
    none = await jackfield("connectors", "rollback", "acme", "9.9.9", **shell)
    listed = await jackfield("connectors", "versions", "acme", "--json", **shell)

    assert faulty.status == 1
    assert f"{main}:18:5: error: " in faulty.out
    assert "\n        effect: [read]\n        ^\n" in faulty.out
    assert (early.status, "has faults" in early.err) == (1, True)
    assert (first.status, first.out) == (0, "acme 1.0.0 runs now\n")
    assert "breaks: actions: acme_list_things is gone" in second.out
    assert second.status == 1
    assert "the draft 2.0.0 of acme is kept" in second.err
    assert published.out == "acme 2.0.0 runs now\n"
    assert back.out == "acme 1.0.0 runs now\n"
    assert (none.status, "there are: 2.0.0" in none.err) == (1, True)
    assert [(each["version"], each["state"]) for each in listed.json] == [
        ("2.0.0", "retired"),
        ("1.0.0", "published"),
    ]


async def test_two_folders_are_compared_without_a_hub(
    jackfield: Command, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / MAIN).write_text(document("2.0.0", list_things="find_things"))

    same = await jackfield("connectors", "diff", str(folder), str(folder))
    differs = await jackfield("connectors", "diff", str(folder), str(other), "--json")

    assert (same.status, same.out) == (0, "nothing changes\n")
    assert differs.status == 1
    assert [each["weight"] for each in differs.json] == ["breaks", "adds"]


async def test_a_connector_is_signed_checked_and_pushed_with_what_is_beside_it(
    jackfield: Command, hub: Running, folder: Path, tmp_path: Path
) -> None:
    shell, key = {"URL": hub.hub.public_url, "API_KEY": hub.api_key}, tmp_path / "signing.pem"
    (folder / "quality.yaml").write_text("level: bronze\n")

    refused = await jackfield(
        "connectors", "sign", str(folder), "--key", str(key), "--effect", "write"
    )
    signed = await jackfield("connectors", "sign", str(folder), "--key", str(key), "--json")
    public = signed.json["key"]
    check = ("connectors", "check", str(folder), "--signer")
    good, other = await jackfield(*check, public), await jackfield(*check, "00" * 32)
    pushed = await jackfield("connectors", "push", str(folder), "--publish", **shell)
    found = hub.hub.catalog.get("acme")

    assert (refused.status, "effects are not allowed: read" in refused.err) == (1, True)
    assert signed.json["signed"][0]["capabilities"] == {
        "hosts": ["https://api.acme.example"],
        "effects": ["read"],
        "scopes": [],
    }
    assert (good.status, other.status, "not by a key" in other.out) == (0, 1, True)
    assert pushed.status == 0, pushed.err
    assert found.quality is not None
    assert found.files.exists(found.file.with_name("signature.json"))
