"""The network address of a client, behind the proxies that the operator trusts."""

from ipaddress import ip_address

from starlette.types import Scope

from jackfield.settings import Networks

_HEADER = b"x-forwarded-for"


def address_of(scope: Scope, trusted: Networks) -> str | None:
    """
    Return the address that a request comes from; none over a socket without addresses.

    What a client says of itself counts for nothing: only what a trusted proxy has added, the last
    address that is none of these.
    """
    client: tuple[str, int] | None = scope.get("client")
    peer = None if client is None else client[0]
    if not trusted or peer is None or not _is_in(peer, trusted):
        return peer
    told = b",".join([value for name, value in scope["headers"] if name == _HEADER])
    found = peer
    for each in reversed(told.decode("latin-1").split(",")):
        if (normal := _normal(each)) is None:
            break
        found = normal
        if not _is_in(found, trusted):
            break
    return found


def _normal(text: str) -> str | None:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None


def _is_in(address: str, networks: Networks) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in each for each in networks)
