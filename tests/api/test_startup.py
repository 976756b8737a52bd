"""What a hub does before it serves: it refuses what would lose or expose credentials."""

import io
import json
import os
import stat
import traceback
from pathlib import Path

import pytest

from jackfield.app import open_hub
from jackfield.db.tx import DatabaseUnusable
from jackfield.egress.rewrite import InvalidRewrite
from jackfield.installation import NoInstallation, open_database
from jackfield.projects import service as projects
from jackfield.secrets.store import SealedSecrets, SecretOwner
from jackfield.settings import Settings
from jackfield.vault.keyring import Keyring, KeyringUnusable, render
from tests.support import postgres
from tests.support.actor import TESTER
from tests.support.clock import NOW, FrozenClock
from tests.support.running import Running, running_hub

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run on the event loop of a server."""
    return "asyncio", {"use_uvloop": True}


async def start(settings: Settings, *, creates: bool = True) -> None:
    async with open_hub(settings, public_url="https://hub.test", creates=creates):
        pass


async def test_the_first_start_makes_everything_and_lets_nobody_else_in(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"

    await start(Settings(data_dir=folder))

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "keyring.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "jackfield.db").stat().st_mode) == 0o600


def modes(folder: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in (folder, *folder.iterdir())}


@pytest.mark.slow
async def test_a_folder_that_is_there_keeps_its_mode_and_its_new_files_are_private(
    tmp_path: Path,
) -> None:
    os.chmod(tmp_path, 0o755)  # noqa: PTH101, S103 - a coroutine; what is to be kept

    async with open_hub(Settings(data_dir=tmp_path), public_url="https://hub.test"):
        found = modes(tmp_path)

    assert found.pop(tmp_path.name) == 0o755
    found.pop("cache")
    assert found == dict.fromkeys(
        ["jackfield.db", "jackfield.db-shm", "jackfield.db-wal", "keyring.json"], 0o600
    )


@pytest.mark.database
async def test_a_second_start_finds_what_the_first_left(
    hub: Running, data_dir: Path, clock: object, hub_database_url: str | None
) -> None:
    account_id = await hub.link()

    async with running_hub(
        hub.sandbox, data_dir=data_dir, clock=clock, database_url=hub_database_url
    ) as again:
        response = await again.run(account_id, "iterable_list_channels")

    assert response.status_code == 200


@pytest.mark.slow
async def test_a_lost_keyring_is_not_replaced(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    await start(settings)
    (tmp_path / "keyring.json").unlink()

    with pytest.raises(KeyringUnusable, match="restore it from a backup"):
        await start(settings)

    assert not (tmp_path / "keyring.json").exists()


@pytest.mark.slow
async def test_somebody_elses_keyring_is_refused(tmp_path: Path) -> None:
    ours, other = Settings(data_dir=tmp_path / "ours"), Settings(data_dir=tmp_path / "other")
    await start(ours)
    await start(other)
    (tmp_path / "ours/keyring.json").write_bytes((tmp_path / "other/keyring.json").read_bytes())

    with pytest.raises(KeyringUnusable, match="does not have"):
        await start(ours)


def rotated(file: Path, *, keeps_old: bool) -> str:
    """Make a new key the current one of a keyring; return the id of the one before."""
    made = json.loads(Path(file).read_text(encoding="utf-8"))
    before = made["current"]
    (fresh,) = json.loads(render(Keyring.mint(NOW)))["keys"]
    made["keys"] = [*(made["keys"] if keeps_old else []), fresh]
    made["current"] = fresh["id"]
    file.write_text(json.dumps(made), encoding="utf-8")
    return before


@pytest.mark.slow
@pytest.mark.parametrize("seals", [False, True], ids=["seals nothing", "seals something"])
async def test_a_key_can_be_retired_once_it_seals_nothing(tmp_path: Path, seals: bool) -> None:
    settings, file = Settings(data_dir=tmp_path), tmp_path / "keyring.json"
    async with open_hub(settings, public_url="https://hub.test", clock=FrozenClock()) as hub:
        project = await projects.ensure_project(hub, TESTER)
        if seals:
            async with hub.db.write(project.id, TESTER) as tx:
                owner = SecretOwner(project.id, "acc_1", 1)
                await SealedSecrets(tx, hub.vault).put(owner, {"key": "k"})
    old = rotated(file, keeps_old=True)
    await start(settings)
    both = json.loads(file.read_text(encoding="utf-8"))
    both["keys"] = [key for key in both["keys"] if key["id"] != old]
    file.write_text(json.dumps(both), encoding="utf-8")

    if seals:
        with pytest.raises(KeyringUnusable, match=f"sealed with key {old}"):
            await start(settings)
    else:
        await start(settings)
        await start(settings)


async def test_a_data_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with pytest.raises(DatabaseUnusable, match="JACKFIELD_DATA_DIR"):
        await start(Settings(data_dir=tmp_path / "file" / "data"))


async def test_a_database_server_that_is_not_there_is_named_without_its_password(
    tmp_path: Path,
) -> None:
    url = "postgresql://jackfield:hunter2@127.0.0.1:1/jackfield"

    with pytest.raises(DatabaseUnusable, match="cannot connect") as refused:
        await start(Settings(data_dir=tmp_path, database_url=url))

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://jackfield:hunter2/x@127.0.0.1/jackfield",
        "postgresql://jackfield:hunter2#x@127.0.0.1/jackfield",
        "postgresql://jackfield:x?hunter2@127.0.0.1/jackfield",
        "postgresql://jackfield:hunter2[x@127.0.0.1/jackfield",
        "postgresql://jackfield:hunter2@127.0.0.1:99999/jackfield",
        "postgresql://jackfield:70000/hunter2@127.0.0.1/jackfield",
        "postgresql://jackfield:hunter2@127.0.0.1:1,127.0.0.1:99999/jackfield",
        "postgresql://jackfield:hunter2@/jackfield?host=127.0.0.1&port=99999",
        "postgresql://jackfield:hunter2@/jackfield?host=127.0.0.1:99999",
        "postgresql://jackfield:hunter2@127.0.0.1:%39%39999/jackfield",
    ],
)
async def test_a_database_url_that_cannot_be_read_is_said_to_be_so_without_its_password(
    tmp_path: Path, url: str
) -> None:
    with pytest.raises(DatabaseUnusable, match="URL cannot be read") as refused:
        await start(Settings(data_dir=tmp_path, database_url=url))

    # As the log of a crash has it.
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


async def test_a_port_that_is_too_large_is_refused_also_where_the_environment_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "99999")
    url = "postgresql://jackfield:hunter2@127.0.0.1/jackfield"

    with pytest.raises(DatabaseUnusable, match="a port is a number up to 65535"):
        await start(Settings(data_dir=tmp_path, database_url=url))


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "damaged"])
@pytest.mark.parametrize(("name", "mode"), [("sslrootcert", "verify-full"), ("sslcert", "require")])
async def test_a_certificate_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, mode: str, content: str | None
) -> None:
    file = tmp_path / "root.crt"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    url = f"postgresql://u:hunter2@127.0.0.1:1/x?sslmode={mode}&{name}={file}"

    with pytest.raises(DatabaseUnusable, match=f"{name}={file}") as refused:
        await start(Settings(data_dir=tmp_path, database_url=url))

    assert "hunter2" not in str(refused.value)


async def test_a_connector_with_warnings_alone_is_not_said_to_be_left_out(
    tmp_path: Path, data_dir: Path, log_lines: io.StringIO
) -> None:
    folder = tmp_path / "connectors" / "petdesk"
    folder.mkdir(parents=True)
    text = PETDESK.replace("list_animals", "list_" + "a" * 80)
    (folder / "petdesk.connector.s1.yaml").write_text(text, encoding="utf-8")
    settings = Settings(data_dir=data_dir, connectors=tmp_path / "connectors")

    async with open_hub(settings, public_url="https://hub.test") as hub:
        assert "petdesk" in {each.key for each in hub.catalog.connectors()}

    logged = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    (doubt,) = [line for line in logged if "petdesk" in line.get("finding", "")]
    assert (doubt["event"], doubt["level"]) == ("connector_doubtful", "info")
    assert "connector_not_loaded" not in {line["event"] for line in logged}


async def test_postgres_is_migrated_by_its_own_command_only(
    tmp_path: Path, postgres_server: str
) -> None:
    url = await postgres.bare_database(postgres_server, "unmigrated")

    with pytest.raises(DatabaseUnusable, match="jackfield migrate"):
        await start(Settings(data_dir=tmp_path, database_url=url))

    await postgres.drop_database(postgres_server, "unmigrated")


@pytest.mark.slow
async def test_a_check_of_postgres_without_a_hub_on_it_makes_nothing(
    tmp_path: Path, postgres_server: str
) -> None:
    url = await postgres.bare_database(postgres_server, "empty")
    settings = Settings(data_dir=tmp_path / "data", database_url=url)

    with pytest.raises(DatabaseUnusable, match="jackfield migrate"):
        await start(settings, creates=False)
    async with open_database(settings) as db:
        assert await db.migrate()
        await db.check()
    with pytest.raises(NoInstallation):
        await start(settings, creates=False)
    assert not settings.data_dir.exists()
    await start(settings)
    await start(settings, creates=False)

    await postgres.drop_database(postgres_server, "empty")


@pytest.mark.database
async def test_a_hub_whose_database_answers_is_ready(hub: Running) -> None:
    assert (await hub.api.get("/readyz")).json() == {"status": "ok"}


async def test_a_rewrite_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRewrite):
        await start(Settings(data_dir=tmp_path, provider_rewrite="api.iterable.com"))


async def test_a_connector_folder_of_ones_own_can_be_linked_at_once(
    tmp_path: Path, data_dir: Path
) -> None:
    folder = tmp_path / "connectors" / "petdesk"
    folder.mkdir(parents=True)
    (folder / "petdesk.connector.s1.yaml").write_text(PETDESK, encoding="utf-8")
    settings = Settings(data_dir=data_dir, connectors=tmp_path / "connectors")

    async with open_hub(settings, public_url="https://hub.test") as hub:
        rows = await hub.db.unscoped("select connector_key from connector_profiles order by id")

    assert "petdesk" in {row["connector_key"] for row in rows}


PETDESK = """
StackOne: 1.0.0
engine: strict
info:
  title: PetDesk
  key: petdesk
  version: 1.0.0
  description: Animals and their owners.
  assets:
    icon: icon.svg
baseUrl: https://api.petdesk.example
authentication:
  - token:
      type: custom
      label: Token
      authorization:
        type: bearer
        token: $.credentials.token
      environments:
        - key: production
          name: Production
      configFields:
        - key: token
          label: Token
          type: password
          required: true
          secret: true
actions:
  - actionId: list_animals
    label: List animals
    description: Every animal.
    categories: [crm]
    actionType: list
    steps:
      - stepId: fetch
        stepFunction:
          functionName: request
          parameters:
            url: /animals
            method: get
    result:
      data: $.steps.fetch.output.data
"""
