"""Rows of the vault's keys, of the processes that hold them, and of rotations."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from jackfield.db.tx import Database
from jackfield.secrets.keys.models import HubProcess, KeyCount, KeyRow, RecoveryCopy
from jackfield.vault.cipher import KEY_ID
from jackfield.vault.keyring import Keyring

_ROTATION: Final = 1
_RECOVERY: Final = 1


async def find_keys(db: Database) -> list[KeyRow]:
    rows = await db.unscoped(
        "select id, proof, turn, sealing_since from vault_keys order by created_at, id"
    )
    return [KeyRow(row["id"], row["proof"], row["turn"], row["sealing_since"]) for row in rows]


async def find_turns(db: Database) -> tuple[dict[str, int | None], int]:
    """Return the turn of each key, and the last roll call: what a process asks each second."""
    rows = await db.unscoped(
        """
        select keys.id, keys.turn, coalesce(rotation.roll_call, 0) as roll_call
          from vault_keys keys
          left join vault_rotation rotation on rotation.id = :rotation
        """,
        rotation=_ROTATION,
    )
    return {row["id"]: row["turn"] for row in rows}, rows[0]["roll_call"] if rows else 0


async def announce_key(db: Database, key: str, proof: bytes) -> None:
    """Keep what proves a key: no process starts without it from now on."""
    await db.unscoped(
        "insert into vault_keys (id, proof, created_at) values (:id, :proof, :now)"
        " on conflict do nothing",
        id=key,
        proof=proof,
    )


async def renew_proof(db: Database, key: str, proof: bytes) -> None:
    await db.unscoped("update vault_keys set proof = :proof where id = :id", id=key, proof=proof)


async def give_turn(db: Database, key: str) -> None:
    """Let an announced key seal from now on."""
    await db.unscoped(
        """
        update vault_keys
           set turn = (select coalesce(max(turn), 0) + 1 from vault_keys), sealing_since = :now
         where id = :id and turn is null
        """,
        id=key,
    )


async def count_turns(db: Database, current: str) -> None:
    """Begin to count turns in a database of before: `current` seals, and the others have sealed."""
    await db.unscoped(
        """
        update vault_keys
           set turn = case when id = :current then 1 else 0 end,
               sealing_since = case when id = :current then created_at end
         where not exists (select 1 from vault_keys where turn is not null)
           and exists (select 1 from vault_keys where id = :current)
        """,
        current=current,
    )


async def drop_key(db: Database, key: str) -> None:
    await db.unscoped("delete from vault_keys where id = :id", id=key)


async def count_sealed(db: Database) -> list[KeyCount]:
    """Count what is sealed, by key and format."""
    rows = await db.unscoped(
        """
        select substr(sealed, 1, 1) as format, substr(sealed, :first, :length) as key,
               count(*) as secrets
          from credentials
         group by substr(sealed, 1, 1), substr(sealed, :first, :length)
        """,
        first=KEY_ID.start + 1,
        length=KEY_ID.stop - KEY_ID.start,
    )
    return [KeyCount(row["key"].hex(), row["format"][0], row["secrets"]) for row in rows]


async def is_used(db: Database, key: str) -> bool:
    """Tell whether something is sealed under a key, in any project."""
    rows = await db.unscoped(
        """
        select 1 as found
          from credentials
         where substr(sealed, :first, :length) = :key
         limit 1
        """,
        first=KEY_ID.start + 1,
        length=KEY_ID.stop - KEY_ID.start,
        key=bytes.fromhex(key),
    )
    return bool(rows)


async def keep_process(
    db: Database, process_id: str, keyring: Keyring, *, host: str, pid: int, roll_call: int
) -> None:
    """Keep what a process says of its keys now."""
    await db.unscoped(
        """
        insert into vault_processes (id, host, pid, keys, sealing, roll_call, seen_at)
        values (:id, :host, :pid, :keys, :sealing, :roll_call, :now)
            on conflict (id) do update
           set keys = excluded.keys, sealing = excluded.sealing,
               roll_call = excluded.roll_call, seen_at = excluded.seen_at
        """,
        id=process_id,
        host=host,
        pid=pid,
        keys=" ".join(sorted(keyring.ids)),
        sealing=keyring.current,
        roll_call=roll_call,
    )


async def drop_processes(db: Database, ids: Collection[str]) -> None:
    if ids:
        await db.unscoped("delete from vault_processes where id in (:ids)", ids=list(ids))


async def drop_silent(db: Database, *, before: datetime) -> None:
    """Delete processes that have said nothing since a moment: they were killed."""
    await db.unscoped("delete from vault_processes where seen_at < :before", before=before)


async def find_processes(db: Database) -> list[HubProcess]:
    rows = await db.unscoped(
        """
        select id, host, pid, keys, sealing, roll_call, seen_at
          from vault_processes
         order by host, pid, id
        """
    )
    return [
        HubProcess(
            row["id"],
            row["host"],
            row["pid"],
            frozenset(row["keys"].split()),
            row["sealing"],
            row["roll_call"],
            row["seen_at"],
        )
        for row in rows
    ]


async def call_roll(db: Database) -> int:
    """Ask all processes for what they hold; return the number that their answers will have."""
    rows = await db.unscoped(
        """
        insert into vault_rotation (id, roll_call) values (:rotation, 1)
            on conflict (id) do update set roll_call = vault_rotation.roll_call + 1
        returning roll_call
        """,
        rotation=_ROTATION,
    )
    return rows[0]["roll_call"]


async def lease_rotation(db: Database, lease: str, *, until: datetime) -> bool:
    """Take the turn to rotate, or keep it; return whether it was free or one's own."""
    rows = await db.unscoped(
        """
        insert into vault_rotation (id, roll_call, lease, leased_until)
        values (:rotation, 0, :lease, :until)
            on conflict (id) do update
           set lease = excluded.lease, leased_until = excluded.leased_until
         where vault_rotation.lease is null or vault_rotation.lease = :lease
            or vault_rotation.leased_until <= :now
        returning id
        """,
        rotation=_ROTATION,
        lease=lease,
        until=until,
    )
    return bool(rows)


async def release_rotation(db: Database, lease: str) -> None:
    await db.unscoped(
        "update vault_rotation set lease = null, leased_until = null where lease = :lease",
        lease=lease,
    )


async def find_recovery(db: Database) -> RecoveryCopy | None:
    rows = await db.unscoped(
        "select recipient, keys, copy from vault_recovery where id = :recovery", recovery=_RECOVERY
    )
    if not rows:
        return None
    return RecoveryCopy(rows[0]["recipient"], frozenset(rows[0]["keys"].split()), rows[0]["copy"])


async def keep_recovery(db: Database, recipient: str, keys: Collection[str], copy: bytes) -> None:
    await db.unscoped(
        """
        insert into vault_recovery (id, recipient, keys, copy, made_at)
        values (:recovery, :recipient, :keys, :copy, :now)
            on conflict (id) do update
           set recipient = excluded.recipient, keys = excluded.keys, copy = excluded.copy,
               made_at = excluded.made_at
        """,
        recovery=_RECOVERY,
        recipient=recipient,
        keys=" ".join(sorted(keys)),
        copy=copy,
    )
