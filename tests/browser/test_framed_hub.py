"""The Hub inside the page of a product, which has an origin of its own."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit, ground_of, holds
from tests.browser.product import Product, element, heard, inside, product
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
Keep = Callable[..., Awaitable[None]]


@pytest.fixture
async def app(hub: Running) -> AsyncGenerator[Product]:
    """Return a product whose origin may show the Hub."""
    async with product() as served:
        await hub.api.patch("/jackfield/project", json={"allowed_origins": [served.url]})
        yield served


async def open_app(
    hub: Running, visit: Start, app: Product, *, window: Any = None, **attributes: str
) -> Page:
    session = await hub.session(provider="iterable")
    app.body = element(hub.hub.public_url, session["token"], **attributes)
    page = (await visit(beside=(app.url,), **(window or {}))).page
    await page.goto(app.url)
    return page


async def fill_in(page: Page, key: str, region: str = "United States") -> None:
    await inside(page).get_by_label("API Key", exact=True).fill(key)
    await inside(page).get_by_role("radio", name=region).check()


@pytest.mark.parametrize("width", [1280, 390])
async def test_an_account_is_linked_without_leaving_the_product(
    hub: Running, visit: Start, app: Product, keep_image: Keep, width: int
) -> None:
    page = await open_app(hub, visit, app, window={"width": width})
    await expect(inside(page).get_by_role("heading", name="Connect Iterable")).to_be_visible()
    await keep_image(page, f"hub-embedded-{width}")

    await fill_in(page, hub.us_key)
    await inside(page).get_by_role("button", name="Connect").click()

    await expect(inside(page).get_by_role("heading", name="Iterable is connected")).to_be_focused()
    await inside(page).get_by_role("button", name="Close").click()
    (account,) = (await hub.api.get("/accounts")).json()
    await page.wait_for_function("heard.some(([type]) => type === 'close')")
    assert await heard(page) == [
        ["ready", {}],
        ["success", {"id": account["id"], "provider": "iterable"}],
        ["close", {}],
    ]


async def test_the_token_stands_in_no_address(hub: Running, visit: Start, app: Product) -> None:
    session = await hub.session(provider="iterable")
    app.body = element(hub.hub.public_url, session["token"])
    page = (await visit(beside=(app.url,))).page
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))

    await page.goto(app.url)
    await fill_in(page, hub.us_key)
    await inside(page).get_by_role("button", name="Connect").click()
    await expect(inside(page).get_by_role("heading", name="Iterable is connected")).to_be_visible()

    assert any("/embedded/frames/" in url for url in asked)
    assert [url for url in asked if session["token"] in url] == []
    assert session["token"] not in " ".join(frame.url for frame in page.frames)


async def test_the_frame_is_as_high_as_what_it_shows(
    hub: Running, visit: Start, app: Product
) -> None:
    page = await open_app(hub, visit, app, window={"width": 390})
    await expect(inside(page).get_by_role("button", name="Connect")).to_be_visible()
    shown = "document.documentElement.scrollHeight <= document.documentElement.clientHeight"

    await holds(page.frames[1], shown)
    before = await page.locator("iframe").evaluate("frame => frame.offsetHeight")
    await inside(page).get_by_role("button", name="Connect").click()
    await expect(inside(page).get_by_text("API Key is required.")).to_be_visible()

    await holds(page.frames[1], shown)
    assert await page.locator("iframe").evaluate("frame => frame.offsetHeight") > before > 300


async def test_the_page_of_another_origin_cannot_show_the_hub(
    hub: Running, visit: Start, app: Product
) -> None:
    session = await hub.session(provider="iterable")
    async with product() as stranger:
        stranger.body = element(hub.hub.public_url, session["token"])
        window = await visit(beside=(app.url, stranger.url))
        window.is_noisy = True

        await window.page.goto(stranger.url)

        await window.page.wait_for_function("heard.some(([type]) => type === 'error')")
        ((_, refusal),) = await heard(window.page)
        assert refusal["code"] == "origin_not_allowed"
        assert len(window.page.frames) == 1


async def test_a_frame_made_for_one_origin_shows_nothing_in_another(
    hub: Running, visit: Start, app: Product
) -> None:
    token = (await hub.session(provider="iterable"))["token"]
    made = await hub.api.post(
        "/hub/frames", headers={"x-hub-session-token": token, "origin": app.url}
    )
    async with product() as stranger:
        stranger.body = f'<iframe src="{made.json()["url"]}"></iframe>'
        window = await visit(beside=(app.url, stranger.url))
        window.is_noisy = True

        await window.page.goto(stranger.url)

        await expect(window.page.locator("iframe")).to_be_visible()
        await window.page.wait_for_function("frames.length === 1")
        assert any("frame-ancestors" in said for said in window.noise)
        assert window.page.frames[1].url.startswith("chrome-error:")


async def test_an_auth_link_cannot_be_framed_at_all(
    hub: Running, visit: Start, app: Product
) -> None:
    link = (await hub.session(provider="iterable"))["auth_link_url"]
    app.body = f'<iframe src="{link}"></iframe>'
    window = await visit(beside=(app.url,))
    window.is_noisy = True

    await window.page.goto(app.url)

    await window.page.wait_for_function("frames.length === 1")
    assert window.page.frames[1].url.startswith("chrome-error:")


async def test_a_forged_message_gets_no_token_and_moves_nothing(
    hub: Running, visit: Start, app: Product
) -> None:
    session = await hub.session(provider="iterable")
    async with product() as stranger:
        stranger.body = """<script>
          window.caught = [];
          window.forge = () => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = ({ data }) => caught.push(data);
            parent.postMessage({ type: "hub:wire" }, "*", [port2]);
            parent.postMessage({ type: "success", id: "acc_forged", provider: "iterable" }, "*");
          };
          forge();
        </script>"""
        app.body = (
            element(hub.hub.public_url, session["token"])
            + f'<iframe id="evil" src="{stranger.url}"></iframe>'
        )
        page = (await visit(beside=(app.url, stranger.url))).page
        await page.goto(app.url)
        theirs = page.locator("jackfield-hub").locator("iframe").content_frame
        await expect(theirs.get_by_label("API Key", exact=True)).to_be_visible()
        (evil,) = [frame for frame in page.frames if frame.url.startswith(stranger.url)]
        await evil.evaluate("forge()")
        await page.evaluate(
            """() => { const { contentWindow } = document.querySelector("jackfield-hub")
                         .shadowRoot.querySelector("iframe");
                       contentWindow.postMessage({ type: "open", token: "jf_ct_forged" }, "*");
                       contentWindow.postMessage({ type: "look", theme: "dark" }, "*"); }"""
        )
        await theirs.get_by_label("API Key", exact=True).fill(hub.us_key)
        await theirs.get_by_role("radio", name="United States").check()
        await theirs.get_by_role("button", name="Connect").click()
        await expect(theirs.get_by_role("heading", name="Iterable is connected")).to_be_visible()

        assert await evil.evaluate("caught") == []
        (account,) = (await hub.api.get("/accounts")).json()
        assert await heard(page, "success") == [
            ["success", {"id": account["id"], "provider": "iterable"}]
        ]
        await expect(theirs.locator("html")).not_to_have_attribute("data-theme", "dark")


async def test_what_is_typed_is_out_of_reach_of_the_products_scripts(
    hub: Running, visit: Start, app: Product
) -> None:
    page = await open_app(hub, visit, app)
    await fill_in(page, hub.us_key)

    reached = await page.evaluate(
        """() => { const frame = document.querySelector("jackfield-hub").shadowRoot
                     .querySelector("iframe");
             try { return frame.contentWindow.document.body.innerHTML; }
             catch (error) { return error.name; } }"""
    )

    assert reached == "SecurityError"


async def test_pressing_the_button_twice_links_once(
    hub: Running, visit: Start, app: Product
) -> None:
    page = await open_app(hub, visit, app)
    await fill_in(page, hub.us_key)

    await inside(page).get_by_role("button", name="Connect").dblclick()

    await expect(inside(page).get_by_role("heading", name="Iterable is connected")).to_be_visible()
    assert len((await hub.api.get("/accounts")).json()) == 1
    assert len(await heard(page, "success")) == 1


async def test_the_back_button_leads_from_a_form_to_the_list(
    hub: Running, visit: Start, app: Product
) -> None:
    session = await hub.session()
    app.body = element(hub.hub.public_url, session["token"])
    page = (await visit(beside=(app.url,))).page
    await page.goto(app.url)
    await inside(page).get_by_role("link", name="Iterable").click()
    await expect(inside(page).get_by_label("API Key", exact=True)).to_be_visible()

    await page.evaluate("history.back()")

    await expect(inside(page).get_by_label("Search")).to_be_visible()
    assert page.url.rstrip("/") == app.url


async def test_the_hub_takes_on_the_products_colors_and_scheme(
    hub: Running, visit: Start, app: Product
) -> None:
    page = await open_app(hub, visit, app, theme="dark")
    await page.add_style_tag(content="jackfield-hub { --hub-accent: rgb(200, 0, 100); }")
    button = inside(page).get_by_role("button", name="Connect")
    await expect(button).to_be_visible()

    await page.evaluate("document.querySelector('jackfield-hub').refreshTheme()")

    await holds(
        page.frames[1], "getComputedStyle(document.documentElement).getPropertyValue('--brand')"
    )
    assert await ground_of(button) == pytest.approx([200, 0, 100], abs=2)
    await expect(inside(page).locator("html")).to_have_attribute("data-theme", "dark")


async def test_a_used_session_is_explained_in_the_product(
    hub: Running, visit: Start, app: Product
) -> None:
    session = await hub.session(provider="iterable")
    await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
    app.body = element(hub.hub.public_url, session["token"])
    window = await visit(beside=(app.url,))
    window.is_noisy = True
    page = window.page

    await page.goto(app.url)

    await page.wait_for_function("heard.some(([type]) => type === 'error')")
    assert (await heard(page, "error"))[0][1]["code"] == "connect_session_used"
    await expect(page.get_by_role("alert")).to_be_visible()


async def test_connect_start_opens_the_hub_over_the_page(
    hub: Running, visit: Start, app: Product, keep_image: Keep
) -> None:
    session = await hub.session(provider="iterable")
    app.body = f'<script src="{hub.hub.public_url}/connect.js"></script>'
    page = (await visit(beside=(app.url,))).page
    await page.goto(app.url)

    await page.evaluate(
        """(sessionToken) => { window.called = []; Connect.start({ sessionToken,
             onSuccess: (account) => called.push(["success", account]),
             onCancel: () => called.push(["cancel"]),
             onClose: () => called.push(["close"]) }); }""",
        session["token"],
    )
    await fill_in(page, hub.us_key)
    await keep_image(page, "hub-connect-start", full=False)
    await inside(page).get_by_role("button", name="Connect").click()
    await expect(inside(page).get_by_role("heading", name="Iterable is connected")).to_be_visible()
    await page.get_by_role("button", name="Close").first.click()

    (account,) = (await hub.api.get("/accounts")).json()
    assert await page.evaluate("called") == [
        ["success", {"id": account["id"], "provider": "iterable"}],
        ["close"],
    ]
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_attributes_say_which_account_how_high_and_in_which_language(
    hub: Running, visit: Start, app: Product
) -> None:
    account = await hub.link()
    session = await hub.session()
    app.body = element(
        hub.hub.public_url,
        session["token"],
        account_id=account,
        height="480",
        lang="de",
        on_close_label="Fertig",
    )
    page = (await visit(beside=(app.url,))).page
    await page.goto(app.url)

    await expect(inside(page).get_by_role("heading", name="Iterable aktualisieren")).to_be_visible()
    await expect(page.locator("iframe")).to_have_css("height", "480px")
    secret = inside(page).get_by_label("API Key", exact=True)
    await expect(secret).to_have_value("")
    await expect(secret).to_have_attribute("placeholder", f"•••••••••• {hub.us_key[-4:]}")
    await inside(page).get_by_role("button", name="Speichern").click()

    await expect(inside(page).get_by_role("heading", name="Iterable ist verbunden")).to_be_visible()
    await expect(inside(page).get_by_role("button", name="Fertig")).to_be_visible()
    assert await heard(page, "success") == [["success", {"id": account, "provider": "iterable"}]]


async def test_without_a_token_nothing_is_asked_for(
    hub: Running, visit: Start, app: Product
) -> None:
    app.body = element(hub.hub.public_url, "")
    window = await visit(beside=(app.url,))
    window.is_noisy = True
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url))

    await window.page.goto(app.url)

    await expect(window.page.get_by_text("No token provided")).to_be_visible()
    assert [url for url in asked if "/hub/" in url] == []
