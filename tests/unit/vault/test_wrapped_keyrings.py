"""Wrapped keyrings at their place, whichever service wraps them, and what each kind refuses."""

import json
from pathlib import Path

import pytest

from jackfield.kit.secret import Secret
from jackfield.vault.key_services import patience
from jackfield.vault.key_services.port import KeyServiceAway, KeyServiceRefused
from jackfield.vault.keyring import Keyring, KeyringUnusable, render
from jackfield.vault.keyring_locations import open_store
from jackfield.vault.keyring_store import KeyringChanged, KeyringStore, Surroundings
from tests.support.clock import NOW
from tests.support.key_services import aws_kms as aws
from tests.support.key_services import vault_transit
from tests.support.key_services.keys import VersionedKey
from tests.support.key_services.server import serving
from tests.support.key_services.stand_ins import PIN, StandIn, aws_kms, azure, token, transit

KEYRING = Keyring.mint(NOW)
PHRASE = "correct horse battery staple"


@pytest.fixture
def wrapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with transit(tmp_path, monkeypatch) as stand_in:
        stand_in.store().create(KEYRING)
        yield stand_in


def store(location: str, folder: Path, secret: str | None = None) -> KeyringStore:
    shown = None if secret is None else Secret(secret)
    return open_store(location, Surroundings({}.get, folder, shown))


def test_a_keyring_that_was_changed_meanwhile_is_not_replaced(wrapped: StandIn) -> None:
    with pytest.raises(KeyringChanged, match="by another process"):
        wrapped.store().replace(Keyring.mint(NOW), Keyring.mint(NOW))
    with pytest.raises(KeyringUnusable, match="just made"):
        wrapped.store().create(Keyring.mint(NOW))

    assert wrapped.store().read() == KEYRING


def test_a_wrapped_keyring_can_come_from_a_variable(wrapped: StandIn) -> None:
    wrapped.variables["WRAPPED"] = wrapped.document.read_text("utf-8")

    place = wrapped.store(wrapped="env:WRAPPED")

    assert place.read() == KEYRING
    assert not place.status().is_writable
    with pytest.raises(KeyringUnusable, match="another start"):
        place.replace(KEYRING, Keyring.mint(NOW))
    with pytest.raises(KeyringUnusable, match="'OTHER', which is not set"):
        wrapped.store(wrapped="env:OTHER").read()


@pytest.mark.parametrize("spoiled", ["sealed", "wrapped_key", "version"])
def test_a_damaged_document_is_refused(wrapped: StandIn, spoiled: str) -> None:
    document = json.loads(wrapped.document.read_text("utf-8"))
    spoils = {"sealed": document["wrapped_key"], "wrapped_key": "?", "version": 2}
    wrapped.document.write_text(json.dumps(document | {spoiled: spoils[spoiled]}), "utf-8")

    with pytest.raises(KeyringUnusable, match=r"damaged|base64"):
        wrapped.store().read()


def test_a_keyring_in_clear_or_of_another_service_is_not_taken_for_a_wrapped_one(
    wrapped: StandIn,
) -> None:
    other = store("passphrase:", wrapped.folder, PHRASE)
    with pytest.raises(KeyringUnusable, match=r"wrapped by vault-transit:.*names passphrase:"):
        other.read()

    wrapped.document.write_bytes(render(KEYRING))
    with pytest.raises(KeyringUnusable, match="not a wrapped keyring") as refused:
        wrapped.store().read()
    assert KEYRING.keys[0].id not in str(refused.value)


@pytest.mark.slow
def test_a_passphrase_opens_what_it_wrapped_and_another_does_not(tmp_path: Path) -> None:
    store("passphrase:", tmp_path, PHRASE).create(KEYRING)

    assert store("passphrase:", tmp_path, PHRASE).read() == KEYRING
    with pytest.raises(KeyServiceRefused, match="another one's"):
        store("passphrase:", tmp_path, PHRASE + "s").read()
    with pytest.raises(KeyringUnusable, match="12 characters or more"):
        store("passphrase:", tmp_path, "short")
    # One that would take all memory of the machine.
    file = tmp_path / "keyring.wrapped.json"
    document = json.loads(file.read_text("utf-8"))
    document["key"] = document["key"].replace("m=65536", "m=99999999")
    file.write_text(json.dumps(document), "utf-8")
    with pytest.raises(KeyringUnusable, match="damaged"):
        store("passphrase:", tmp_path, PHRASE).read()


