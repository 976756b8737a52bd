"""Networks that a project is used from: addresses outside of them are refused."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from jackfield.kit.errors import HubError

MOST_NETWORKS: Final = 100


class AddressNotAllowed(HubError):
    """The project is not used from this network address."""

    code = "address_not_allowed"
    status = 403


def normal_network(text: str) -> str | None:
    """Return a network as it is stored, or `None` if it is none; an address is a network of one."""
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        return None


def is_allowed(networks: Sequence[str], address: str | None) -> bool:
    """Return whether an address is in one of the networks; without any, each address is."""
    return not networks or (address is not None and _is_in(tuple(networks), address))


@lru_cache(maxsize=4096)
def _is_in(networks: tuple[str, ...], address: str) -> bool:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in _parsed(networks))


@lru_cache(maxsize=256)
def _parsed(networks: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each) for each in networks)
