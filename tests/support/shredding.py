"""Shredding keys of a hub, and whether one opens a copy of a sealed row."""

from collections.abc import Mapping
from typing import Any

from jackfield.kit.ids import ProjectId
from jackfield.vault.cipher import Binding, SealBroken, Vault
from tests.support.running import Running


async def shredding_keys(hub: Running) -> dict[str, bytes]:
    rows = await hub.hub.db.unscoped("select owner_id, key from shredding_keys")
    return {row["owner_id"]: row["key"] for row in rows}


def opens(vault: Vault, row: Mapping[str, Any], key: bytes) -> bool:
    place = Binding(ProjectId(row["project_id"]), row["owner_id"], row["field"], row["generation"])
    try:
        vault.open(row["sealed"], place, key)
    except SealBroken:
        return False
    return True
