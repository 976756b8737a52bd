"""Keys of the transit engine of HashiCorp Vault or OpenBao, by the client hvac: `vault-transit:https://…/MOUNT/keys/KEY`."""

import base64
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from jackfield.kit.secret import Secret
from jackfield.vault.key_services.port import (
    CONNECT_SECONDS,
    READ_SECONDS,
    KeyServiceAway,
    KeyServiceRefused,
    WrappedKey,
    library,
)
from jackfield.vault.key_services.reference import Reference
from jackfield.vault.key_services.wrapped_store import WrappedStore
from jackfield.vault.keyring import KeyringUnusable
from jackfield.vault.keyring_store import Surroundings

_URL: Final = re.compile(r"(https?://[^/\s]+)/(?:v1/)?([A-Za-z0-9/_.-]+)/keys/([A-Za-z0-9_.-]+)")
_EXPECTED: Final = "https://HOST:8200/transit/keys/KEY"
_POD_TOKEN: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path
_TOKEN, _APPROLE, _KUBERNETES = "token", "approle", "kubernetes"
_OPTIONS: Final = ("auth", "role", "auth-mount", "namespace")


class VaultTransit:
    """A key of a transit engine, with a token, an AppRole or the identity of a pod."""

    def __init__(self, reference: Reference, secret: Secret | None) -> None:
        match = _URL.fullmatch(reference.key)
        if match is None:
            raise reference.unlike(_EXPECTED)
        self._server, self._mount, self._name = match.groups()
        self._secret = secret
        self._options = reference.options
        self._auth = reference.options.get("auth", _TOKEN)
        if self._auth not in {_TOKEN, _APPROLE, _KUBERNETES}:
            msg = f"JACKFIELD_KEYRING: auth= is {_TOKEN}, {_APPROLE} or {_KUBERNETES}"
            raise KeyringUnusable(msg)
        if self._auth != _TOKEN and not reference.options.get("role"):
            msg = f"JACKFIELD_KEYRING: auth={self._auth} needs role=, whose role it is"
            raise KeyringUnusable(msg)
        if self._auth == _APPROLE and secret is None:
            msg = "JACKFIELD_KEYRING: auth=approle needs its secret id in JACKFIELD_KEYRING_SECRET"
            raise KeyringUnusable(msg)
        self._hvac = library("hvac")
        self._errors = library("hvac.exceptions")
        self._http_errors = library("requests.exceptions")
        self.title = f"the key {self._mount}/keys/{self._name} of Vault at {self._server}"

    def wrap(self, data_key: bytes) -> WrappedKey:
        with self._failures():
            answer = self._client().secrets.transit.encrypt_data(
                name=self._name,
                plaintext=base64.b64encode(data_key).decode(),
                mount_point=self._mount,
            )
            ciphertext = answer["data"]["ciphertext"]
            # vault:v3:… - the version of the key is in what it wraps.
            version = ciphertext.split(":")[1]
        return WrappedKey(ciphertext.encode(), f"{self._mount}/keys/{self._name}:{version}")

    def unwrap(self, wrapped: WrappedKey) -> bytes:
        with self._failures():
            answer = self._client().secrets.transit.decrypt_data(
                name=self._name,
                ciphertext=wrapped.ciphertext.decode(),
                mount_point=self._mount,
            )
            return base64.b64decode(answer["data"]["plaintext"], validate=True)

    def _client(self) -> Any:
        client = self._hvac.Client(
            url=self._server,
            token=self._secret.reveal() if self._secret and self._auth == _TOKEN else None,
            namespace=self._options.get("namespace"),
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            # The token would go to wherever it is sent on.
            allow_redirects=False,
        )
        mount = self._options.get("auth-mount", self._auth)
        if self._auth == _APPROLE and self._secret is not None:
            client.auth.approle.login(
                role_id=self._options["role"], secret_id=self._secret.reveal(), mount_point=mount
            )
        if self._auth == _KUBERNETES:
            client.auth.kubernetes.login(
                role=self._options["role"], jwt=_pod_token(), mount_point=mount
            )
        return client

    @contextmanager
    def _failures(self) -> Generator[None]:
        try:
            yield
        except (self._errors.Forbidden, self._errors.Unauthorized):
            msg = (
                f"{self.title} does not open the keyring: this sign-in may not use it, or has ended; "
                "allow update on encrypt/KEY and decrypt/KEY of its mount [403]"
            )
            raise KeyServiceRefused(msg) from None
        except self._errors.InvalidPath:
            msg = f"{self.title} does not open the keyring: there is no such mount or key [404]"
            raise KeyServiceRefused(msg) from None
        except self._errors.InvalidRequest:
            msg = (
                f"{self.title} does not open the keyring: it did not wrap it, there is no such key, "
                "or min_decryption_version is above the version that did [400]"
            )
            raise KeyServiceRefused(msg) from None
        except (
            self._errors.RateLimitExceeded,
            self._errors.InternalServerError,
            self._errors.VaultNotInitialized,
            self._errors.VaultDown,
            self._errors.BadGateway,
        ) as error:
            msg = f"{self.title} does not do its work now [{type(error).__name__}]"
            raise KeyServiceAway(msg) from None
        except self._http_errors.SSLError:
            msg = f"{self.title} cannot be reached over TLS: its certificate is not trusted"
            raise KeyServiceRefused(msg) from None
        except self._http_errors.RequestException as error:
            msg = f"{self.title} does not answer: {type(error).__name__}"
            raise KeyServiceAway(msg) from None
        except (self._errors.VaultError, AttributeError, KeyError, TypeError, ValueError) as error:
            msg = (
                f"{self.title} gives an answer that is none: is it the address of the active "
                f"server? [{type(error).__name__}]"
            )
            raise KeyServiceRefused(msg) from None


def _pod_token() -> str:
    try:
        return Path(_POD_TOKEN).read_text("utf-8").strip()
    except OSError as error:
        msg = f"JACKFIELD_KEYRING: auth=kubernetes, but {_POD_TOKEN} is not there: {error.strerror}"
        raise KeyServiceRefused(msg) from error


def open_store(rest: str, surroundings: Surroundings) -> WrappedStore:
    reference = Reference.parse("vault-transit", rest, *_OPTIONS)
    return WrappedStore(reference, VaultTransit(reference, surroundings.secret), surroundings)
