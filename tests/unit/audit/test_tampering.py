"""Whatever is done to the audit log behind the hub's back, verification names the first record."""

from pathlib import Path
from typing import Any

import pytest

from jackfield.audit import chain
from jackfield.audit.database import verify_chains, verify_newest
from jackfield.audit.models import Chain, Checkpoint, StoredRecord
from jackfield.audit.repo import AuditLog
from jackfield.audit.verification import verify
from jackfield.db.tx import Database
from tests.support.actor import TESTER
from tests.support.audit_log import (
    KEYS,
    ONE,
    ONLY_SECOND,
    OTHER,
    ROTATED,
    add,
    exported,
    sign,
    verified_elsewhere,
)
from tests.support.clock import NOW, FrozenClock

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def broken(db: Database, tmp_path: Path) -> str:
    """Return what is found in the database; a program without the hub finds the same record."""
    found = await verify_chains(db, KEYS, NOW)
    assert found.fault is not None
    elsewhere = verified_elsewhere(await exported(db, tmp_path / "log.ndjson"))
    assert elsewhere.startswith(f"record {found.fault.seq} of {found.fault.chain}: "), elsewhere
    return str(found.fault)


async def put_body(db: Database, seq: int, old: str, new: str) -> None:
    await db.unscoped(
        "update audit_records set body = replace(body, :old, :new)"
        " where project_id = :one and seq = :seq",
        old=old, new=new, one=ONE, seq=seq,
    )  # fmt: skip


async def test_a_log_that_nobody_touched_is_sound_here_and_elsewhere(
    db: Database, tmp_path: Path
) -> None:
    await add(db, ONE, 3)
    await add(db, OTHER, 2)
    await add(db, ONE, 2)

    found = await verify_chains(db, KEYS, NOW)

    assert found.fault is None
    assert [(each.part.chain, each.records, each.unsigned) for each in found.chains] == [
        (ONE, 5, 0),
        (OTHER, 2, 0),
    ]
    assert verified_elsewhere(await exported(db, tmp_path / "log.ndjson")) == ""


async def test_a_changed_word_is_found(db: Database, tmp_path: Path) -> None:
    await add(db, ONE, 5)

    await put_body(db, 3, '"number":2', '"number":7')

    assert await broken(db, tmp_path) == f"record 3 of {ONE}: is not what was written"


async def test_a_removed_record_is_found(db: Database, tmp_path: Path) -> None:
    await add(db, ONE, 5)

    await db.unscoped("delete from audit_records where seq = 2")

    assert (await broken(db, tmp_path)).startswith(f"record 2 of {ONE}: is missing")


async def test_two_records_in_each_others_place_are_found(db: Database, tmp_path: Path) -> None:
    await add(db, ONE, 5)

    for old, new in ((2, 100), (4, 2), (100, 4)):
        await db.unscoped("update audit_records set seq = :new where seq = :old", old=old, new=new)

    assert (await broken(db, tmp_path)).startswith(f"record 2 of {ONE}: is missing")


async def test_a_cut_off_end_is_found(db: Database, tmp_path: Path) -> None:
    await add(db, ONE, 5)

    await db.unscoped("delete from audit_records where seq > 3")

    assert (await broken(db, tmp_path)).startswith(f"record 4 of {ONE}: is missing")


async def test_an_end_that_is_cut_off_with_the_state_of_the_chain_is_found(
    db: Database, tmp_path: Path
) -> None:
    await add(db, ONE, 3)
    async with db.read(ONE) as tx:
        third = await AuditLog(tx).get(3)
    await add(db, ONE, 2)

    await db.unscoped("delete from audit_records where seq > 3")
    await db.unscoped(
        "update audit_chains set seq = 3, signed_seq = 3, hash = :hash", hash=third.hash
    )

    assert (await broken(db, tmp_path)).startswith(f"record 4 of {ONE}: is missing")


async def test_records_of_two_projects_that_are_swapped_are_found(
    db: Database, tmp_path: Path
) -> None:
    await add(db, ONE, 4)
    await add(db, OTHER, 4)

    for old, new in ((ONE, "prj_x"), (OTHER, ONE), ("prj_x", OTHER)):
        await db.unscoped(
            "update audit_records set project_id = :new where project_id = :old and seq = 3",
            old=old, new=new,
        )  # fmt: skip

    assert await broken(db, tmp_path) == f"record 3 of {ONE}: one of {OTHER} stands in its place"


async def rewrite(db: Database, seq: int, old: str, new: str) -> None:
    """Change a record, and chain it and those after it anew, as one who knows how would."""
    async with db.write(ONE, TESTER) as tx:
        log = AuditLog(tx)
        before = (await log.get(seq - 1)).hash
        last = (await log.chain() or Chain(ONE)).seq
        for place in range(seq, last + 1):
            stored: StoredRecord = await log.get(place)
            body = stored.body.replace(old, new) if place == seq else stored.body
            before = chain.link(before, body.encode())
            await tx.run(
                "update audit_records set body = :body, hash = :hash"
                " where project_id = :project_id and seq = :seq",
                body=body, hash=before, seq=place,
            )  # fmt: skip
        await tx.run(
            "update audit_chains set hash = :hash where project_id = :project_id", hash=before
        )


