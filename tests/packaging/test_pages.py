"""The page about containers: what can be run of it without Docker does what it says."""

import stat
from pathlib import Path

import pytest

from tests.cli.test_operating import blocks, shell
from tests.packaging.test_images import compose

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_the_secrets_of_compose_are_made_as_the_page_says(tmp_path: Path) -> None:
    await shell(f"cd {tmp_path}; {blocks('containers.md', 'Compose')[0]}")

    password, url = ((tmp_path / "secrets" / name).read_text("utf-8") for name in _FILES)
    assert url == f"postgresql://jackfield:{password}@database/jackfield"
    assert len(password) > 24
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    files = {Path(each["file"]).name for each in compose()["secrets"].values()}
    assert files == set(_FILES)
    assert "database" in compose()["services"]


_FILES = ("database-password", "database-url")


async def test_the_keyring_of_a_cluster_is_made_as_the_page_says(tmp_path: Path) -> None:
    command = blocks("containers.md", "Kubernetes")[0].partition("\n")[0]

    await shell(f"cd {tmp_path}; {command}")

    assert (tmp_path / "first" / "keyring.json").is_file()
