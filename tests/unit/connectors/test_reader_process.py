import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from jackfield.connectors import yaml
from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.connectors.loading.cache import Cache
from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load
from jackfield.connectors.loading.reader_process import ReaderProcess
from tests.unit.connectors.conftest import MAIN

Write = Callable[..., Path]
DOUBTFUL = MAIN.replace("method: get", "method: get\n            body: 1")


@pytest.fixture(scope="module")
def process() -> Generator[ReaderProcess]:
    with ReaderProcess() as process:
        yield process


def test_a_connector_is_the_same_whichever_process_reads_it(
    write: Write, process: ReaderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(DOUBTFUL + "  - $ref: acme.p\n", p="# a remark\n")
    here = load(file)
    monkeypatch.delattr(yaml, "parse")

    there = load(file, process=process)

    assert there.compilation.document == here.compilation.document
    assert there.findings == here.findings != ()
    assert there.actions[0].compiled.schema == here.actions[0].compiled.schema


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "a: \x01",
        MAIN.replace("key: acme", "key: A B"),
        MAIN.replace("actionType: list", "actionType: 1\n    actionType: 2"),
        DOUBTFUL.replace("functionName: request", "functionName: nothing"),
        MAIN + "  - $ref: acme.p\n",
    ],
)
def test_a_broken_connector_is_refused_with_the_same_findings(
    write: Write, process: ReaderProcess, text: str
) -> None:
    file = write(text, p="- actionId: x\n  steps: 1\n")
    with pytest.raises(InvalidConnector) as here:
        load(file)

    with pytest.raises(InvalidConnector) as there:
        load(file, process=process)

    assert there.value.findings == here.value.findings
    assert str(there.value) == str(here.value)


def test_what_the_process_read_is_cached(
    write: Write, process: ReaderProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, cache = write(), Cache(tmp_path / "cache")
    monkeypatch.delattr(yaml, "parse")
    load(file, cache=cache, process=process)

    assert load(file, cache=cache).title == "Acme"


def test_what_is_read_ahead_is_what_would_be_read_when_asked(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = own_folder() / "ledgerline" / "ledgerline.connector.s1.yaml"
    here = load(own)
    monkeypatch.delattr(yaml, "parse")

    with ReaderProcess() as process:
        process.begin(Cache(tmp_path / "cache"))
        there = load(own, process=process)
        other = load(write(), process=process)

    assert there.compilation.document == here.compilation.document
    assert there.findings == here.findings
    assert other.title == "Acme"


def replace_python(folder: Path, line: str, patch: pytest.MonkeyPatch) -> None:
    """Let a line of a shell be what a process runs instead of Python."""
    program = folder / "program"
    program.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    program.chmod(0o755)
    patch.setattr(sys, "executable", str(program))


def test_a_first_start_reads_ahead_and_a_later_one_starts_no_process(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "said"
    replace_python(tmp_path, f'echo "$@" >> {said}', monkeypatch)
    cache = Cache(tmp_path / "cache")

    for _ in range(2):
        with ReaderProcess() as process:
            process.begin(cache)
            # Waits for the program, which answers nothing.
            load(write(), cache=cache, process=process)

    assert said.read_text(encoding="utf-8").split()[-1:] == ["ahead"]
    assert len(said.read_text(encoding="utf-8").splitlines()) == 1


def test_a_cache_that_cannot_be_written_to_is_done_without(
    write: Write, process: ReaderProcess, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file", encoding="utf-8")

    assert load(write(), cache=Cache(blocked), process=process).title == "Acme"


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false", "", "/bin/echo"])
def test_where_there_can_be_no_such_process_the_connector_is_read_all_the_same(
    write: Write, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)

    with ReaderProcess() as process:
        assert load(write(), process=process).title == "Acme"
        assert load(write(MAIN.replace("Acme", "Two")), process=process).title == "Two"


def test_a_process_that_ends_meanwhile_is_done_without(write: Write) -> None:
    process = ReaderProcess()
    load(write(), process=process)
    process.close()

    assert load(write(), process=process).title == "Acme"


def test_the_process_is_given_no_secret_of_the_hub(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "said"
    replace_python(tmp_path, f"env > {said}", monkeypatch)
    monkeypatch.setenv("JACKFIELD_KEYRING_SECRET", "hush")

    with ReaderProcess() as process:
        load(write(), process=process)

    environment = said.read_text(encoding="utf-8")
    assert "PYTHONPATH=" in environment
    assert "JACKFIELD" not in environment
    assert "hush" not in environment
