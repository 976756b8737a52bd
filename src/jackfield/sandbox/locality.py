"""The check that a request comes from this machine's programs, or from a sandbox's own page."""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit


def is_local(headers: Mapping[str, str], *, origin: str) -> bool:
    """
    Return whether a request comes from a program, or from the sandbox's own page.

    The page of another site cannot reach it by a name of its own that leads to this machine.
    """
    host = urlsplit(origin).hostname or ""
    is_name = "." in host and not host.endswith(".localhost")
    if is_name:
        try:
            ip_address(host)
        except ValueError:
            return False
    return headers.get("origin", origin) == origin
