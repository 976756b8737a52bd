"""Attacks that need what only a real browser does: cookies of other sites, frames and messages."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import BrowserContext, Page
from playwright.async_api import TimeoutError as TookTooLong

from tests.attacks.attack import attack, hold
from tests.attacks.target import (
    HONEST,
    KEYED,
    PRODUCT,
    Target,
    TargetUnfit,
    customer,
    hub_of,
)
from tests.support.scripted import Seen, reply, scripted

_HTML = {"content-type": "text/html"}
_ENOUGH = 10_000
# Says what the Hub's frame says first, and keeps what it is answered.
_FORGER = """<script>
  window.caught = [];
  window.forge = () => new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => caught.push(data);
    parent.postMessage({ type: "hub:wire" }, "*", [port2]);
    setTimeout(done, 100);
  });
  forge();
</script>"""


@asynccontextmanager
async def evil_site(body: str) -> AsyncGenerator[str]:
    """Serve a page of the attacker's, which is of another site than the hub's."""

    async def answer(writer: Any, seen: Seen) -> None:
        await reply(f"<!doctype html><body>{body}", headers=_HTML)(writer, seen)

    async with scripted(answer) as server:
        # Another site to a browser, which ports alone are not.
        yield server.url.replace("127.0.0.1", "localhost")


@asynccontextmanager
async def product_page() -> AsyncGenerator[tuple[str, Callable[[str], None]]]:
    """Serve the page of a product; yield its origin, and what gives it a body."""
    shown = [""]

    async def answer(writer: Any, seen: Seen) -> None:
        await reply(f"<!doctype html><body>{shown[0]}", headers=_HTML)(writer, seen)

    def show(body: str) -> None:
        shown[0] = body

    async with scripted(answer) as server:
        yield server.url, show


@asynccontextmanager
async def window(target: Target) -> AsyncGenerator[Page]:
    """Open a window of a browser in which nothing is signed in."""
    assert target.chromium is not None
    context: BrowserContext = await target.chromium.new_context()
    context.set_default_timeout(_ENOUGH)
    try:
        yield await context.new_page()
    finally:
        await context.close()


@attack("show the form of a link in a frame of another site", needs_browser=True)
async def form_in_a_frame(target: Target) -> None:
    session = await target.session(customer("acme"), provider=KEYED)
    frame = await target.ask("POST", "/hub/frames", headers={**hub_of(session), "origin": PRODUCT})
    link = session["auth_link_url"]
    body = f'<iframe name="a" src="{link}"></iframe><iframe name="b" src="{frame["url"]}"></iframe>'
    async with evil_site(body) as site, window(target) as page:
        await page.goto(site, wait_until="load")
        for name in ("a", "b"):
            shown = page.frame(name)
            text = await shown.content() if shown is not None else ""
            hold("<form" not in text and "/static/" not in text, "another site frames the Hub")


@attack("finish the attacker's sign-in in a victim's window", needs_browser=True)
async def sign_in_in_a_victims_window(target: Target) -> None:
    theirs, mine = customer("attacker"), customer("victim")
    away = await target.person().leave(
        (await target.session(theirs, provider=HONEST))["auth_link_url"]
    )
    own = (await target.session(mine, provider=HONEST))["auth_link_url"]
    async with window(target) as page:
        # The victim has a sign-in open as well, and so has the cookie of one.
        await page.goto(target.url + await target.person().fill_in(own))
        before = len(target.exchanges())
        await page.goto(target.honest.approve(away, person="max"))

    hold(not await target.accounts(theirs), "the victim's account is linked for the attacker")
    hold(not await target.accounts(mine), "an account is linked for the victim")
    hold(len(target.exchanges()) == before, "the code is redeemed though its browser is another")


@attack("send a victim's browser an answer or a link by another site's form", needs_browser=True)
async def forms_of_another_site(target: Target) -> None:
    theirs, mine = customer("attacker"), customer("victim")
    away = await target.person().leave(
        (await target.session(theirs, provider=HONEST))["auth_link_url"]
    )
    back = target.honest.approve(away, person="max")
    portal = await target.ask(
        "POST",
        "/jackfield/portal_sessions",
        json={"origin_owner_id": theirs, "origin_owner_name": theirs},
    )
    own = (await target.session(mine, provider=HONEST))["auth_link_url"]
    before = len(target.exchanges())
    fields = "".join(
        f'<input name="{name}" value="{value}">'
        for name, _, value in (each.partition("=") for each in back.partition("?")[2].split("&"))
    )
    body = (
        f'<form id="a" method="post" action="{back.partition("?")[0]}">{fields}</form>'
        f'<form id="b" method="post" action="{target.url}/portal/open">'
        f'<input name="token" value="{portal["token"]}"></form>'
    )
    async with evil_site(body) as site, window(target) as page:
        await page.goto(target.url + await target.person().fill_in(own))
        for form in ("a", "b"):
            await page.goto(site)
            async with page.expect_navigation():
                await page.evaluate(f"document.getElementById('{form}').submit()")
        cookies = [each.get("name", "") for each in await page.context.cookies()]

    hold(not await target.accounts(mine), "the attacker's account is linked for the victim")
    hold(len(target.exchanges()) == before, "another site's form brings a code that is redeemed")
    hold(not any("portal" in each for each in cookies), "another site opens a customer's page")


@attack("have the product's page tell another site's frame a token", needs_browser=True)
async def messages_of_another_site(target: Target) -> None:
    session = await target.session(customer("acme"), provider=KEYED)
    async with evil_site(_FORGER) as site, product_page() as (url, show), window(target) as page:
        await target.change(allowed_origins=[PRODUCT, url])
        show(
            f'<jackfield-hub token="{session["token"]}"></jackfield-hub>'
            f'<script type="module" src="{target.url}/hub.js"></script>'
            f'<iframe src="{site}"></iframe>'
        )
        await page.goto(url)
        hub = page.locator("jackfield-hub").locator("iframe").content_frame
        try:
            await hub.locator("form").first.wait_for()
        except TookTooLong as error:
            msg = "the product's page does not show the Hub"
            raise TargetUnfit(msg) from error
        evil = next(each for each in page.frames if each.url.startswith(site))
        caught = await evil.evaluate("forge().then(() => caught)")
        await target.change(allowed_origins=[PRODUCT])

    hold(session["token"] not in str(caught), "the product's page tells another site its token")
    hold(caught == [], "the product's page answers another site's frame")
