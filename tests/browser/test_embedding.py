"""The package and the docs' examples, in products that have an origin of their own."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from jackfield.ui import assets
from tests.browser import products
from tests.browser.conftest import Visit
from tests.browser.product import element, heard, inside, product
from tests.browser.site import page as page_of
from tests.browser.site import site
from tests.support.node import install, node, run
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return products.build_app(tmp_path_factory.mktemp("embedding") / "app")


@pytest.fixture
async def app(hub: Running, built: Path, tmp_path: Path) -> AsyncGenerator[str]:
    """Return the address of the built pages, which may show the Hub."""
    products.deploy(built, tmp_path / "site", hub.hub.public_url)
    async with site(tmp_path / "site") as url:
        await hub.api.patch("/jackfield/project", json={"allowed_origins": [url]})
        yield url


async def answer_for(page: Page, server: str) -> None:
    """Let the example server answer what the page asks of its own origin."""

    async def go_on(route: Route) -> None:
        await route.continue_(url=f"{server}/api/connect-session")

    await page.route("**/api/connect-session", go_on)


async def fill_in(page: Page, key: str) -> None:
    await inside(page).get_by_label("API Key", exact=True).fill(key)
    await inside(page).get_by_role("radio", name="United States").check()
    await inside(page).get_by_role("button", name="Connect").click()


@pytest.mark.parametrize(
    ("example", "server"),
    [
        ("html", "python"),
        ("react", "node"),
        ("vue", "node"),
        ("svelte", "python"),
        ("next", "node"),
    ],
)
async def test_an_example_links_an_account(
    hub: Running, visit: Start, app: str, example: str, server: str
) -> None:
    page = (await visit(beside=(app,))).page
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    key = {"JACKFIELD_URL": hub.hub.public_url, "JACKFIELD_API_KEY": await hub.key()}
    async with products.example_server(server, key) as url:
        await answer_for(page, url)
        await page.goto(f"{app}/{example}.html")
        await page.get_by_role("button", name="Connect an account").click()
        await inside(page).get_by_role("link", name="Iterable").click()
        await fill_in(page, hub.us_key)

        await expect(
            inside(page).get_by_role("heading", name="Iterable is connected")
        ).to_be_visible()

    (account,) = (await hub.api.get("/accounts")).json()
    said = page.get_by_role("status")
    await expect(said).to_have_text(f"Connected: iterable ({account['id']})")
    await inside(page).get_by_role("button", name="Close").click()
    await expect(page.get_by_role("button", name="Connect an account")).to_be_visible()
    await expect(page.locator("jackfield-hub")).to_have_count(0)
    assert [url for url in asked if "jf_ct_" in url] == []


@pytest.mark.parametrize("example", ["html", "react", "vue", "svelte"])
async def test_an_example_says_why_the_hub_cannot_be_shown(
    hub: Running, visit: Start, app: str, example: str
) -> None:
    await hub.api.patch("/jackfield/project", json={"allowed_origins": ["https://other.test"]})
    token = (await hub.session())["token"]
    window = await visit(beside=(app,))
    window.is_noisy = True
    await window.page.route(
        "**/api/connect-session", lambda route: route.fulfill(json={"token": token})
    )

    await window.page.goto(f"{app}/{example}.html")
    await window.page.get_by_role("button", name="Connect an account").click()

    await expect(
        window.page.get_by_text("This cannot be shown: origin_not_allowed", exact=True)
    ).to_be_visible()


async def recorder(hub: Running, visit: Start, app: str, query: str = "") -> Page:
    session = await hub.session(provider="iterable")
    page = (await visit(beside=(app,))).page
    await page.add_init_script(f"window.token = {session['token']!r}")
    await page.goto(f"{app}/recorder.html?{query}")
    await expect(inside(page).get_by_label("API Key", exact=True)).to_be_visible()
    return page


async def test_the_component_tells_each_event_once_and_to_the_latest_listener(
    hub: Running, visit: Start, app: str
) -> None:
    page = await recorder(hub, visit, app)
    await fill_in(page, hub.us_key)
    await expect(inside(page).get_by_role("heading", name="Iterable is connected")).to_be_visible()
    await inside(page).get_by_role("button", name="Close").click()
    await page.wait_for_function("heard.some(([type]) => type === 'close')")

    (account,) = (await hub.api.get("/accounts")).json()
    linked = {"id": account["id"], "provider": "iterable"}
    assert await heard(page) == [["ready", {}, 0], ["success", linked, 0], ["close", {}, 1]]


async def test_the_component_tells_of_a_link_that_is_to_be_confirmed(
    hub: Running, visit: Start, app: str
) -> None:
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    page = await recorder(hub, visit, app)

    await fill_in(page, hub.us_key)

    await page.wait_for_function("heard.some(([type]) => type === 'pending')")
    ((_, link, _),) = await heard(page, "pending")
    assert link["provider"] == "iterable"
    assert (await hub.api.get("/accounts")).json() == []


async def test_the_component_passes_its_props_on_when_they_change(
    hub: Running, visit: Start, app: str
) -> None:
    page = await recorder(hub, visit, app, "theme=dark&lang=de&onCloseLabel=Fertig")
    html = inside(page).locator("html")
    await expect(html).to_have_attribute("data-theme", "dark")
    await expect(html).to_have_attribute("lang", "de")
    assert await page.evaluate("hub.localName + hub.className") == "jackfield-hubproduct"

    await page.evaluate("change({ theme: 'light', height: '200' })")

    await expect(html).to_have_attribute("data-theme", "light")
    await expect(page.locator("iframe")).to_have_css("height", "200px")
    await page.evaluate("change({ theme: undefined, height: undefined })")
    await expect(html).not_to_have_attribute("data-theme", "light")
    await expect(page.locator("iframe")).not_to_have_css("height", "200px")


async def test_a_token_that_was_set_before_the_element_was_defined_is_used(
    hub: Running, visit: Start
) -> None:
    session = await hub.session(provider="iterable")
    async with product() as served:
        await hub.api.patch("/jackfield/project", json={"allowed_origins": [served.url]})
        served.body = (
            "<jackfield-hub></jackfield-hub><script>"
            f"document.querySelector('jackfield-hub').token = {session['token']!r}</script>"
            + element(hub.hub.public_url, "").partition("</jackfield-hub>")[2]
        )
        page = (await visit(beside=(served.url,))).page

        await page.goto(served.url)

        await expect(inside(page).get_by_label("API Key", exact=True)).to_be_visible()
        assert await heard(page, "error") == []


def test_the_package_holds_the_element_that_the_hub_serves(built: Path) -> None:
    packed = built.parent / "node_modules/@jackfield/hub"
    assert (packed / "dist/hub.js").read_bytes() == assets.files()["hub.js"].content
    assert {file.relative_to(packed).as_posix() for file in packed.rglob("*.*")} == {
        "README.md",
        "dist/hub.js",
        "index.d.ts",
        "package.json",
        "react.d.ts",
        "react.js",
    }
    assert (packed / "dist/LICENSE").is_file()


def test_the_types_fit_the_examples(built: Path) -> None:
    install([node(), "node_modules/typescript/bin/tsc", "-p", "."], built.parent)


async def test_a_server_renders_the_component_without_a_browser(built: Path) -> None:
    script = """
      import { createElement } from "react";
      import { renderToString } from "react-dom/server";
      import { JackfieldHub } from "@jackfield/hub/react";
      const shown = createElement(JackfieldHub, { baseUrl: "https://hub.test", theme: "dark" });
      console.log(renderToString(shown));
    """
    (built.parent / "render.mjs").write_text(script)

    said = await run(node(), built.parent / "render.mjs")

    assert said == '<jackfield-hub base-url="https://hub.test" theme="dark"></jackfield-hub>\n'


async def test_the_route_of_the_next_example_opens_a_session(hub: Running) -> None:
    route = products.EXAMPLES / "next/app/api/connect-session/route.ts"
    script = f"const {{ POST }} = await import({route.as_uri()!r});"
    script += "console.log((await (await POST()).json()).token)"

    token = await run(
        node(),
        "--input-type=module",
        "--eval",
        script,
        JACKFIELD_URL=hub.hub.public_url,
        JACKFIELD_API_KEY=await hub.key(),
    )

    offered = await hub.api.get("/hub/connectors", headers={"x-hub-session-token": token.strip()})
    assert offered.status_code == 200


async def test_a_strict_content_security_policy_is_enough(
    hub: Running, visit: Start, tmp_path: Path
) -> None:
    token, url = (await hub.session(provider="iterable"))["token"], hub.hub.public_url
    policy = (
        f"default-src 'none'; img-src data:; script-src {url}; frame-src {url}; connect-src {url}"
    )
    written = page_of(element(url, token)).replace(
        "<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">'
    )
    (tmp_path / "index.html").write_text(written)
    async with site(tmp_path) as app:
        await hub.api.patch("/jackfield/project", json={"allowed_origins": [app]})
        page = (await visit(beside=(app,))).page

        await page.goto(app)

        await expect(inside(page).get_by_label("API Key", exact=True)).to_be_visible()
        assert await page.locator("iframe").evaluate("frame => frame.offsetHeight") > 300


async def test_the_published_react_component_links_an_account(
    hub: Running, visit: Start, app: str
) -> None:
    session = await hub.session(provider="iterable")
    shown = (await visit(beside=(app,))).page
    await shown.add_init_script(f"window.token = {session['token']!r}")

    await shown.goto(f"{app}/published.html")
    await shown.get_by_label("API Key").fill(hub.us_key)
    await shown.get_by_role("button", name="Region").click()
    await shown.get_by_role("button", name="United States", exact=True).click()
    await shown.get_by_role("button", name="Connect", exact=True).click()

    await expect(shown.get_by_text("Account successfully connected to Iterable")).to_be_visible()
    (account,) = (await hub.api.get("/accounts")).json()
    assert await heard(shown) == [["success", {"id": account["id"], "provider": "iterable"}]]
