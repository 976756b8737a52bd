"""Ciphertext that was made once, for each kind of owner: it must open forever."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jackfield.kit.ids import ProjectId
from jackfield.vault.cipher import Binding, Vault
from jackfield.vault.keyring import Key, Keyring

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_bytes())
KEY = Key(VECTORS["key_id"], base64.b64decode(VECTORS["key"]), datetime(2026, 3, 1, tzinfo=UTC))
VAULT = Vault(Keyring((KEY,), KEY.id))


# Of each format that there ever was.
SEALED = [*VECTORS["sealed"], *VECTORS["sealed_2"], *VECTORS["sealed_3"]]


@pytest.mark.parametrize("vector", SEALED, ids=lambda each: each["owner"])
def test_what_was_sealed_opens_for_the_place_it_was_sealed_for(vector: dict[str, Any]) -> None:
    place = Binding(
        ProjectId(vector["project_id"]), vector["owner_id"], vector["field"], vector["generation"]
    )

    shredding_key = base64.b64decode(vector.get("shredding_key", ""))
    opened = VAULT.open(base64.b64decode(vector["sealed"]), place, shredding_key)

    assert bytes(place).decode() == vector["bound"]
    assert opened.reveal() == vector["secret"]
