"""Keys of Google Cloud KMS, by its client google-cloud-kms: `gcp-kms:projects/…/cryptoKeys/KEY`."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from jackfield.vault.key_services.port import (
    PURPOSE,
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

_NAME: Final = re.compile(
    r"projects/[^/\s]+/locations/[^/\s]+/keyRings/[^/\s]+/cryptoKeys/[A-Za-z0-9_-]+"
)
_EXPECTED: Final = "projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY"
_REFUSALS: Final = {
    "FAILED_PRECONDITION": "the version of it that wrapped the keyring is disabled or destroyed",
    "INVALID_ARGUMENT": "it did not wrap this keyring, or is not a symmetric key that encrypts",
    "NOT_FOUND": "there is no such key",
    "PERMISSION_DENIED": (
        "these credentials may not use it: give them roles/cloudkms.cryptoKeyEncrypterDecrypter"
    ),
    "UNAUTHENTICATED": "it does not know these credentials",
}


class GcpKms:
    """A key of Google Cloud KMS, with the Application Default Credentials."""

    def __init__(self, reference: Reference) -> None:
        if _NAME.fullmatch(reference.key) is None:
            raise reference.unlike(_EXPECTED)
        self._name = reference.key
        self._endpoint = reference.options.get("endpoint")
        self._kms = library("google.cloud.kms_v1")
        self._errors = library("google.api_core.exceptions")
        self._auth_errors = library("google.auth.exceptions")
        self._http_errors = library("requests.exceptions")
        self.title = f"the key {self._name} of Google Cloud KMS"

    def wrap(self, data_key: bytes) -> WrappedKey:
        request = {
            "name": self._name,
            "plaintext": data_key,
            "additional_authenticated_data": PURPOSE.encode(),
        }
        with self._failures(), self._client() as client:
            answer = client.encrypt(request=request, timeout=READ_SECONDS, retry=None)
        return WrappedKey(answer.ciphertext, answer.name)

    def unwrap(self, wrapped: WrappedKey) -> bytes:
        # By the key alone: the service sees from the ciphertext which version of it is needed.
        request = {
            "name": self._name,
            "ciphertext": wrapped.ciphertext,
            "additional_authenticated_data": PURPOSE.encode(),
        }
        with self._failures(), self._client() as client:
            answer = client.decrypt(request=request, timeout=READ_SECONDS, retry=None)
        return answer.plaintext

    def _client(self) -> Any:
        options = {"api_endpoint": self._endpoint} if self._endpoint else None
        # Over HTTP: a channel of gRPC keeps threads of its own in the process.
        return self._kms.KeyManagementServiceClient(transport="rest", client_options=options)

    @contextmanager
    def _failures(self) -> Generator[None]:
        try:
            yield
        except self._errors.GoogleAPICallError as error:
            raise self._failure(error) from None
        except self._http_errors.SSLError:
            msg = f"{self.title} cannot be reached over TLS: its certificate is not trusted"
            raise KeyServiceRefused(msg) from None
        except (self._http_errors.RequestException, self._auth_errors.TransportError) as error:
            msg = f"{self.title} does not answer: {type(error).__name__}"
            raise KeyServiceAway(msg) from None
        except self._auth_errors.GoogleAuthError as error:
            if getattr(error, "retryable", False):
                msg = f"{self.title} cannot be asked now: its sign-in does not answer"
                raise KeyServiceAway(msg) from None
            msg = f"{self.title} cannot be asked: no credentials work [{type(error).__name__}]"
            raise KeyServiceRefused(msg) from None

    def _failure(self, error: Any) -> KeyringUnusable:
        status = int(error.code or 0)
        word = _status_of(error.response) or str(status)
        if status >= SERVER_FAULT or status == TOO_MANY_REQUESTS:
            return KeyServiceAway(f"{self.title} does not do its work now [{word}]")
        why = _REFUSALS.get(word, "it refuses these credentials or this request")
        return KeyServiceRefused(f"{self.title} does not open the keyring: {why} [{word}]")


def _status_of(response: Any) -> str | None:
    """Return the word that tells apart what has one status in HTTP."""
    try:
        return response.json()["error"]["status"]
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def open_store(rest: str, surroundings: Surroundings) -> WrappedStore:
    reference = Reference.parse("gcp-kms", rest, "endpoint")
    return WrappedStore(reference, GcpKms(reference), surroundings)
