"""Paths, pages and variables that the documentation names are there."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "jackfield"
# A path is relative to one of these; inside `http/` the guide leaves `http/` out.
BASES = (ROOT, SOURCE, SOURCE / "http", ROOT / "docs")
PATH = re.compile(r"(?<![\w/<>.:-])(?:(?:[\w.-]+/)*\{?[\w.,-]+\}?/[\w.,{}/-]*|\w+\.(?:py|md)\b)")
GUIDES = ("AGENTS.md", "docs/architecture.md")
SET_BY_THE_SHELL = {"PWD"}
SETTINGS = {"JACKFIELD_DATA_DIR", "JACKFIELD_DATABASE_URL"}
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("packages/*/*.md")})


@pytest.mark.parametrize("guide", GUIDES)
def test_every_path_a_guide_names_exists(guide: str) -> None:
    named = list(_paths(ROOT / guide))

    missing = [path for path in named if not _exists(path)]

    assert missing == []
    assert len(named) > 20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_page_and_its_heading(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]*)(?:#([^)]+))?\)", _without_code(page))

    for target, anchor in links:
        there = page.parent / target if target else page
        assert there.exists(), target
        assert not anchor or anchor in _anchors(there), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_use_variables_that_their_page_or_the_readme_tells_of(page: Path) -> None:
    text = page.read_text("utf-8")
    used = {
        name
        for block in re.findall(r"```sh\b.*?\n(.*?)```", text, re.DOTALL)
        for name in re.findall(r"\$([A-Z_]+)", block)
    }

    start = (ROOT / "README.md").read_text("utf-8")
    told = set(re.findall(r"export ([A-Z_]+)=", start + text))
    told |= set(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE))
    told |= set(re.findall(r"`\$?([A-Z_]+)`", text))
    assert used - told <= SET_BY_THE_SHELL | SETTINGS


def _paths(file: Path) -> Iterator[str]:
    """Yield what is a path in code spans and blocks, `{a,b}` as one path each."""
    text = file.read_text("utf-8")
    for code in re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL):
        for path in PATH.findall(code):
            yield from _expanded(path)


def _expanded(path: str) -> Iterator[str]:
    parts = [part.split(",") for part in re.split(r"[{}]", path)]
    for chosen in product(*parts):
        yield "".join(chosen)


def _exists(path: str) -> bool:
    if "/" not in path.rstrip("/"):
        # A word inside a row about a room, such as `repo.py` or `loading/`.
        return any(ROOT.glob(path)) or any(SOURCE.rglob(path))
    return any(_is_in(base, path) for base in BASES)


def _is_in(base: Path, path: str) -> bool:
    """Whether it is a folder, a file, a module, or a name in a module: `accounts/access.load`."""
    if (base / path).exists() or (base / f"{path}.py").exists():
        return True
    module, _, name = path.rpartition(".")
    file = base / f"{module}.py"
    return (
        bool(module) and file.exists() and re.search(rf"\b{name}\b", file.read_text()) is not None
    )


def _without_code(page: Path) -> str:
    return re.sub(r"```.*?```|`[^`\n]+`", "code", page.read_text("utf-8"), flags=re.DOTALL)


def _anchors(page: Path) -> set[str]:
    """Return the headings of a page as its addresses have them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
