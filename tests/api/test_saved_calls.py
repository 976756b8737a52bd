"""Saved calls: by project, without secrets, so many and so large at most."""

from typing import Any

import pytest

from jackfield.actions.saved_calls import service as saved_calls
from jackfield.actions.saved_calls.models import (
    MOST_BYTES,
    MOST_CALLS,
    CallDraft,
    InvalidSavedCall,
    SavedCallNotFound,
    TooManySavedCalls,
)
from jackfield.actions.saved_calls.repo import SavedCalls
from jackfield.projects import service as projects
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


def draft(name: str = "VIPs to list", **inputs: Any) -> CallDraft:
    return CallDraft(name, "iterable_list_lists", None, inputs)


async def test_a_call_is_saved_changed_renamed_and_deleted(hub: Running) -> None:
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        saved = await saved_calls.save(tx, draft(" VIPs ", listId=2**70))
        await saved_calls.save(tx, draft("Another"))
        await saved_calls.change(tx, saved.id, CallDraft("VIPs", "iterable_get_list", "acc_1", {}))
        await saved_calls.rename(tx, saved.id, "Élan")
        found, listed = await SavedCalls(tx).get(saved.id), await SavedCalls(tx).all()
        await saved_calls.delete(tx, saved.id)
        with pytest.raises(SavedCallNotFound):
            await SavedCalls(tx).get(saved.id)

    assert (saved.name, saved.inputs, saved.created_by) == ("VIPs", {"listId": 2**70}, str(TESTER))
    assert (found.name, found.action_id, found.account_id) == ("Élan", "iterable_get_list", "acc_1")
    assert {each.name for each in listed} == {"Another", "Élan"}


async def test_another_projects_saved_call_cannot_be_told_from_none(hub: Running) -> None:
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    async with hub.hub.db.write(theirs.id, TESTER) as tx:
        saved = await saved_calls.save(tx, draft())

    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        assert await SavedCalls(tx).all() == []
        for change in (
            saved_calls.delete(tx, saved.id),
            saved_calls.rename(tx, saved.id, "Ours"),
            saved_calls.change(tx, "call_none", draft()),
        ):
            with pytest.raises(SavedCallNotFound):
                await change


@pytest.mark.parametrize(
    "wrong", [draft(""), draft("  "), draft("x" * 101), draft(note="x" * MOST_BYTES)]
)
async def test_a_name_or_inputs_of_the_wrong_size_are_refused(
    hub: Running, wrong: CallDraft
) -> None:
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        with pytest.raises(InvalidSavedCall):
            await saved_calls.save(tx, wrong)


async def test_a_project_has_a_bounded_number_of_them(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_CALLS == 500
    monkeypatch.setattr(saved_calls, "MOST_CALLS", 1)
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await saved_calls.save(tx, draft())
        with pytest.raises(TooManySavedCalls):
            await saved_calls.save(tx, draft())


async def test_what_is_called_a_secret_or_is_the_accounts_is_not_kept(hub: Running) -> None:
    account = await hub.link()
    inputs: dict[str, Any] = {
        "listId": 1,
        "token": "called a secret",
        "body": {"note": f"my key is {hub.us_key}", "plan": "pro"},
        "ids": ["a", hub.us_key],
        "gone": "[redacted]",
    }

    kept, left_out = await saved_calls.without_secrets(
        hub.hub, hub.project.id, inputs, account_id=account
    )
    by_name, named = await saved_calls.without_secrets(
        hub.hub, hub.project.id, {"password": {"a": 1}, "x": True}, account_id="acc_none"
    )

    assert kept == {"listId": 1, "body": {"plan": "pro"}, "ids": ["a"]}
    assert sorted(left_out) == ["body.note", "gone", "ids[1]", "token"]
    assert (by_name, named) == ({"password": {}, "x": True}, ["password.a"])
