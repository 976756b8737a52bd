"""Origins, against the parser that the connection is made by."""

from ipaddress import ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from jackfield.kit.urls import find_origin, split_origin

PIECES = [
    "http", "https", "HTTPS", "ftp", ":", "//", "://", "/", "?", "#", "@", "\\", "%", "%2e", "%40",
    ".", "..", "a", "api.example.com", "evil.test", "user:pass@", ":443", ":80", ":0443", ":99999",
    "[::1]", "[", "]", "[fe80::1%25eth0]", "[::ffff:127.0.0.1]", "127.0.0.1", "0x7f.1", "\t", "\n",
    "\r", " ", "\x00", "\u3002", "bücher", "faß.de", "xn--bcher-kva", "\u017f", "\u212a", "\u0130", "\u200b", "*.",
    "_", "-", ";", ",", "&", "\ud800",
]  # fmt: skip
AUTHORITIES = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)


@given(
    st.one_of(
        st.text(max_size=30),
        st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
        st.builds("{}://{}{}".format, st.sampled_from(["http", "https"]), AUTHORITIES, st.text()),
    )
)
@example("https://api.example.com\\@evil.test/")
@example("https://api.example.com\t.evil.test/")
@example("https://api.example.com\n@evil.test/")
@example("https://api.example.com%2eevil.test/")
@example("https://api.example.com:443@evil.test/")
@example("https://[fe80::1%25eth0]/")
@example("https://faß.de/")
def test_where_an_origin_is_found_the_connection_is_made_there(url: str) -> None:
    origin = find_origin(url)
    if origin is None:
        return

    connected = URL(url, encoded=True)

    host, port = connected.raw_host or "", connected.port
    own = {"http": 80, "https": 443}[origin.scheme]
    ours = URL(str(origin), encoded=True)
    assert connected.scheme == origin.scheme
    assert (ours.port or own) == port
    assert same(ours.raw_host or "", host)


def same(ours: str, theirs: str) -> bool:
    if ":" in ours:
        return ip_address(ours) == ip_address(theirs)
    return ours == theirs.lower().removesuffix(".")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("HTTPS://A.example:443/x", "https://a.example"),
        ("https://a.example", "https://a.example"),
        ("https://a.example.?x", "https://a.example"),
        ("http://a_b.example:8080#x", "http://a_b.example:8080"),
        ("https://a.example:0443/", "https://a.example"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://[0:0::1]:81/", "http://[::1]:81"),
        ("http://127.0.0.1:9901/x", "http://127.0.0.1:9901"),
    ],
)
def test_an_origin_has_one_spelling(url: str, origin: str) -> None:
    assert str(find_origin(url)) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "//a.example/",
        "ftp://a.example/",
        "https:///x",
        "https://a.example:/",
        "https://a.example:65536/",
        "https://a..example/",
        "https://a.example../",
        "https://.example/",
        "https://u@a.example/",
        "https://a.example\\x",
        " https://a.example/",
        "https://a.example /",
        "https://a%2eexample/",
        "https://bücher.example/",
        "https://a\u3002example/",
        "https://[::1",
        "https://[::1%25lo]/",
        "https://[1.2.3]/",
        "https://a.example\n",
    ],
)
def test_what_may_be_read_in_two_ways_is_no_origin(url: str) -> None:
    assert find_origin(url) is None
    assert split_origin(url) is None


def test_what_follows_an_origin_stays_as_it_is_written() -> None:
    found = split_origin("https://A.example:443/b/../c?d#e")

    assert found is not None
    assert (str(found[0]), found[1]) == ("https://a.example", "/b/../c?d#e")


def test_a_name_that_is_longer_than_any_host_has_is_no_origin() -> None:
    longest = ".".join(["a" * 63] * 3 + ["a" * 61])

    assert find_origin(f"https://{longest}:44300/x") is not None
    assert find_origin(f"https://{longest}.{longest}/x") is None
    assert split_origin("https://" + "a." * 500_000 + "com/x") is None
