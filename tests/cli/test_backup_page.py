"""The page about backups: its commands do what it says, word for word."""

from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.test_operating import blocks, shell
from tests.support.clock import FrozenClock
from tests.support.running import running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_hub_that_was_backed_up_as_the_page_says_is_restored_as_it_says(
    sandbox: Sandbox, data_dir: Path, clock: FrozenClock, tmp_path: Path
) -> None:
    places = {name: str(tmp_path / name.lower()) for name in ("BACKUP", "KEYS", "RESTORED")}
    variables = {"JACKFIELD_DATA_DIR": str(data_dir), **places}
    await shell("mkdir $BACKUP $KEYS", **places)
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        account = await hub.link()
        for block in blocks("backup.md", "Back up with one command"):
            await shell(block, **variables)
    await shell(blocks("backup.md", "Copy the keyring")[0], **variables)
    said = await shell(blocks("backup.md", "Restore a backup")[0], **variables)

    async with running_hub(sandbox, data_dir=Path(places["RESTORED"]), clock=clock) as hub:
        ran = await hub.run(account, "iterable_list_channels")
    assert "opens the vault" in said
    assert ran.status_code == 200, ran.text
