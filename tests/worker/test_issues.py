"""Issues are found in the log by any process, once, and in pieces however much there is."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jackfield.events.models import EventType
from jackfield.issues import detection
from jackfield.issues.history.repo import claim_reading
from jackfield.logs.runs.models import StepRecord
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.worker.issues import ACTOR, find_due
from jackfield.worker.pruning import prune
from tests.support.clock import FrozenClock
from tests.support.issues import listed, look, run_of, write_log
from tests.support.receiver import Receiver, deliver, subscribe
from tests.support.running import Running, running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
async def other(
    hub: Running,  # noqa: ARG001 - it is there first
    hub_database_url: str | None,
    data_dir: Path,
    clock: FrozenClock,
    sandbox: Sandbox,
) -> AsyncGenerator[Running]:
    """Return a second hub on the same database."""
    async with running_hub(
        sandbox, data_dir=data_dir, clock=clock, database_url=hub_database_url
    ) as running:
        yield running


async def test_processes_neither_open_nor_tell_of_an_issue_twice(
    hub: Running, other: Running, clock: FrozenClock, receiver: Receiver
) -> None:
    await subscribe(hub, receiver.url, [EventType.ISSUE_OPENED])
    account_id = await hub.link()
    await write_log(hub, *(run_of(account_id, clock.now) for _ in range(5)))
    clock.advance(seconds=11)

    await asyncio.gather(*(find_due(each.hub) for each in (hub, other, hub, other)))
    await look(hub, clock)
    await deliver(hub)

    (issue,) = await listed(hub)
    assert (issue["occurrences"], len(receiver.told)) == (5, 1)


async def test_a_process_that_was_too_slow_writes_nothing(hub: Running, clock: FrozenClock) -> None:
    account_id = await hub.link()
    await write_log(hub, run_of(account_id, clock.now))
    slow = await claim_reading(
        hub.hub.db,
        until=clock.now + timedelta(minutes=1),
        begin=clock.now - timedelta(minutes=5),
        since=clock.now,
    )
    assert slow is not None
    clock.advance(minutes=2)
    await find_due(hub.hub)

    await detection.read_project(hub.hub, ACTOR, slow)

    (issue,) = await listed(hub)
    assert issue["occurrences"] == 1


@pytest.mark.slow
async def test_more_failed_runs_than_one_reading_takes_are_read_in_pieces_and_each_is_counted_once(
    hub: Running, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id, sizes = await hub.link(), list[int]()
    original = detection.Log.unread

    async def counted(self: detection.Log, ids: Sequence[str]) -> Any:
        found = await original(self, ids)
        sizes.append(len(found))
        return found

    monkeypatch.setattr(detection.Log, "unread", counted)
    monkeypatch.setattr(detection, "_MOST_PIECES", 4)
    begun = clock.now
    for piece in range(9):
        at = begun + timedelta(milliseconds=100 * piece)
        await write_log(hub, *(run_of(account_id, at) for _ in range(1000)))

    for _ in range(4):
        await look(hub, clock)

    (issue,) = await listed(hub)
    assert issue["occurrences"] == sum(sizes) == 9000
    assert max(sizes) == 1000
    assert (len(issue["actions"]), issue["request_ids"]) == (1, [])


async def test_more_accounts_that_fail_at_once_than_are_read_at_once_all_have_an_issue(
    hub: Running, clock: FrozenClock
) -> None:
    for number in range(10):
        await hub.link(origin_owner_id=f"owner-{number}")
    await hub.hub.db.unscoped("update accounts set status = 'error', updated_at = :now")
    counts = list[int]()
    for _ in range(4):
        clock.advance(seconds=11)
        reading = await claim_reading(
            hub.hub.db,
            until=clock.now + timedelta(minutes=1),
            begin=clock.now,
            since=clock.now - timedelta(days=1),
        )
        assert reading is not None
        await detection.read_project(hub.hub, ACTOR, reading, at_once=3)
        counts.append(len(await listed(hub)))

    assert counts == [3, 6, 9, 10]


async def test_what_is_done_by_hand_while_a_process_reads_is_not_lost(
    hub: Running, other: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    await write_log(hub, run_of(account_id, clock.now))
    await look(hub, clock)
    (issue,) = await listed(hub)
    await write_log(hub, *(run_of(account_id, clock.now) for _ in range(3)))
    clock.advance(seconds=11)
    path = f"/jackfield/issues/{issue['id']}/mute"

    _, muted = await asyncio.gather(find_due(hub.hub), other.api.post(path, auth=(hub.api_key, "")))

    (after,) = await listed(hub)
    assert (muted.status_code, after["status"], after["occurrences"]) == (200, "muted", 4)


async def test_a_run_that_is_written_late_is_counted_and_one_from_before_does_not_reopen(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    early = clock.now
    clock.advance(seconds=5)
    await write_log(hub, run_of(account_id, clock.now))
    await look(hub, clock)
    await write_log(
        hub, run_of(account_id, clock.now, success=True, status_code=200, error_code=None)
    )
    await look(hub, clock)
    (ended,) = await listed(hub)

    await write_log(hub, run_of(account_id, early))
    await look(hub, clock)

    (issue,) = await listed(hub)
    assert (ended["status"], ended["occurrences"]) == ("resolved", 1)
    assert (issue["status"], issue["occurrences"]) == ("resolved", 2)


async def test_runs_that_were_read_are_forgotten_once_they_are_not_looked_at_again(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    await write_log(hub, run_of(account_id, clock.now))
    await look(hub, clock)
    kept = await hub.hub.db.unscoped("select run_id from issue_runs")
    clock.advance(minutes=6)
    for _ in range(2):
        await look(hub, clock)

    left = await hub.hub.db.unscoped("select run_id from issue_runs")
    assert (len(kept), left) == (1, [])
    (issue,) = await listed(hub)
    assert issue["occurrences"] == 1


async def test_only_the_last_few_actions_and_requests_are_kept(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    for number in range(30):
        at = clock.now + timedelta(milliseconds=number)
        await write_log(
            hub,
            run_of(account_id, at, action_id=f"iterable_{number}", request_id=f"req_{number}"),
        )
    clock.advance(seconds=1)
    await look(hub, clock)

    (issue,) = await listed(hub)
    assert (len(issue["actions"]), issue["actions"][0]) == (10, "iterable_29")
    assert issue["request_ids"] == [f"req_{number}" for number in range(29, 24, -1)]


async def test_a_refused_permission_is_told_from_other_refusals_by_the_last_answer(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    answers = {"a": (500, 403), "b": (403, 400)}
    for name, statuses in answers.items():
        steps = tuple(
            StepRecord(str(at), "request", "failed", status, None, 0, 1)
            for at, status in enumerate(statuses)
        )
        await write_log(
            hub,
            run_of(
                account_id, clock.now, error_code="provider_rejected", action_id=name, steps=steps
            ),
        )
    await look(hub, clock)

    (issue,) = await listed(hub)
    assert (issue["cause"], issue["actions"]) == ("permission", ["a"])


@pytest.mark.parametrize(
    ("code", "failures", "cause"),
    [
        ("provider_unavailable", 1, None),
        ("provider_unavailable", 2, "renewal"),
        ("oauth_client_refused", 1, "setup"),
    ],
)
async def test_a_renewal_that_fails_has_an_issue_until_tokens_are_new(
    hub: Running, clock: FrozenClock, code: str, failures: int, cause: str | None
) -> None:
    account_id = await hub.link()
    await hub.hub.db.unscoped(
        """
        insert into account_tokens (account_id, project_id, generation, intent, renewed_at,
                                    failures, failed_at, failure_code, change)
        values (:account_id, :project_id, 1, 1, :now, :failures, :now, :code, 1)
        """,
        account_id=account_id,
        project_id=hub.project.id,
        failures=failures,
        code=code,
    )
    for _ in range(3):
        await look(hub, clock)
    found = await listed(hub)
    await hub.hub.db.unscoped("update account_tokens set failures = 0, renewed_at = :now")
    await look(hub, clock)

    assert [(each["cause"], each["occurrences"]) for each in found] == (
        [(cause, 1)] if cause else []
    )
    assert {each["resolution"] for each in await listed(hub)} == (
        {"token_renewed"} if cause else set()
    )


async def test_resolved_issues_are_forgotten_with_the_log(hub: Running, clock: FrozenClock) -> None:
    accounts = [await hub.link(origin_owner_id=each) for each in ("one", "two")]
    await write_log(hub, *(run_of(each, clock.now) for each in accounts))
    await look(hub, clock)
    (first, second) = await listed(hub)
    await hub.api.post(f"/jackfield/issues/{first['id']}/resolve")
    clock.advance(days=400)

    await prune(hub.hub)

    assert [each["id"] for each in await listed(hub)] == [second["id"]]


async def test_a_project_that_cannot_be_read_keeps_no_other_waiting(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.key(project="theirs")
    asked = list[str]()

    async def crash(_hub: object, _actor: object, reading: Any, **_: object) -> int:
        asked.append(reading.project_id)
        raise RuntimeError

    monkeypatch.setattr("jackfield.worker.issues.read_project", crash)

    assert await find_due(hub.hub) == 2
    assert len(set(asked)) == 2