async def test_a_chain_that_was_made_anew_is_not_what_was_signed(
    db: Database, tmp_path: Path, clock: FrozenClock
) -> None:
    await add(db, ONE, 2)
    clock.advance(hours=1)
    await add(db, ONE, 3)

    await rewrite(db, 4, '"number":1', '"number":9')

    # The checkpoint of the hour before still holds.
    assert (await broken(db, tmp_path)).startswith(f"record 3 of {ONE}: it, or one up to 5")


async def test_a_chain_that_was_made_anew_and_signed_by_another_key_is_found(
    db: Database, tmp_path: Path
) -> None:
    await add(db, ONE, 4)

    await rewrite(db, 2, '"number":1', '"number":9')
    await db.unscoped("delete from audit_checkpoints")
    await db.unscoped("update audit_chains set signed_seq = 0")
    await sign(db, ONE, ONLY_SECOND)

    assert "is signed by a key that is not trusted" in await broken(db, tmp_path)


async def test_a_forged_signature_of_a_known_key_is_found(db: Database, tmp_path: Path) -> None:
    await add(db, ONE, 4)

    await db.unscoped("update audit_checkpoints set signature = :none", none="0" * 128)

    assert (await broken(db, tmp_path)).startswith(f"record 1 of {ONE}: it is not signed")


async def test_checkpoints_that_were_removed_are_missed_once_records_are_an_hour_old(
    db: Database, clock: FrozenClock
) -> None:
    await add(db, ONE, 2)

    await db.unscoped("delete from audit_checkpoints")

    assert (await verify_chains(db, KEYS, clock())).chains[0].unsigned == 2
    clock.advance(hours=2)
    found = (await verify_chains(db, KEYS, clock())).fault
    assert found is not None
    assert (found.seq, found.reason) == (1, "no checkpoint signs it and those after it")


async def test_what_a_record_is_found_by_is_verified_as_well(db: Database) -> None:
    await add(db, ONE, 3)

    await db.unscoped("update audit_records set actor_id = 'another' where seq = 2")

    found = (await verify_chains(db, KEYS, NOW)).fault
    assert found is not None
    assert (found.seq, found.reason) == (2, "what it is found by is not what it says")


async def test_old_records_that_were_removed_and_not_pruned_are_missed(
    db: Database, tmp_path: Path
) -> None:
    await add(db, ONE, 5)
    async with db.read(ONE) as tx:
        third = await AuditLog(tx).get(3)
        signed = await AuditLog(tx).last_checkpoint()
    assert signed is not None

    await db.unscoped("delete from audit_records where seq <= 3")
    body = Checkpoint("pruned", ONE, 3, third.hash, NOW, "00000001")
    stub = chain.signed(body, ONLY_SECOND)
    await db.unscoped(
        "update audit_chains set pruned_seq = 3, pruned_body = :body, pruned_signature = :by",
        body=stub.body, by=stub.signature,
    )  # fmt: skip

    assert (await broken(db, tmp_path)).startswith(f"record 1 of {ONE}: it is not signed")


async def test_a_pruned_log_stays_verifiable(
    db: Database, tmp_path: Path, clock: FrozenClock
) -> None:
    await add(db, ONE, 4)
    clock.advance(days=10)
    await add(db, ONE, 3)

    async with db.write(ONE, TESTER) as tx:
        counts = [await chain.prune(tx, KEYS, before=NOW.replace(day=5), most=3) for _ in range(3)]

    found = await verify_chains(db, KEYS, clock())
    assert counts == [3, 1, 0]
    assert found.fault is None
    assert found.records == 3
    assert verified_elsewhere(await exported(db, tmp_path / "log.ndjson")) == ""


async def test_a_new_key_signs_on_and_the_old_one_can_go(
    db: Database, tmp_path: Path, clock: FrozenClock
) -> None:
    await add(db, ONE, 4)
    clock.advance(days=10)
    await add(db, ONE, 2)
    async with db.write(ONE, TESTER) as tx:
        await chain.prune(tx, KEYS, before=NOW.replace(day=5), most=10)
    await add(db, ONE, 1, ROTATED)

    async with db.write(ONE, TESTER) as tx:
        await chain.prune(tx, ROTATED, before=NOW, most=10)

    assert (await verify_chains(db, ONLY_SECOND, clock())).fault is None
    file = await exported(db, tmp_path / "log.ndjson", ONLY_SECOND)
    assert verified_elsewhere(file, ONLY_SECOND) == ""


async def test_the_newest_records_are_verified_alone(db: Database) -> None:
    await add(db, ONE, 6)

    await put_body(db, 2, '"number":1', '"number":7')

    assert (await verify_newest(db, KEYS, NOW, ONE, most=3)).fault is None
    assert (await verify_newest(db, KEYS, NOW, ONE, most=3)).records == 3
    assert (await verify_newest(db, KEYS, NOW, ONE, most=100)).fault is not None


@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_a_file_whose_end_is_cut_off_is_found(db: Database, tmp_path: Path, cut: int) -> None:
    await add(db, ONE, 3)
    await add(db, OTHER, 3)
    file = await exported(db, tmp_path / "log.ndjson")
    lines = file.read_bytes().splitlines(keepends=True)
    # Each log ends with a checkpoint.
    file.write_bytes(b"".join(lines[: -1 - cut]))

    found = await verify(_each(lines[: -1 - cut]), KEYS.public_keys())

    assert found.fault is not None
    assert (found.fault.chain, found.fault.seq) == (OTHER, 4 - cut)
    assert verified_elsewhere(file).startswith(f"record {4 - cut} of {OTHER}: is missing")


async def _each(lines: list[bytes]) -> Any:
    for line in lines:
        yield line
