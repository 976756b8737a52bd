"""Moving a keyring to a service that wraps it, to another one, and back."""

import json
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.support.key_services import vault_transit
from tests.support.key_services.keys import VersionedKey
from tests.support.key_services.server import serving

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PHRASE = "correct horse battery staple"


async def test_a_keyring_goes_to_a_service_to_another_and_back(
    jackfield: Command, data_dir: Path, tmp_path: Path
) -> None:
    await jackfield("keys", "create", "--name", "x")
    clear, wrapped = data_dir / "keyring.json", data_dir / "keyring.wrapped.json"
    keyring = clear.read_bytes()
    phrase, token = tmp_path / "phrase", tmp_path / "token"
    phrase.write_text(PHRASE + "\n")
    token.write_text(vault_transit.TOKEN)
    engine = vault_transit.VaultTransit({"hub": VersionedKey()})

    first = await jackfield("vault", "move", "--to", "passphrase:", "--secret-file", str(phrase))
    assert first.status == 0, first.err
    assert f"JACKFIELD_KEYRING_SECRET_FILE={phrase}" in first.out
    assert stat.S_IMODE(wrapped.stat().st_mode) == 0o600
    assert clear.read_bytes() == keyring, "until the hub was seen to start without it"
    clear.unlink()
    under_phrase = {"KEYRING": "passphrase:", "KEYRING_SECRET_FILE": str(phrase)}
    assert (await jackfield("doctor", "--offline", **under_phrase)).status == 0

    with serving(engine) as server:
        location = f"vault-transit:{server.url}/transit/keys/hub"
        words = ("vault", "move", "--to", location, "--secret-file", str(token), "--json")
        second = await jackfield(*words, **under_phrase)
        assert second.status == 0, second.err
        assert second.json["settings"] == {"JACKFIELD_KEYRING": location}
        assert json.loads(wrapped.read_bytes())["service"] == "vault-transit"

        under_vault = {"KEYRING": location, "KEYRING_SECRET_FILE": str(token)}
        engine.keys["hub"].rotate()
        anew = await jackfield("vault", "move", "--to", location, **under_vault)
        assert anew.status == 0, anew.err
        assert json.loads(wrapped.read_bytes())["key"].endswith(":v2")

        back = await jackfield("vault", "move", "--to", str(clear), **under_vault)
        assert back.status == 0, back.err
        again = await jackfield("vault", "move", "--to", str(clear), **under_vault)
        assert (again.status, "already" in again.err) == (1, True)
    assert clear.read_bytes() == keyring
    assert (await jackfield("doctor", "--offline")).status == 0
    for said in (first, second, anew, back, again):
        assert PHRASE not in said.out + said.err
        assert vault_transit.TOKEN not in said.out + said.err

    exported = await jackfield("audit", "export")
    records = [json.loads(line).get("record") for line in exported.out.splitlines()]
    moves = [each for each in records if each and each["kind"] == "keyring.moved"]
    assert [(each["details"]["from"], each["details"]["to"]) for each in moves] == [
        ("file", "passphrase"),
        ("passphrase", "vault-transit"),
        ("vault-transit", "vault-transit"),
        ("vault-transit", "file"),
    ]


async def test_a_keyring_that_is_refused_stays_as_it_was(
    jackfield: Command, data_dir: Path, tmp_path: Path
) -> None:
    await jackfield("keys", "create", "--name", "x")
    keyring = (data_dir / "keyring.json").read_bytes()
    token = tmp_path / "token"
    token.write_text(vault_transit.TOKEN)
    engine = vault_transit.VaultTransit({"hub": VersionedKey()}, denied={"decrypt"})
    with serving(engine) as server:
        location = f"vault-transit:{server.url}/transit/keys/hub"
        found = await jackfield("vault", "move", "--to", location, "--secret-file", str(token))

    assert found.status == 1
    assert "allow update on encrypt/KEY and decrypt/KEY" in found.err
    assert not (data_dir / "keyring.wrapped.json").exists()
    assert (data_dir / "keyring.json").read_bytes() == keyring
