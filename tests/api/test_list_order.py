"""Lists of names are in the order of the alphabet, on both databases."""

import pytest

from jackfield.actions.saved_calls import service as saved_calls
from jackfield.actions.saved_calls.models import CallDraft
from jackfield.actions.saved_calls.repo import SavedCalls
from jackfield.members.repo import Memberships
from jackfield.projects.saved_views.models import ViewPage
from jackfield.projects.saved_views.repo import SavedViews
from tests.support.actor import TESTER
from tests.support.members import member
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

# Bytes have capitals before small letters, and letters with accents behind all others.
NAMES = ["a_b", "A-c", "Ab", "ab2", "B", "b!", "\u00c9a", "\u00e9b"]


async def test_names_are_in_one_order_on_both_databases(hub: Running) -> None:
    names = sorted(NAMES, key=lambda name: (name.casefold(), name))
    emails = [f"{local}@example.com" for local in ("a-c", "a.b", "a_b", "ab")]
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        for name in reversed(NAMES):
            await SavedViews(tx).save(ViewPage.LOGS, name, "q=a")
            await saved_calls.save(tx, CallDraft(name, "iterable_list_lists", None, {}))
    for email in reversed(emails):
        await member(hub, email)
    async with hub.hub.db.read(hub.project.id) as tx:
        views = [view.name for view in await SavedViews(tx).of(ViewPage.LOGS)]
        calls = [call.name for call in await SavedCalls(tx).all()]
        members = [each.email for each in await Memberships(tx).all()]

    assert (views, calls, members) == (names, names, emails)
