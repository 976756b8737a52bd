"""WSSE: the user name token of WS-Security in a header."""

import base64
import hashlib
from collections.abc import Mapping
from secrets import token_bytes
from typing import Final

from jackfield.engine.auth.additions import Additions
from jackfield.engine.auth.signable import Sign, Signable
from jackfield.engine.auth.signing_fields import compile_fields
from jackfield.engine.compat import Mode
from jackfield.engine.current_time import now
from jackfield.engine.document_reader import require_known, take_choice
from jackfield.engine.errors import InvalidStep
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.schema.signing import WSSE_FORMS, WSSE_HASHES, WSSE_SIGNING
from jackfield.kit.json import Json

_NONCE_BYTES: Final = 16
_PROFILE: Final = 'WSSE profile="UsernameToken"'


def compile_wsse(content: Mapping[str, Json], mode: Mode) -> Sign:
    """
    Compile `{strategy: wsse, username, password, …}`.

    Raises:
        InvalidStep: it is malformed.
    """
    require_known(content, WSSE_SIGNING.entries, "signing")
    chosen = {"algorithm": "sha1", "nonceFormat": "base64", "digestFormat": "base64", **content}
    algorithm = take_choice(chosen, "algorithm", WSSE_HASHES, "signing.algorithm")
    nonce_format = take_choice(chosen, "nonceFormat", WSSE_FORMS, "signing.nonceFormat")
    digest_format = take_choice(chosen, "digestFormat", WSSE_FORMS, "signing.digestFormat")
    fields = compile_fields(content, mode, needed=("username", "password"))
    header = str(content.get("headerName") or "X-WSSE")

    def sign(_request: Signable, scope: EvaluationScope) -> Additions:
        values = fields(scope)
        if '"' in values["username"]:
            msg = "A user name of WSSE cannot hold a quotation mark"
            raise InvalidStep(msg)
        nonce = token_bytes(_NONCE_BYTES)
        if nonce_format == "hex":
            # Its digits are what is hashed, and what is sent.
            nonce = nonce.hex().encode()
        created = f"{now():%Y-%m-%dT%H:%M:%SZ}"
        text = nonce + f"{created}{values['password']}".encode("utf-8", "replace")
        raw = hashlib.new(algorithm, text).digest()
        digest = _base64(raw.hex().encode() if digest_format == "hex" else raw)
        sent = nonce.decode() if nonce_format == "hex" else _base64(nonce)
        token = (
            f'UsernameToken Username="{values["username"]}", PasswordDigest="{digest}", '
            f'Nonce="{sent}", Created="{created}"'
        )
        return Additions(headers=[("Authorization", _PROFILE), (header, token)], secrets=(digest,))

    return sign


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
