"""The pages for operators can be followed, word for word, from an empty folder to an upgraded hub."""

import re
import sys
from pathlib import Path

import pytest

from tools import production
from tools.production import INSTALL, JOURNEY, PAGES, ROOT, Machine, follow, machine

pytestmark = pytest.mark.slow


def installed(made: Machine) -> None:
    """Leave what the installation leaves. script/production installs as well, which needs a network."""
    source, binaries = made.folder / "opt/jackfield", made.folder / "opt/jackfield/.venv/bin"
    binaries.mkdir(parents=True)
    (binaries / "jackfield").symlink_to(Path(sys.executable).parent / "jackfield")
    made.program(binaries / "pip", "exit 0")
    made.program(made.folder / "bin/git", "exit 0")
    (source / "deploy").mkdir()
    for each in (ROOT / "deploy").iterdir():
        if each.is_file():
            (source / "deploy" / each.name).write_bytes(each.read_bytes())
            (source / "deploy" / each.name).chmod(each.stat().st_mode)
    made.placed_files()


def test_the_pages_lead_from_an_empty_folder_to_an_upgraded_hub_on_postgresql() -> None:
    steps = tuple(each for each in JOURNEY if each is not INSTALL)

    with machine() as made:
        installed(made)
        said = "\n".join(follow(made, steps))
        files = [each.stat().st_mode & 0o777 for each in made.folder.glob("srv/*/*")]
        settings = (made.folder / "etc/jackfield/environment").stat().st_mode & 0o777

    assert "https://hub.example.com/dashboard/sign-in" in said
    assert said.count("receiver.example") >= 4
    assert said.count("opens the vault") >= 4
    assert "PostgreSQL, up to date" in said
    assert "!!" not in said
    assert files
    assert set(files) == {0o600}
    assert settings == 0o600


def test_what_is_replaced_in_the_words_of_the_pages_is_in_them() -> None:
    text = "".join(each.read_text("utf-8") for each in PAGES.glob("*.md"))

    for word in (*production.PLACES, production.DATABASE, "127.0.0.1:8080", "listen 443 ssl"):
        assert word in text, word
    typed = "".join(
        code for step in JOURNEY if not isinstance(step, str) for _, code in step.blocks()
    )
    for name in set(production.STAND_INS) - {"runuser"}:
        assert re.search(rf"^ *{name} ", typed, re.MULTILINE), name
