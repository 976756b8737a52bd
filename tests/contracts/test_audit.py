"""The promise that whatever is done to credentials, keys and settings is in the audit log."""

import pytest

from jackfield.audit.models import AuditKind
from jackfield.db.transfer.tables import tables
from jackfield.projects import service as projects
from jackfield.ui.dashboard.audit import TITLES
from tests.support.actor import TESTER
from tests.support.recorded_changes import EXCEPTIONS, NOT_RECORDED, RECORDED
from tests.support.running import Running

pytestmark = pytest.mark.anyio


def test_of_each_table_it_is_known_whether_its_changes_are_recorded() -> None:
    names = {table.name for table in tables()}

    assert names == RECORDED | (names & NOT_RECORDED.keys())
    assert RECORDED.isdisjoint(NOT_RECORDED)


def test_every_exception_has_a_reason() -> None:
    assert all(len(reason) > 3 for reason in [*EXCEPTIONS.values(), *NOT_RECORDED.values()])


def test_the_dashboard_has_words_for_every_kind() -> None:
    assert TITLES.keys() == set(AuditKind)


async def test_a_change_of_the_hub_without_a_record_fails(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object, **__: object) -> None:
        pass

    monkeypatch.setattr(projects, "record", nothing)

    with pytest.raises(AssertionError, match="has no record"):
        await projects.sign_in_url(hub.hub, hub.project, TESTER)
