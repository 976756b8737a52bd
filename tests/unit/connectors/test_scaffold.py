from pathlib import Path

import pytest

from jackfield.connectors.loading.loader import load
from jackfield.connectors.scaffold import sketch, write_files
from jackfield.kit.errors import Conflict, InvalidRequest
from jackfield.testing.case_files import read_cases
from jackfield.testing.cases import run_case


@pytest.mark.anyio
async def test_a_new_connector_is_sound_and_its_cases_hold(tmp_path: Path) -> None:
    write_files(sketch("acme_docs", title="Acme Docs"), tmp_path / "acme_docs")

    connector = load(tmp_path / "acme_docs" / "acme_docs.connector.s1.yaml")

    cases = [case for _, case in read_cases(connector)]
    assert connector.title == "Acme Docs"
    assert connector.findings == ()
    assert {case.action for case in cases} == {action.name for action in connector.actions}
    assert [await run_case(connector, case) for case in cases] == [[], []]


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    write_files({"a": "1"}, tmp_path / "acme")

    with pytest.raises(Conflict, match="exists already"):
        write_files({"a": "2"}, tmp_path / "acme")

    assert (tmp_path / "acme" / "a").read_text(encoding="utf-8") == "1"


@pytest.mark.parametrize("key", ["", "Acme", "1acme", "a-b", "../acme", "a b"])
def test_not_everything_can_be_a_key(key: str) -> None:
    with pytest.raises(InvalidRequest, match="cannot be a key"):
        sketch(key)
