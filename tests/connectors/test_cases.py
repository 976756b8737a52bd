"""Every connector, against the cases its author wrote for it."""

from pathlib import Path

import pytest

from jackfield.connectors.connector import Connector
from jackfield.connectors.loading.discovery import find_connectors, own_folder
from jackfield.connectors.loading.loader import load
from jackfield.testing.case_files import Case, read_cases
from jackfield.testing.cases import run_case
from tests.support.running import own_catalog


def cases() -> list[object]:
    return [
        pytest.param(connector, case, id=f"{connector.key}: {case.case}")
        for connector in own_catalog().connectors()
        for _, case in read_cases(connector)
    ]


@pytest.mark.anyio
@pytest.mark.parametrize(("connector", "case"), cases())
async def test_case(connector: Connector, case: Case) -> None:
    assert await run_case(connector, case) == []


@pytest.mark.parametrize("file", find_connectors(own_folder()), ids=lambda file: file.parent.name)
def test_there_is_nothing_to_say_about_our_own_connectors(file: Path) -> None:
    assert load(file).findings == ()
