"""The blocks of code in the documentation, and what a shell would start of them."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("packages/*/*.md")})
HUB = "http://hub.test"
# Where a page leaves open what a variable is.
_VARIABLES = {"JACKFIELD_URL": HUB, "JACKFIELD_API_KEY": "jf_sk_x", "ACCOUNT_ID": "acc_x"}
# A program of an environment is meant by its name, and scripts of the repository by theirs.
_PLACED = re.compile(r"(?<![\w\"'=:/.-])(?:[\w.~-]*/)*bin/([\w.-]+)")
_SCRIPT = re.compile(r"(?<![\w\"'=:-])(?:[\w.]+/)*script/([\w-]+)")
# Every program that is started is written down instead. Nothing is read, and no folder changed to.
_RECORDING = """\
command_not_found_handle() { printf '%s\\037' "$@" >"$RECORD/$EPOCHREALTIME-$BASHPID"; }
cd() { :; }; exit() { :; }; exec() { :; }; source() { :; }; .() { :; }; wait() { :; }; kill() { :; }
"""


@dataclass(frozen=True, slots=True)
class Snippet:
    page: str
    line: int
    language: str
    name: str
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def snippets(*languages: str) -> list[Snippet]:
    """Return all blocks of code, or those in some languages."""
    return [each for each in _all() if not languages or each.language in languages]


@cache
def _all() -> tuple[Snippet, ...]:
    return tuple(each for page in PAGES for each in _read(page))


def _read(page: Path) -> Iterator[Snippet]:
    name = str(page.relative_to(ROOT))
    for token in MarkdownIt("commonmark").parse(page.read_text("utf-8")):
        if token.type == "fence":
            assert token.map is not None
            language, _, title = token.info.strip().partition(" ")
            yield Snippet(name, token.map[0] + 1, language, title, token.content)


def typed(snippet: Snippet) -> str:
    """Return what a block for a shell says to type."""
    if snippet.language != "console":
        return snippet.code
    return "\n".join(re.findall(r"^\$ (.*)$", snippet.code, re.MULTILINE))


def started(script: str, folder: Path) -> list[list[str]]:
    """Return the programs that a script starts with their arguments, as a shell expands them."""
    script = _SCRIPT.sub(r"script:\1", _PLACED.sub(r"\1", script))
    names = set(re.findall(r"\$\{?([A-Z][A-Z_]*)", script))
    given = set(re.findall(r"\b([A-Z][A-Z_]*)=", script))
    variables = {name: _VARIABLES.get(name, f"{folder}/{name}") for name in names - given}
    # A file for each: programs of a pipeline write at the same time.
    record = folder / "started"
    record.mkdir()
    result = subprocess.run(
        ["/bin/bash", "-c", _RECORDING + script],
        env={**variables, "RECORD": str(record), "PATH": os.devnull},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "syntax error" not in result.stderr, result.stderr
    return [each.read_text("utf-8").split("\x1f")[:-1] for each in sorted(record.iterdir())]
