"""The client of oauthlib, which signs with RSA keys through a signer, and hashes bodies."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any, Final

from oauthlib.oauth1 import Client

from jackfield.engine.errors import InvalidStep
from jackfield.engine.ports import Signer

_RSA: Final = ("RSA-SHA1", "RSA-SHA256", "RSA-SHA512")


class UnusableKey(Exception):
    """The application's key signs nothing; the message says why."""


class SigningClient(Client):
    """Signs requests. `body` is hashed into the signature, for schemes that sign bodies of any kind.

    oauthlib signs with RSA by a library of its own, which the hub does without.
    """

    SIGNATURE_METHODS: dict[str, Callable[[str, Any], str]] = {
        **Client.SIGNATURE_METHODS,
        **{name: lambda text, client: client.sign_with_key(text) for name in _RSA},
    }

    def __init__(self, signer: Signer | None, body: bytes | None, **fields: str | None) -> None:
        # Its types are known in part only.
        oauthlib: Any = super()
        oauthlib.__init__(**fields)
        self._signer = signer
        self._body = body
        self._digest = str(fields["signature_method"]).rpartition("-")[2].lower()

    def sign_with_key(self, text: str) -> str:
        if self._signer is None:
            msg = "this run has no signer"
            raise InvalidStep(msg)
        key = str(self.rsa_key)
        try:
            signed = self._signer.sign_rsa(text.encode(), private_key=key, digest=self._digest)
        except ValueError as error:
            raise UnusableKey(str(error)) from None
        return base64.b64encode(signed).decode()

    def get_oauth_params(self, request: object) -> list[tuple[str, str]]:
        oauthlib: Any = super()
        params: list[tuple[str, str]] = oauthlib.get_oauth_params(request)
        if self._body is not None:
            raw = hashlib.new(self._digest, self._body).digest()
            params.append(("oauth_body_hash", base64.b64encode(raw).decode()))
        return params
