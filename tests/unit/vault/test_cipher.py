import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from jackfield.kit.ids import ProjectId
from jackfield.kit.secret import Secret
from jackfield.vault.cipher import Binding, SealBroken, Vault, key_id
from jackfield.vault.keyring import Key, Keyring
from tests.support.clock import NOW
from tests.support.gcm_collision import colliding

HERE = Binding(ProjectId("prj_1"), "acc_1", "api_key", 1)
KEYRING = Keyring.mint(NOW)
VAULT = Vault(KEYRING)
SHREDDING_KEY = b"s" * 32


@given(st.text())
def test_what_is_sealed_opens_again(secret: str) -> None:
    assert VAULT.open(VAULT.seal(Secret(secret), HERE), HERE).reveal() == secret


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"project_id": ProjectId("prj_2")},
        {"owner_id": "acc_2"},
        {"field": "other"},
        {"generation": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_credential_opens_only_for_the_place_it_was_sealed_for(
    elsewhere: dict[str, object],
) -> None:
    sealed = VAULT.seal(Secret("hunter2"), HERE)

    with pytest.raises(SealBroken):
        VAULT.open(sealed, structs.replace(HERE, **elsewhere))


@given(st.data())
def test_no_altered_byte_goes_unnoticed(data: st.DataObject) -> None:
    sealed = bytearray(VAULT.seal(Secret("hunter2"), HERE))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(SealBroken):
        VAULT.open(bytes(sealed), HERE)


@given(st.binary(max_size=200))
def test_bytes_that_were_never_sealed_do_not_open(noise: bytes) -> None:
    with pytest.raises(SealBroken):
        VAULT.open(noise, HERE)


def test_sealing_twice_never_gives_the_same_bytes() -> None:
    assert VAULT.seal(Secret("hunter2"), HERE) != VAULT.seal(Secret("hunter2"), HERE)


def test_the_key_is_named_in_every_ciphertext() -> None:
    assert key_id(VAULT.seal(Secret("hunter2"), HERE)) == KEYRING.current


def test_a_retired_key_still_opens_what_it_sealed() -> None:
    sealed = VAULT.seal(Secret("hunter2"), HERE)
    newer = Keyring.mint(NOW)

    both = Vault(Keyring((*KEYRING.keys, *newer.keys), newer.current))

    assert both.open(sealed, HERE).reveal() == "hunter2"


def test_another_keyring_opens_nothing() -> None:
    sealed = VAULT.seal(Secret("hunter2"), HERE)

    with pytest.raises(SealBroken):
        Vault(Keyring.mint(NOW)).open(sealed, HERE)


def test_a_credential_is_sealed_by_aes_256_gcm_under_a_key_of_its_own() -> None:
    """By the format alone: a version, the key's id, the wrapped key, its commitment, the value."""
    wrapping, bound = AESGCM(KEYRING.keys[0].secret), bytes(HERE)
    seen = set[bytes]()
    for _ in range(2):
        sealed = VAULT.seal(Secret("hunter2"), HERE)
        header, wrapped, commitment, boxed = sealed[:5], sealed[5:65], sealed[65:97], sealed[97:]

        own = wrapping.decrypt(wrapped[:12], wrapped[12:], header + bound)
        expanded = hmac.digest(own, b"jackfield sealed 2\x01", "sha512")
        opened = AESGCM(expanded[:32]).decrypt(boxed[:12], boxed[12:], b"\x02" + bound)

        assert (len(KEYRING.keys[0].secret), len(own), opened) == (32, 32, b"hunter2")
        assert commitment == expanded[32:]
        seen.add(own)
    assert len(seen) == 2


def test_with_a_shredding_key_both_halves_are_needed() -> None:
    """By the format alone: the data key is expanded with the shredding key."""
    sealed = VAULT.seal(Secret("hunter2"), HERE, SHREDDING_KEY)
    header, wrapped, commitment, boxed = sealed[:5], sealed[5:65], sealed[65:97], sealed[97:]

    own = AESGCM(KEYRING.keys[0].secret).decrypt(wrapped[:12], wrapped[12:], header + bytes(HERE))
    expanded = hmac.digest(own, b"jackfield sealed 3" + SHREDDING_KEY + b"\x01", "sha512")
    opened = AESGCM(expanded[:32]).decrypt(boxed[:12], boxed[12:], b"\x03" + bytes(HERE))

    assert (opened, commitment) == (b"hunter2", expanded[32:])
    assert VAULT.open(sealed, HERE, SHREDDING_KEY).reveal() == "hunter2"
    assert VAULT.unwraps(sealed, HERE)
    assert not Vault(Keyring.mint(NOW)).unwraps(sealed, HERE)


@pytest.mark.parametrize("key", [b"", bytes(32), b"t" * 32, b"s" * 31, b"s" * 33])
def test_without_its_shredding_key_nothing_opens(key: bytes) -> None:
    sealed = VAULT.seal(Secret("hunter2"), HERE, SHREDDING_KEY)

    with pytest.raises(SealBroken):
        VAULT.open(sealed, HERE, key)
    with pytest.raises(SealBroken):
        VAULT.rewrap(sealed, HERE, key)
    with pytest.raises(SealBroken):
        VAULT.open(b"\x02" + sealed[1:], HERE, SHREDDING_KEY)


def test_another_key_takes_the_place_of_a_wrapping_key_and_the_ciphertext_stays() -> None:
    sealed, newer = VAULT.seal(Secret("hunter2"), HERE, SHREDDING_KEY), Keyring.mint(NOW)
    both = Vault(Keyring((*KEYRING.keys, *newer.keys), newer.current))

    rewrapped = both.rewrap(sealed, HERE, SHREDDING_KEY)

    assert rewrapped[65:] == sealed[65:]
    assert Vault(newer).open(rewrapped, HERE, SHREDDING_KEY).reveal() == "hunter2"
    with pytest.raises(SealBroken):
        both.rewrap(sealed, structs.replace(HERE, owner_id="acc_2"), SHREDDING_KEY)


def test_what_had_no_shredding_key_has_one_once_it_is_wrapped_anew() -> None:
    rewrapped = VAULT.rewrap(VAULT.seal(Secret("hunter2"), HERE), HERE, SHREDDING_KEY)

    assert VAULT.open(rewrapped, HERE, SHREDDING_KEY).reveal() == "hunter2"
    with pytest.raises(SealBroken):
        VAULT.open(rewrapped, HERE)


@given(st.data())
def test_what_was_altered_is_not_wrapped_anew(data: st.DataObject) -> None:
    sealed = bytearray(VAULT.seal(Secret("hunter2"), HERE, SHREDDING_KEY))
    # Up to the end of the commitment: what follows is looked at when it is opened.
    sealed[data.draw(st.integers(0, 96))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(SealBroken):
        VAULT.rewrap(bytes(sealed), HERE, SHREDDING_KEY)


def test_a_ciphertext_opens_under_one_data_key_only() -> None:
    """Of two keys that fit a ciphertext made for both, an earlier format would take either."""
    keys, nonce = (b"a" * 32, b"b" * 32), b"n" * 12
    expanded = [hmac.digest(key, b"jackfield sealed 2\x01", "sha512") for key in keys]
    bound = b"\x02" + bytes(HERE)
    both = colliding(expanded[0][:32], expanded[1][:32], nonce, bound)
    texts = {AESGCM(each[:32]).decrypt(nonce, both, bound) for each in expanded}
    header = b"\x02" + bytes.fromhex(KEYRING.current)
    wrapped = [
        nonce + AESGCM(KEYRING.keys[0].secret).encrypt(nonce, key, header + bytes(HERE))
        for key in keys
    ]

    # Committed to the first, wrapped with the second.
    forged = header + wrapped[1] + expanded[0][32:] + nonce + both

    assert len(texts) == 2
    with pytest.raises(SealBroken):
        VAULT.open(forged, HERE)
    with pytest.raises(SealBroken):
        VAULT.rewrap(forged, HERE, SHREDDING_KEY)


def test_what_is_found_by_its_signature_is_found_where_another_key_is_current() -> None:
    newer = Key.mint(NOW)
    both = KEYRING.with_key(newer)
    before, after = Vault(both), Vault(both.sealing_with(newer.id))

    assert before.sign(b"write") != after.sign(b"write")
    assert before.sign(b"write") in after.signatures(b"write")
    assert after.sign(b"write") in before.signatures(b"write")
    assert set(VAULT.signatures(b"write")) == {VAULT.sign(b"write")}
