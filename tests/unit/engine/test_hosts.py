import pytest

from jackfield.engine.address_credentials import AddressCredentials
from tests.unit.engine.building import connector, request

URLS = [
    "https://api.example.com/x",
    "https://API.example.com:443/x",
    "https://api.example.com./x",
]
FOREIGN = [
    "https://evil.test/",
    "http://api.example.com/x",
    "https://api.example.com:8443/x",
    "https://api.example.com.evil.test/",
    "https://api.example.com@evil.test/",
    "https://evil.test\\@api.example.com/",
    "//api.example.com/x",
    "api.example.com",
    "",
]


def do(url: str = "/x", **parameters: object) -> dict:
    return {"actionId": "a", "steps": [request(url, **parameters)]}


@pytest.mark.parametrize("url", URLS)
def test_the_literal_host_of_an_address_is_declared(url: str) -> None:
    assert connector(do()).allows(url, {})


@pytest.mark.parametrize("url", FOREIGN)
def test_any_other_host_is_not(url: str) -> None:
    assert not connector(do()).allows(url, {})


def test_a_value_in_a_host_stands_for_one_label() -> None:
    compiled = connector(do(), baseUrl="https://${credentials.sub}.example.com/api")

    assert compiled.allows("https://acme.example.com/x", {"sub": "acme"})
    assert not compiled.allows("https://a.b.example.com/x", {"sub": "a.b"})
    assert not compiled.allows("https://example.com/x", {"sub": ""})


def test_a_host_that_a_credential_gives_is_declared_for_that_account_only() -> None:
    compiled = connector(do(), baseUrl="https://${credentials.host}/api")

    assert compiled.allows("https://hr.acme.test/x", {"host": "hr.acme.test"})
    assert not compiled.allows("https://hr.acme.test/x", {"host": "hr.other.test"})


@pytest.mark.parametrize("base_url", ["$.credentials.url", "${credentials.url}/v1"])
def test_an_address_that_a_credential_gives_is_declared_for_that_account(base_url: str) -> None:
    compiled = connector(do(), baseUrl=base_url)

    assert compiled.allows("https://hr.acme.test/x", {"url": "https://hr.acme.test"})
    assert not compiled.allows("https://hr.acme.test/x", {"url": "https://other.test"})
    assert not compiled.allows("https://hr.acme.test/x", {})


@pytest.mark.parametrize(
    "method",
    [
        {"authorization": {"additionalTokenFields": {"url": "$.api"}}},
        {"authorization": {"callbackParams": {"server": "url"}}},
        {"tenants": {"credential": "url"}},
        {"refreshAuthentication": {"action": {"result": {"data": {"url": "$.steps.a.output"}}}}},
    ],
)
def test_an_address_that_only_the_provider_gives_is_not(method: dict) -> None:
    given = [{"oauth2": {"type": "oauth2", **method}}]
    compiled = connector(do(), baseUrl="$.credentials.url", authentication=given)

    assert not compiled.allows("https://evil.test/x", {"url": "https://evil.test"})


def test_the_addresses_an_expression_chooses_between_are_declared() -> None:
    base_url = "{{credentials.r == 'eu' ? 'https://eu.example.com' : 'https://us.example.com'}}"
    compiled = connector(do(), baseUrl=base_url)

    assert compiled.allows("https://eu.example.com/x", {})
    assert compiled.allows("https://us.example.com/x", {})
    assert not compiled.allows("https://asia.example.com/x", {})


def test_a_steps_own_address_is_declared_too() -> None:
    compiled = connector(do(baseUrl="https://files.example.net"), do("https://auth.example.org/t"))

    assert compiled.allows("https://files.example.net/x", {})
    assert compiled.allows("https://auth.example.org/t", {})


def test_a_list_of_hosts_replaces_what_the_addresses_say() -> None:
    compiled = connector(do(), hosts=["*.example.net", "one.example.org"])

    assert compiled.allows("https://a.example.net/", {})
    assert compiled.allows("https://a.b.example.net/", {})
    assert compiled.allows("https://one.example.org/", {})
    assert not compiled.allows("https://example.net/", {})
    assert not compiled.allows("https://evilexample.net/", {})
    assert not compiled.allows("https://api.example.com/", {})


def test_links_for_people_declare_nothing() -> None:
    documentation = {"references": [{"title": "API", "url": "https://docs.example.com"}]}
    compiled = connector(do(), documentation=documentation)

    assert not compiled.allows("https://docs.example.com/", {})


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("https://${credentials.domain}/x", {"domain"}),
        ("$.credentials.domain", {"domain"}),
        ("$['credentials'].domain", {"domain", "name"}),
        ("$..domain", {"domain", "name"}),
        ("$.*.domain", {"domain", "name"}),
        ("$[*].domain", {"domain", "name"}),
        ("$[?(@.domain)].domain", {"domain", "name"}),
        ("/list/${inputs.id}", set()),
    ],
)
def test_the_credentials_that_an_address_may_be_made_of_are_known(
    address: str, names: set[str]
) -> None:
    found = AddressCredentials({"baseUrl": address}).among(["domain", "name"], {})

    assert found == names
