"""How much of it there is to load."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, Response, expect

from tests.browser.conftest import Visit
from tests.browser.product import element, inside, product
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
_MOST_BYTES = 40 * 1024


class Scale:
    """Adds up what a page loads, as it comes over the wire."""

    def __init__(self, page: Page, hub_url: str) -> None:
        self._responses: list[Response] = []
        page.context.on(
            "response",
            lambda each: self._responses.append(each) if each.url.startswith(hub_url) else None,
        )

    async def weigh(self) -> dict[str, int]:
        return {
            each.url.partition("?")[0]: (await each.request.sizes())["responseBodySize"]
            for each in self._responses
        }


async def test_the_form_with_all_it_needs_is_smaller_than_40_kilobytes(
    hub: Running, visit: Start
) -> None:
    page = (await visit()).page
    scale = Scale(page, hub.hub.public_url)

    await page.goto((await hub.session(provider="iterable"))["auth_link_url"])
    await page.wait_for_load_state("networkidle")

    weights = await scale.weigh()
    assert len(weights) > 5
    assert len([url for url in weights if url.endswith(".css")]) == 1, weights
    assert 10 * 1024 < sum(weights.values()) < _MOST_BYTES, weights


async def test_the_hub_in_a_product_is_smaller_than_40_kilobytes(
    hub: Running, visit: Start
) -> None:
    async with product() as app:
        await hub.api.patch("/jackfield/project", json={"allowed_origins": [app.url]})
        session = await hub.session(provider="iterable")
        app.body = element(hub.hub.public_url, session["token"])
        page = (await visit(beside=(app.url,))).page
        scale = Scale(page, hub.hub.public_url)

        await page.goto(app.url)
        await expect(inside(page).get_by_role("button", name="Connect")).to_be_visible()
        await page.wait_for_load_state("networkidle")

    weights = await scale.weigh()
    assert 10 * 1024 < sum(weights.values()) < _MOST_BYTES, weights
    assert weights[f"{hub.hub.public_url}/hub.js"] < 4 * 1024
