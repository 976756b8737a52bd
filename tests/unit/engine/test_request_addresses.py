"""Addresses of requests: values in paths, queries and hosts."""

import pytest

from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.kit.errors import EgressBlocked, UnresolvedReference
from tests.unit.engine.building import CREDENTIALS, Provider, action, answer, request, run, step

pytestmark = pytest.mark.anyio


async def test_an_absent_input_in_a_path_is_a_fault_of_the_inputs() -> None:
    provider = Provider([answer({})])

    with pytest.raises(InvalidInputs) as caught:
        await run(action(request("/users/${inputs.id}")), provider)

    assert [(fault.path, fault.message) for fault in caught.value.faults] == [
        ("path.id", "is required")
    ]
    assert provider.sent == []


async def test_another_absent_value_in_a_path_is_a_fault_of_the_connector() -> None:
    with pytest.raises(UnresolvedReference, match=r"steps\.before\.output\.data\.id"):
        await run(action(request("/x/${steps.before.output.data.id}")), Provider([answer({})]))


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("a/b?c=d#e", "a%2Fb%3Fc%3Dd%23e"),
        ("ü ☂", "%C3%BC%20%E2%98%82"),
        ("a@b.c", "a%40b.c"),
        ("a..b/...", "a..b%2F..."),
        ("50%", "50%25"),
    ],
)
async def test_a_value_cannot_change_the_shape_of_a_path(value: str, path: str) -> None:
    provider = Provider([answer({})])

    await run(action(request("/users/${inputs.id}/x")), provider, {"id": value})

    assert provider.urls == [f"https://api.example.com/users/{path}/x"]


@pytest.mark.parametrize(
    "value",
    ["..", ".", "", "../../admin", "a/../b", "a/..", "..\\x", "%2e%2e", "..%2Fadmin", "a%2f..%2fb",
     "..;x", "a/..;v=1/b", "%2e%2e;/x", "..%00", ".. ", "a\r\nb", "a\0", "\x7f", "\t"],
)  # fmt: skip
async def test_a_value_that_would_climb_or_vanish_is_refused(value: str) -> None:
    provider = Provider([answer({})])

    with pytest.raises(InvalidInputs):
        await run(action(request("/users/${inputs.id}/x")), provider, {"id": value})

    assert provider.sent == []


async def test_a_subtraction_of_texts_never_becomes_part_of_a_path() -> None:
    provider = Provider([answer({})])

    with pytest.raises(InvalidInputs):
        await run(action(request("/items/${inputs.item-id}")), provider, {"item": "a"})

    assert provider.sent == []


@pytest.mark.parametrize(
    ("array_format", "value", "query"),
    [
        ("brackets", {"a": 1, "b": {"c": "x y"}}, "p%5Ba%5D=1&p%5Bb%5D%5Bc%5D=x%20y"),
        ("brackets", [{"k": 1}, {"k": 2}], "p%5B0%5D%5Bk%5D=1&p%5B1%5D%5Bk%5D=2"),
        ("repeat", {"a": 1, "b": True}, "a=1&b=true"),
        ("comma", {"a": 1, "b": 2}, "p=a%2C1%2Cb%2C2"),
        ("stringify", {"a": [1]}, "p=%7B%22a%22%3A%5B1%5D%7D"),
        ("stringify", [1, "1"], "p=%5B1%2C%221%22%5D"),
    ],
)
async def test_an_object_is_written_the_way_lists_are(
    array_format: str, value: object, query: str
) -> None:
    provider = Provider([answer({})])
    args = [{"name": "p", "value": "$.inputs.p", "in": "query", "arrayFormat": array_format}]

    await run(action(request("/x", args=args)), provider, {"p": value})

    assert provider.urls == [f"https://api.example.com/x?{query}"]


async def test_a_second_query_is_joined_with_an_ampersand_in_strict_mode() -> None:
    provider = Provider([answer({})])
    args = [{"name": "b", "value": "2", "in": "query"}]

    await run(action(request("/x?a=${inputs.a}", args=args)), provider, {"a": "1&z"})

    assert provider.urls == ["https://api.example.com/x?a=1%26z&b=2"]


