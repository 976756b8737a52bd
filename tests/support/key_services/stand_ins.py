"""One stand-in of each kind, with what tests do to any of them."""

import socket
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jackfield.kit.secret import Secret
from jackfield.vault.keyring_locations import open_store
from jackfield.vault.keyring_store import KeyringStore, Surroundings
from tests.support.certificates import Authority
from tests.support.key_services import aws_kms as aws
from tests.support.key_services import azure_key_vault, vault_transit
from tests.support.key_services import gcp_kms as gcp
from tests.support.key_services.keys import VersionedKey
from tests.support.key_services.server import KeyServer, Told, serving

PIN = "7391-token-pin"


@dataclass
class StandIn:
    """A key service under test, as an operator would name it."""

    location: str
    folder: Path
    server: KeyServer
    # What the credentials may not do, by the service's own word for decrypting.
    deny: Callable[[], None]
    rotate: Callable[[], None]
    disable: Callable[[], None]
    replace: Callable[[], None]
    busy: Told
    secret: Secret | None = None
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def document(self) -> Path:
        return self.folder / "keyring.wrapped.json"

    def store(self, *, secret: str | None = None, wrapped: str | None = None) -> KeyringStore:
        shown = self.secret if secret is None else Secret(secret)
        return open_store(
            self.location, Surroundings(self.variables.get, self.folder, shown, wrapped)
        )


@contextmanager
def aws_kms(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[StandIn]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", aws.ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-access-key")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    name = aws.arn("key/1234")
    kms = aws.AwsKms(keys={name: VersionedKey()})
    with serving(kms) as server:
        yield StandIn(
            f"aws-kms:{name}?endpoint={server.url}",
            folder,
            server,
            deny=lambda: kms.denied.add("Decrypt"),
            rotate=kms.keys[name].rotate,
            disable=lambda: kms.states.update({name: "Disabled"}),
            replace=lambda: kms.keys.update({name: VersionedKey()}),
            busy=aws.throttled(),
        )


@contextmanager
def gcp_kms(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[StandIn]:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(gcp.service_account(folder)))
    kms = gcp.GcpKms(keys={gcp.KEY: VersionedKey()})
    with serving(kms) as server:
        yield StandIn(
            f"gcp-kms:{gcp.KEY}?endpoint={server.url}",
            folder,
            server,
            deny=lambda: kms.denied.add("decrypt"),
            rotate=kms.keys[gcp.KEY].rotate,
            disable=lambda: kms.keys[gcp.KEY].disabled.add(1),
            replace=lambda: kms.keys.update({gcp.KEY: VersionedKey()}),
            busy=gcp.throttled(),
        )


@contextmanager
def azure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[StandIn]:
    authority, host = Authority(), azure_key_vault.HOST
    (folder / "root.pem").write_text(authority.root, "utf-8")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(folder / "root.pem"))
    found = socket.getaddrinfo

    def getaddrinfo(name: Any, *args: Any, **options: Any) -> Any:
        return found("127.0.0.1" if name == host else name, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    vault = azure_key_vault.AzureKeyVault()
    pair = authority.issue("Key Vault", host=host)
    with (
        serving(azure_key_vault.identity) as identity,
        serving(vault, pair=pair, folder=folder) as server,
    ):
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{identity.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header-of-the-app")
        vault.url = f"https://{host}:{server.port}"
        yield StandIn(
            f"azure-key-vault:{vault.url}/keys/keyring",
            folder,
            server,
            deny=lambda: vault.denied.add("unwrapkey"),
            rotate=vault.rotate,
            disable=lambda: vault.disabled.add("a1"),
            replace=vault.replace,
            busy=azure_key_vault.throttled(),
        )


@contextmanager
def transit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[StandIn]:
    # Its client would take another's.
    monkeypatch.delenv("VAULT_TOKEN", raising=False)
    engine = vault_transit.VaultTransit(keys={"hub": VersionedKey()})
    with serving(engine) as server:

        def disable() -> None:
            engine.oldest = 2

        yield StandIn(
            f"vault-transit:{server.url}/transit/keys/hub",
            folder,
            server,
            deny=lambda: engine.denied.add("decrypt"),
            rotate=engine.keys["hub"].rotate,
            disable=disable,
            replace=lambda: engine.keys.update({"hub": VersionedKey()}),
            busy=vault_transit.throttled(),
            secret=Secret(vault_transit.TOKEN),
        )


KINDS = {"aws": aws_kms, "gcp": gcp_kms, "azure": azure, "transit": transit}


def token(folder: Path, label: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a token of SoftHSM with an AES key `keyring` in it, and return the module's path."""
    import pkcs11  # noqa: PLC0415 - loads native code

    module = next(Path("/usr/lib").glob("**/softhsm/libsofthsm2.so"), None)
    assert module is not None, "softhsm2 is not installed; script/test installs it"
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    monkeypatch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
    command = ["softhsm2-util", "--init-token", "--free", "--label", label]
    subprocess.run([*command, "--so-pin", PIN, "--pin", PIN], check=True, capture_output=True)
    try:
        opened = pkcs11.lib(str(module)).get_token(token_label=label)
        with opened.open(rw=True, user_pin=PIN) as session:
            session.generate_key(pkcs11.KeyType.AES, 256, label="keyring", store=True)
    finally:
        pkcs11.unload(str(module))
    return module
