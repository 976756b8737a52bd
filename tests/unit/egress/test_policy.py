from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.egress.policy import PrivateNetworks, is_public, may_be_reached


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "192.0.0.192",
        "192.0.0.8",
        "168.63.129.16",
        "::ffff:168.63.129.16",
        "64:ff9b::c000:c0",
        "64:ff9b:1:a00:0:100:808:808",
        "3fff::1",
        "5f00::1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:a9fe:a9fe",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2001:0:7f00:1:0:0:f5ff:fffe",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1%eth0",
        "ff02::1",
        "fec0::1",
        "localhost",
        "",
        "0x7f.1",
        "2130706433",
    ],
)
def test_an_address_that_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"]
)
def test_an_address_of_the_public_internet_is_allowed(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_does_not_change_where_it_leads(inner: IPv4Address) -> None:
    mapped = IPv6Address(b"\0" * 10 + b"\xff\xff" + inner.packed)
    translated = IPv6Address(bytes.fromhex("0064ff9b") + b"\0" * 8 + inner.packed)
    sixtofour = IPv6Address(b"\x20\x02" + inner.packed + b"\0" * 10)

    assert {is_public(str(each)) for each in (mapped, translated, sixtofour)} == {
        is_public(str(inner))
    }


@given(st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert is_public(text) in (True, False)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.1.1",
        "fe80::1",
        "fe80::1%eth0",
        "::ffff:a9fe:a9fe",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
        "::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "::ffff:100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "localhost",
        "",
    ],
)
@pytest.mark.parametrize("allowed", [True, (ip_network("0.0.0.0/0"), ip_network("::/0"))], ids=str)
def test_no_setting_opens_link_local_and_metadata_addresses(
    address: str, allowed: PrivateNetworks
) -> None:
    assert not may_be_reached(address, allowed)


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("64:ff9b::a01:203", True),
        ("fd00::1", True),
        ("1.1.1.1", True),
        ("192.168.0.1", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("fc00::1", False),
        ("::ffff:192.168.0.1", False),
    ],
)
def test_of_private_networks_those_that_are_named_are_reached(address: str, reached: bool) -> None:
    named = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))

    assert may_be_reached(address, named) is reached
    assert may_be_reached(address, allowed=True)
    assert may_be_reached(address, ()) is is_public(address)
