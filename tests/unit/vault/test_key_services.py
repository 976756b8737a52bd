"""What every key service does for the keyring, asked by its vendor's own client."""

import base64
import io
import json
import stat

import pytest

from jackfield.vault.key_services import patience
from jackfield.vault.key_services.port import KeyServiceAway, KeyServiceRefused
from jackfield.vault.keyring import Keyring, KeyringUnusable
from tests.support.clock import NOW
from tests.support.key_services.server import Told
from tests.support.key_services.stand_ins import StandIn

KEYRING = Keyring.mint(NOW)


def test_a_keyring_is_opened_by_the_service_that_wrapped_it_alone(service: StandIn) -> None:
    service.store().create(KEYRING)

    assert service.store().read() == KEYRING
    assert stat.S_IMODE(service.document.stat().st_mode) == 0o600
    written = service.document.read_bytes()
    assert base64.b64encode(KEYRING.keys[0].secret) not in written
    assert KEYRING.keys[0].secret not in b"".join(
        base64.b64decode(json.loads(written)[each]) for each in ("wrapped_key", "sealed")
    )
    service.replace()
    with pytest.raises(KeyServiceRefused, match="does not open the keyring"):
        service.store().read()


@pytest.mark.slow
def test_a_new_version_of_the_services_key_opens_what_older_ones_wrapped(
    service: StandIn,
) -> None:
    service.store().create(KEYRING)
    first = service.store().status().details["wrapped_by"]

    service.rotate()
    assert service.store().read() == KEYRING
    before = service.store().revision()
    service.store().replace(KEYRING, second := Keyring.mint(NOW))

    assert service.store().read() == second
    assert service.store().revision() != before
    # AWS says nothing of versions.
    assert "arn:" in first or service.store().status().details["wrapped_by"] != first


@pytest.mark.slow
def test_a_service_that_is_busy_is_asked_again_and_not_for_ever(service: StandIn) -> None:
    service.store().create(KEYRING)
    service.server.first = [service.busy, Told(503, {})]
    assert service.store().read() == KEYRING

    service.server.first = [service.busy] * 20
    with pytest.raises(KeyServiceAway, match="does not do its work now"):
        service.store().read()
    assert len(service.server.first) >= 20 - 6


def test_a_service_that_is_silent_or_away_is_told_from_one_that_refuses(
    service: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.store().create(KEYRING)
    monkeypatch.setattr(patience, "PAUSES", ())
    for module in ("aws_kms", "gcp_kms", "azure_key_vault", "vault_transit"):
        monkeypatch.setattr(f"jackfield.vault.key_services.{module}.READ_SECONDS", 0.05)

    service.server.is_silent = True
    with pytest.raises(KeyServiceAway, match="does not answer"):
        service.store().read()


def test_no_attempt_outlasts_its_time_whatever_the_client_does(
    service: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.store().create(KEYRING)
    monkeypatch.setattr(patience, "PAUSES", ())
    monkeypatch.setattr(patience, "ATTEMPT_SECONDS", 0.05)

    service.server.is_silent = True
    with pytest.raises(KeyServiceAway, match="did not answer within"):
        service.store().read()


def test_who_may_not_decrypt_is_told_what_to_allow_and_makes_no_keyring(
    service: StandIn,
) -> None:
    service.deny()

    with pytest.raises(KeyServiceRefused, match=r"may not use it.*(allow|role)"):
        service.store().create(KEYRING)

    assert not service.document.exists()
    assert len(service.server.seen) < 6, "a refusal is not asked again"


def test_a_disabled_version_opens_nothing_and_is_named(service: StandIn) -> None:
    service.store().create(KEYRING)
    service.disable()

    with pytest.raises(KeyServiceRefused, match=r"disabled|min_decryption_version"):
        service.store().read()


def test_nothing_secret_is_said_or_logged(service: StandIn, log_lines: io.StringIO) -> None:
    service.store().create(KEYRING)
    service.store().read()
    service.server.first = [Told(400, {"message": "unheard of"})] * 3
    with pytest.raises(KeyringUnusable) as refused:
        service.store().read()

    said = log_lines.getvalue() + str(refused.value) + repr(service.store().status())
    secrets = ["secret-of-the-access-key", "PRIVATE KEY", "token-of-the-", "header-of-the-app"]
    assert not [each for each in secrets if each in said]
    assert base64.b64encode(KEYRING.keys[0].secret).decode() not in said
