"""Keys of AWS KMS, by its client botocore: `aws-kms:arn:aws:kms:REGION:ACCOUNT:key/ID`."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from jackfield.vault.key_services.port import (
    CONNECT_SECONDS,
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

_ARN: Final = re.compile(r"arn:[a-z-]+:kms:([a-z0-9-]+):\d{12}:(?:key|alias)/[A-Za-z0-9/_-]+")
_EXPECTED: Final = "arn:aws:kms:REGION:ACCOUNT:key/ID, or …:alias/NAME"
_CONTEXT: Final = {"purpose": PURPOSE}
_BUSY: Final = frozenset(
    {
        "DependencyTimeoutException",
        "KMSInternalException",
        "KeyUnavailableException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
    }
)
_REFUSALS: Final = {
    "AccessDeniedException": "these credentials may not use it: allow kms:Encrypt and kms:Decrypt",
    "DisabledException": "it is disabled: enable it",
    "IncorrectKeyException": "another key wrapped this keyring",
    "InvalidCiphertextException": "it did not wrap this keyring",
    "InvalidKeyUsageException": "it is not a symmetric key that encrypts",
    "KMSInvalidStateException": "it cannot be used in its state, such as while its deletion waits",
    "NotFoundException": "there is no such key in that account and region",
}


class AwsKms:
    """A key of AWS KMS, with the credentials that AWS's own client finds."""

    def __init__(self, reference: Reference) -> None:
        match = _ARN.fullmatch(reference.key)
        if match is None:
            raise reference.unlike(_EXPECTED)
        self._arn = reference.key
        self._region = match[1]
        self._endpoint = reference.options.get("endpoint")
        self._session = library("botocore.session")
        self._config = library("botocore.config")
        self._errors = library("botocore.exceptions")
        self.title = f"the key {self._arn} of AWS KMS"

    def wrap(self, data_key: bytes) -> WrappedKey:
        with self._failures():
            answer = self._client().encrypt(
                KeyId=self._arn, Plaintext=data_key, EncryptionContext=_CONTEXT
            )
        # The key behind an alias, which may be another one by the time this is opened.
        return WrappedKey(answer["CiphertextBlob"], answer["KeyId"])

    def unwrap(self, wrapped: WrappedKey) -> bytes:
        with self._failures():
            answer = self._client().decrypt(
                KeyId=wrapped.key, CiphertextBlob=wrapped.ciphertext, EncryptionContext=_CONTEXT
            )
        return answer["Plaintext"]

    def _client(self) -> Any:
        config = self._config.Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            # Tried again in one place for all services.
            retries={"mode": "standard", "total_max_attempts": 1},
        )
        return self._session.Session().create_client(
            "kms", region_name=self._region, endpoint_url=self._endpoint, config=config
        )

    @contextmanager
    def _failures(self) -> Generator[None]:
        try:
            yield
        except self._errors.ClientError as error:
            raise self._failure(error.response) from None
        except (self._errors.SSLError, self._errors.ProxyConnectionError) as error:
            msg = f"{self.title} cannot be reached over TLS: {type(error).__name__}"
            raise KeyServiceRefused(msg) from None
        except (
            self._errors.HTTPClientError,
            self._errors.MetadataRetrievalError,
            self._errors.CredentialRetrievalError,
        ) as error:
            msg = f"{self.title} does not answer: {type(error).__name__}"
            raise KeyServiceAway(msg) from None
        except self._errors.BotoCoreError as error:
            msg = f"{self.title} cannot be asked: {error}"
            raise KeyServiceRefused(msg) from None

    def _failure(self, answer: dict[str, Any]) -> KeyringUnusable:
        code = str(answer.get("Error", {}).get("Code"))
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _BUSY or status >= SERVER_FAULT or status == TOO_MANY_REQUESTS:
            return KeyServiceAway(f"{self.title} does not do its work now [{code}]")
        why = _REFUSALS.get(code, "it refuses these credentials or this request")
        return KeyServiceRefused(f"{self.title} does not open the keyring: {why} [{code}]")


def open_store(rest: str, surroundings: Surroundings) -> WrappedStore:
    reference = Reference.parse("aws-kms", rest, "endpoint")
    return WrappedStore(reference, AwsKms(reference), surroundings)
