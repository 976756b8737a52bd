"""The network address of a client, behind the proxies that the operator trusts."""

from ipaddress import IPv6Address, ip_address

from starlette.types import Scope

from jackfield.settings import Networks

_HEADER = b"x-forwarded-for"
_MAPPED = "::ffff:"


def address_of(scope: Scope, trusted: Networks) -> str | None:
    """
    Return the address that a request comes from; none over a socket without addresses.

    What a client says of itself counts for nothing: only what a trusted proxy has added, the last
    address that is none of these.
    """
    client: tuple[str, int] | None = scope.get("client")
    peer = None if client is None else _plain(client[0])
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


def _plain(address: str) -> str:
    """Return an address as it is written elsewhere: a socket for both kinds maps those of IPv4."""
    return (_normal(address) or address) if address.startswith(_MAPPED) else address


def _normal(text: str) -> str | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


def _is_in(address: str, networks: Networks) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in each for each in networks)
