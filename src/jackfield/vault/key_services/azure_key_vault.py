"""Keys of Azure Key Vault, by its client azure-keyvault-keys: `azure-key-vault:https://…/keys/KEY`."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from jackfield.vault.key_services.port import (
    CONNECT_SECONDS,
    READ_SECONDS,
    SERVER_FAULT,
    TOO_MANY_REQUESTS,
    KeyServiceAway,
    KeyServiceRefused,
    WrappedKey,
    library,
)
from jackfield.vault.key_services.reference import Reference
from jackfield.vault.key_services.wrapped_store import WrappedStore
from jackfield.vault.keyring import KeyringUnusable
from jackfield.vault.keyring_store import Surroundings

_URL: Final = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?/keys/[A-Za-z0-9-]+")
_EXPECTED: Final = "https://VAULT.vault.azure.net/keys/KEY"
_ALGORITHM: Final = "RSA-OAEP-256"
# Those of a developer's machine are left out: each would be tried, and takes its time.
_NO_DEVELOPER: Final = {
    f"exclude_{each}_credential": True
    for each in ("shared_token_cache", "visual_studio_code", "cli", "powershell", "developer_cli")
} | {"exclude_interactive_browser_credential": True, "exclude_broker_credential": True}
_REFUSALS: Final = {
    401: "it does not know these credentials",
    403: (
        "these credentials may not use it, or its version is disabled: give them the role "
        "Key Vault Crypto Service Encryption User"
    ),
    404: "there is no such key, or no such version of it",
}


class AzureKeyVault:
    """An RSA key of Azure Key Vault, with a service principal or a managed or workload identity."""

    def __init__(self, reference: Reference) -> None:
        if _URL.fullmatch(reference.key) is None:
            raise reference.unlike(_EXPECTED)
        self._url = reference.key
        self._identity = library("azure.identity")
        self._crypto = library("azure.keyvault.keys.crypto")
        self._errors = library("azure.core.exceptions")
        self.title = f"the key {self._url} of Azure Key Vault"

    def wrap(self, data_key: bytes) -> WrappedKey:
        with self._failures(), self._client(self._url) as client:
            answer = client.wrap_key(_ALGORITHM, data_key)
        return WrappedKey(answer.encrypted_key, answer.key_id)

    def unwrap(self, wrapped: WrappedKey) -> bytes:
        # The token goes to the host of this address: never to one that only the document names.
        if not wrapped.key.startswith(f"{self._url}/"):
            msg = f"{self.title} did not wrap this keyring: {wrapped.key} did"
            raise KeyServiceRefused(msg)
        with self._failures(), self._client(wrapped.key) as client:
            return client.unwrap_key(_ALGORITHM, wrapped.ciphertext).key

    @contextmanager
    def _client(self, key: str) -> Generator[Any]:
        patience = {"connection_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS}
        with (
            self._identity.DefaultAzureCredential(
                **_NO_DEVELOPER, **patience, retry_total=0
            ) as credential,
            self._crypto.CryptographyClient(
                key, credential, **patience, retry_total=0, redirect_max=0
            ) as client,
        ):
            yield client

    @contextmanager
    def _failures(self) -> Generator[None]:
        try:
            yield
        except (self._errors.ServiceRequestError, self._errors.ServiceResponseError) as error:
            msg = f"{self.title} does not answer: {type(error).__name__}"
            raise KeyServiceAway(msg) from None
        except self._errors.HttpResponseError as error:
            raise self._failure(error) from None
        except (self._errors.AzureError, ValueError, NotImplementedError) as error:
            msg = f"{self.title} cannot be used: {type(error).__name__}"
            raise KeyServiceRefused(msg) from None

    def _failure(self, error: Any) -> KeyringUnusable:
        status = int(error.status_code or 0)
        code = getattr(error.error, "code", None) or status or type(error).__name__
        if status >= SERVER_FAULT or status == TOO_MANY_REQUESTS:
            return KeyServiceAway(f"{self.title} does not do its work now [{code}]")
        why = _REFUSALS.get(status, "it refuses these credentials or this request")
        return KeyServiceRefused(f"{self.title} does not open the keyring: {why} [{code}]")


def open_store(rest: str, surroundings: Surroundings) -> WrappedStore:
    reference = Reference.parse("azure-key-vault", rest)
    return WrappedStore(reference, AzureKeyVault(reference), surroundings)
