import re
from typing import Any

import pytest
from starlette.routing import compile_path

from jackfield.http.routes import ROUTES
from tests.support.running import Running

pytestmark = pytest.mark.anyio


async def described(hub: Running) -> dict[str, Any]:
    response = await hub.api.get("/openapi.json", auth=None)
    assert response.status_code == 200
    return response.json()


async def test_every_route_is_described_with_its_errors(hub: Running) -> None:
    document = await described(hub)

    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        assert operation["summary"], route.path
        told = str(operation["responses"])
        for error in route.raises:
            assert f"`{error.code}`" in told, (route.path, error)
        for name in compile_path(route.path)[2]:
            assert name in {each["name"] for each in operation["parameters"]}
    assert "post" in document["paths"]["/mcp"]


async def test_operations_have_names_of_their_own(hub: Running) -> None:
    document = await described(hub)

    names = [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]
    assert len(names) == len(set(names))


async def test_every_reference_leads_somewhere(hub: Running) -> None:
    text = (await hub.api.get("/openapi.json")).text
    document = await described(hub)

    for name in set(re.findall(r'"#/components/schemas/([^"]+)"', text)):
        assert name in document["components"]["schemas"]


async def test_the_description_is_a_page_as_well(hub: Running) -> None:
    document = await described(hub)

    page = await hub.api.get("/docs/api", auth=None)

    assert page.status_code == 200
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f'id="{operation["operationId"]}"' in page.text
            assert f"{method.upper()} {path}" in page.text


async def test_models_are_told_what_there_is_to_read(hub: Running) -> None:
    text = (await hub.api.get("/llms.txt", auth=None)).text

    for address in re.findall(r"\((https://hub\.test[^)]*)\)", text):
        path = address.removeprefix("https://hub.test")
        if path != "/mcp":
            assert (await hub.api.get(path, auth=None)).status_code == 200, path
    assert "/docs/connectors/iterable/guides/link-account/" in text
