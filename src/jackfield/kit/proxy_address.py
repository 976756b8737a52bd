"""The address of an HTTP proxy that the hub's own requests leave by."""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import unquote

from jackfield.kit.secret import Secret
from jackfield.kit.urls import find_origin

_USUAL_PORT: Final = 3128


@dataclass(frozen=True, slots=True)
class ProxyAddress:
    """Where a proxy listens; `authorization` is the value of a header, and a secret."""

    host: str
    port: int
    authorization: Secret | None = field(default=None, repr=False)

    @classmethod
    def read(cls, url: str) -> Self:
        """
        Read `http://host:port`, or `http://user:password@host:port`.

        Raises:
            ValueError: it is something else; the text does not quote it.
        """
        scheme, _, rest = url.partition("://")
        sign_in, _, place = rest.rstrip("/").rpartition("@")
        origin = find_origin(f"http://{place}")
        # An origin in normal form has no port where it is the usual one of the web.
        host, colon, port = place.rpartition(":")
        if not colon or not port.isdecimal() or host.endswith(":"):
            host, port = place, str(_USUAL_PORT)
        if scheme.lower() != "http" or origin is None or "/" in place or "?" in place:
            msg = (
                "expected http://host:port or http://user:password@host:port, with an escaped "
                "user name and password, and without a path"
            )
            raise ValueError(msg)
        return cls(host.strip("[]").lower(), int(port), _authorization(sign_in))


def _authorization(sign_in: str) -> Secret | None:
    if not sign_in:
        return None
    user, _, password = sign_in.partition(":")
    pair = f"{unquote(user)}:{unquote(password)}"
    return Secret("Basic " + b64encode(pair.encode()).decode())
