"""The check of `{strategy: wsse}`: the digest of a password, a nonce and the time."""

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from jackfield.kit.json import Json, text
from jackfield.sandbox.connector.signatures.signed_request import SignedRequest, hash_of, is_same

_TOKEN: Final = re.compile(
    r'UsernameToken Username="(?P<username>[^"]*)", PasswordDigest="(?P<digest>[^"]*)", '
    r'Nonce="(?P<nonce>[^"]*)", Created="(?P<created>[^"]*)"'
)


def is_signed(content: Mapping[str, Json], incoming: SignedRequest) -> bool:
    """
    Return whether a request has the token of a user name and its password.

    Raises:
        ValueError: what it carries has another form.
    """
    header = text(content, "headerName") or "X-WSSE"
    found = _TOKEN.fullmatch(incoming.headers.get(header.lower(), ""))
    has_profile = incoming.headers.get("authorization", "").startswith("WSSE ")
    if found is None or not has_profile:
        return False
    is_hex = content.get("nonceFormat") == "hex"
    nonce = found["nonce"].encode() if is_hex else base64.b64decode(found["nonce"], validate=True)
    password = incoming.value(content.get("password"))
    hashed = hash_of(
        nonce + found["created"].encode() + password.encode(), text(content, "algorithm") or "sha1"
    )
    if content.get("digestFormat") == "hex":
        hashed = hashed.hex().encode()
    return (
        found["username"] == incoming.value(content.get("username"))
        and incoming.is_fresh(datetime.fromisoformat(found["created"]))
        and is_same(found["digest"], base64.b64encode(hashed).decode())
    )