async def test_a_credential_in_the_hosts_place_must_be_a_label() -> None:
    provider = Provider([answer({})])
    compiled = action(request("/x"), baseUrl="https://${credentials.sub}.example.com")

    await run(compiled, provider, credentials={**CREDENTIALS, "sub": "acme"})
    with pytest.raises(EgressBlocked, match="is not a host name") as caught:
        await run(compiled, provider, credentials={**CREDENTIALS, "sub": "evil.test/"})

    assert provider.urls == ["https://acme.example.com/x"]
    assert "evil" not in str(caught.value)


async def test_a_request_to_a_host_that_is_not_declared_is_never_sent() -> None:
    provider = Provider([answer({})])
    compiled = action(request("$.inputs.url", baseUrl=""))

    with pytest.raises(EgressBlocked):
        await run(compiled, provider, {"url": "https://evil.test/x"})

    assert provider.sent == []


@pytest.mark.parametrize(
    "value",
    [
        "..",
        "../admin",
        "a/../../b",
        "..\\admin",
        "%2e%2e/x",
        ".%2E",
        "..%2fadmin",
        "%2e%2e%5Cx",
        ".\t.",
        ".",
        "..;/admin",
        "..;x",
        "%252e%252e/admin",
        "..%252fadmin",
        "..%00/x",
        "..%20/x",
    ],
)
@pytest.mark.parametrize(
    ("engine", "url"),
    [
        ("compat", "/users/${inputs.id}"),
        ("compat", "/users/${inputs.id}/x?y=1"),
        ("compat", "{{'/users/' + inputs.id}}"),
        ("strict", "{{'/users/' + inputs.id}}"),
        ("strict", "{{'/users/' + inputs.id + '/x'}}"),
    ],
)
async def test_a_value_that_would_climb_is_refused_where_it_is_glued_in(
    value: str, engine: str, url: str
) -> None:
    provider = Provider([answer({})])
    compiled = action(request(url), engine=engine, baseUrl="https://api.example.com/v1")

    with pytest.raises(InvalidInputs) as refused:
        await run(compiled, provider, {"id": value})

    assert [fault.path for fault in refused.value.faults] == ["path.id"]
    assert provider.sent == []


@pytest.mark.parametrize("value", ["1#x", "1\nx", "1\t2"])
async def test_a_value_that_would_be_cut_is_refused_in_an_expression_of_a_path(value: str) -> None:
    provider = Provider([answer({})])

    with pytest.raises(InvalidInputs):
        await run(action(request("{{'/users/' + inputs.id}}")), provider, {"id": value})

    assert provider.sent == []


async def test_a_path_out_of_a_step_cannot_climb_either() -> None:
    provider = Provider([answer({"id": "../admin"}), answer({})])
    found = step("request", {"url": "/find", "method": "get"}, step_id="find")
    used = request("{{'/users/' + steps.find.output.data.id}}")

    with pytest.raises(UnresolvedReference):
        await run(action(found, used), provider)

    assert len(provider.sent) == 1


@pytest.mark.parametrize(
    ("url", "value", "path"),
    [
        ("/users/${inputs.id}", "a.b..c", "/v1/users/a.b..c"),
        ("/users/${inputs.id}", "a/b", "/v1/users/a/b"),
        ("/users?id=${inputs.id}", "../x", "/v1/users?id=../x"),
        ("/../v2/${inputs.id}", "a", "/v2/a"),
    ],
)
async def test_in_compat_mode_other_values_are_glued_in_as_they_are(
    url: str, value: str, path: str
) -> None:
    provider = Provider([answer({})])
    compiled = action(request(url), engine="compat", baseUrl="https://api.example.com/v1")

    await run(compiled, provider, {"id": value})

    assert provider.urls == [f"https://api.example.com{path}"]


@pytest.mark.parametrize("url", ["/x?key=mine&a=1", "/x?a=1&KEY=mine", "/x?k%65y=mine&a=1"])
async def test_the_accounts_key_takes_the_place_of_one_in_the_query(url: str) -> None:
    authorization = {
        "type": "apiKey", "in": "query", "name": "key", "value": "$.credentials.token",
    }  # fmt: skip
    args = [{"name": "key", "value": "$.inputs.key", "in": "query"}]
    provider = Provider([answer({})])

    await run(action(request(url, args=args), authorization=authorization), provider, {"key": "me"})

    assert provider.urls == [f"https://api.example.com/x?a=1&key={CREDENTIALS['token']}"]
