"""Paths that the guides for developers name exist."""

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


@pytest.mark.parametrize("guide", GUIDES)
def test_every_path_a_guide_names_exists(guide: str) -> None:
    named = list(_paths(ROOT / guide))

    missing = [path for path in named if not _exists(path)]

    assert missing == []
    assert len(named) > 20


@pytest.mark.parametrize("guide", GUIDES)
def test_every_page_a_guide_links_to_exists(guide: str) -> None:
    file = ROOT / guide

    links = re.findall(r"\]\(([^)#:]+)\)", file.read_text("utf-8"))

    assert links
    assert [link for link in links if not (file.parent / link).exists()] == []


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
