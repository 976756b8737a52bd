"""Address policy: the IP addresses that requests may go to."""

import socket
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final, TypeAlias

# The address range of IPv6 that carries, in the low 32 bits, the IPv4 address that is really used.
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOW_32_BITS: Final = 0xFFFFFFFF
# What the standard library takes for public, or takes so in some of its versions: services of
# clouds, translation inside a network (where the IPv4 address stands is its operator's choice),
# documentation, segment routing.
_SPECIAL: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24", "168.63.129.16/32", "192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20",
            "5f00::/16", "100::/64", "100:0:0:1::/64",
        ),
    )
)  # fmt: skip
# Names that mean this machine or its own network by standard or by custom, whatever resolves them.
_INSIDE: Final = frozenset({"localhost", "localdomain", "local", "internal", "lan", "home", "corp"})
_V4_COMPATIBLE: Final = IPv6Network("::/96")
# Whatever an operator allows: link-local, and what clouds serve credentials of the machine from;
# where an address of the last leads to is not told by it.
_NEVER: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    map(
        ip_network,
        (
            "169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "fd20:ce::254/128",
            "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "64:ff9b:1::/48",
        ),
    )
)  # fmt: skip

# True stands for every private network.
PrivateNetworks: TypeAlias = bool | Sequence[IPv4Network | IPv6Network]


def may_be_reached(text: str, allowed: PrivateNetworks) -> bool:
    """Return whether the IP address `text` is public, or in a private network that is `allowed`."""
    if is_public(text):
        return True
    try:
        address = ip_address(text)
    except ValueError:
        return False
    inner = None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        inner = _embedded(address)
    meant = (address,) if inner is None else (address, inner)
    if any(_is_in(each, _NEVER) for each in meant):
        return False
    return allowed if isinstance(allowed, bool) else any(_is_in(each, allowed) for each in meant)


def is_public(text: str) -> bool:
    """Return whether the IP address `text` belongs to the public internet.

    Not public are: private, loopback, link-local (and with it the metadata services of
    clouds), carrier-grade NAT, multicast, documentation, reserved; also where an IPv6 address only
    wraps such an IPv4 one.
    """
    try:
        # A zone ("fe80::1%eth0") names an interface of this machine: never the public internet.
        address = ip_address(text)
    except ValueError:
        return False
    return _is_public(address)


def may_lead_to(host: str, allowed: PrivateNetworks) -> bool:
    """Return whether a URL's host may be reached, as far as can be told without resolving it.

    A name of the hub's own network may lead into any private network that is `allowed`.
    """
    address = _address_in(host)
    if address is None:
        return bool(allowed) or not is_inside(host)
    return may_be_reached(str(address), allowed)


def is_inside(host: str) -> bool:
    """Return whether a URL's host is known, without resolving it, not to be on the public internet."""
    address = _address_in(host)
    if address is not None:
        return not _is_public(address)
    labels = host.lower().removesuffix(".").split(".")
    return len(labels) == 1 or labels[-1] in _INSIDE or labels[-2:] == ["home", "arpa"]


def _address_in(host: str) -> IPv4Address | IPv6Address | None:
    """Read an address in each spelling that resolvers understand: `127.1`, `0x7f000001`."""
    name = host.lower().removesuffix(".")
    try:
        return ip_address(name)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(name))
    except OSError:
        return None


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.scope_id is not None or address.is_site_local:
            return False
        inner = _embedded(address)
        if inner is not None:
            return _is_public(inner)
    if _is_in(address, _SPECIAL):
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
    )


def _is_in(
    address: IPv4Address | IPv6Address, networks: Sequence[IPv4Network | IPv6Network]
) -> bool:
    return any(address.version == each.version and address in each for each in networks)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _V4_COMPATIBLE or address in _NAT64:
        return IPv4Address(int(address) & _LOW_32_BITS)
    return None