def test_a_key_of_a_hardware_module_wraps_the_keyring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = token(tmp_path, "hub", monkeypatch)
    place = f"pkcs11:token=hub;object=keyring?module-path={module}"
    store(place, tmp_path, PIN).create(KEYRING)

    assert store(place, tmp_path, PIN).read() == KEYRING
    for spoiled, secret, why in (
        (place, "0000", "PIN in JACKFIELD_KEYRING_SECRET is wrong"),
        (place.replace("object=keyring", "object=other"), PIN, "no such secret key"),
        (place.replace("token=hub", "token=other"), PIN, "no such token"),
        (place.replace("libsofthsm2", "missing"), PIN, "cannot be loaded"),
    ):
        with pytest.raises(KeyServiceRefused, match=why) as refused:
            store(spoiled, tmp_path, secret).read()
        assert secret not in str(refused.value)


def test_a_key_of_the_same_name_on_another_token_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    module = token(tmp_path / "first", "hub", monkeypatch)
    place = f"pkcs11:token=hub;object=keyring?module-path={module}"
    store(place, tmp_path, PIN).create(KEYRING)

    token(tmp_path / "second", "hub", monkeypatch)

    with pytest.raises(KeyServiceRefused, match="does not open the keyring"):
        store(place, tmp_path, PIN).read()


def test_an_alias_of_aws_may_come_to_name_another_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with aws_kms(tmp_path, monkeypatch):
        kms = aws.AwsKms({aws.arn(f"key/{each}"): VersionedKey() for each in (1, 2)})
        kms.aliases[aws.arn("alias/hub")] = aws.arn("key/1")
        with serving(kms) as server:
            place = store(f"aws-kms:{aws.arn('alias/hub')}?endpoint={server.url}", tmp_path)
            place.create(KEYRING)
            kms.aliases[aws.arn("alias/hub")] = aws.arn("key/2")

            assert place.read() == KEYRING
            place.replace(KEYRING, second := Keyring.mint(NOW))

            assert place.status().details["wrapped_by"] == aws.arn("key/2")
            assert place.read() == second


def test_a_token_of_azure_goes_to_the_named_vault_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with azure(tmp_path, monkeypatch) as service:
        service.store().create(KEYRING)
        document = json.loads(service.document.read_text("utf-8"))
        document["key"] = "https://hub.vault.azure.test.example.com/keys/keyring/a1"
        service.document.write_text(json.dumps(document), "utf-8")
        asked = len(service.server.seen)

        with pytest.raises(KeyServiceRefused, match="did not wrap this keyring"):
            service.store().read()

        assert len(service.server.seen) == asked


def test_vault_is_signed_in_to_with_an_app_role(tmp_path: Path) -> None:
    engine = vault_transit.VaultTransit({"hub": VersionedKey()}, secret_ids={"hub-role": "s-1"})
    with serving(engine) as server:
        place = f"vault-transit:{server.url}/transit/keys/hub?auth=approle&role=hub-role"
        store(place, tmp_path, "s-1").create(KEYRING)

        assert store(place, tmp_path, "s-1").read() == KEYRING
        with pytest.raises(KeyServiceRefused):
            store(place, tmp_path, "s-2").read()
        engine.is_sealed = True
        with pytest.raises(KeyServiceAway, match="VaultDown"):
            store(place, tmp_path, "s-1").read()


def test_a_service_that_is_not_there_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transit(tmp_path, monkeypatch) as service:
        service.store().create(KEYRING)
    asked: list[float] = []
    monkeypatch.setattr(patience, "PAUSES", (1.0, 2.0))
    monkeypatch.setattr(patience.time, "sleep", asked.append)

    with pytest.raises(KeyServiceAway, match="does not answer"):
        service.store().read()

    assert asked == [1.0, 2.0]


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("aws-kms:alias/hub", "expected aws-kms:arn:aws:kms:"),
        ("aws-kms:" + aws.arn("key/1") + "?regoin=x", "no option 'regoin'; it has: endpoint"),
        ("gcp-kms:hub", "expected gcp-kms:projects/"),
        ("azure-key-vault:http://hub.vault.azure.net/keys/hub", "expected azure-key-vault:https"),
        ("vault-transit:https://vault:8200", "expected vault-transit:https://HOST"),
        ("vault-transit:https://v/transit/keys/k?auth=ldap", "auth= is token, approle or"),
        ("vault-transit:https://v/transit/keys/k?auth=approle", "needs role="),
        ("vault-transit:https://v/transit/keys/k?auth=approle&role=r", "needs its secret id"),
        ("vault-transit:https://v/transit/keys/k?role=a&role=b", "given twice"),
        ("pkcs11:token=hub;object=keyring", "expected pkcs11:token="),
        ("pkcs11:token=hub;object=k?module-path=/m.so", "needs the PIN"),
        ("passphrase:", "needs one of 12 characters"),
    ],
)
def test_what_names_no_key_is_refused_with_what_would(
    tmp_path: Path, location: str, why: str
) -> None:
    with pytest.raises(KeyringUnusable, match=why):
        store(location, tmp_path)
