"""Address policy: the IP addresses that requests may go to."""

import socket
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

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
# Names that mean this machine or its own network by standard or by custom, whoever resolves them.
_INSIDE: Final = frozenset({"localhost", "localdomain", "local", "internal", "lan", "home", "corp"})
_V4_COMPATIBLE: Final = IPv6Network("::/96")


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


def is_inside(host: str) -> bool:
    """Return whether a URL's host is known, without resolving it, not to be on the public internet.

    Addresses count in each spelling that resolvers understand: `127.1`, `0x7f000001`, `2130706433`.
    """
    name = host.lower().removesuffix(".")
    try:
        return not _is_public(ip_address(name))
    except ValueError:
        pass
    try:
        return not _is_public(IPv4Address(socket.inet_aton(name)))
    except OSError:
        pass
    labels = name.split(".")
    return len(labels) == 1 or labels[-1] in _INSIDE or labels[-2:] == ["home", "arpa"]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.scope_id is not None or address.is_site_local:
            return False
        inner = _embedded(address)
        if inner is not None:
            return _is_public(inner)
    if any(address.version == each.version and address in each for each in _SPECIAL):
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
    )


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
