"""A real browser in front of a real server; only the provider is simulated."""

import shutil
import subprocess
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    FloatRect,
    Frame,
    Locator,
    Page,
    async_playwright,
    expect,
)

from jackfield.sandbox.iterable.server import Sandbox
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.server import OAuthSandbox, serve
from tests.support.loaded_pages import acts_once_loaded, presses_once_loaded
from tests.support.node import installed
from tests.support.running import PATIENCE, Running, serving_hub

# Steps of a guide are open one at a time.
EVERYTHING_OPEN = """() => { for (const each of document.querySelectorAll("details")) {
                       each.removeAttribute("name"); each.open = true; } }"""
IMAGES = Path(__file__).parents[2] / "docs/images"
# What nobody sees of a window without a screen: the suggestions of its address bar are two pages
# more, in a process of their own, and took half the time of a test. The other pages are the
# browser's own as well, and the spare process is for a site that is opened next.
_UNSEEN = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "PreloadTopChromeWebUI",
    "InitialWebUI",
    "WebUIToolbar",
    "SpareRendererForSitePerProcess",
)
# The browser takes the last list alone, so that what Playwright leaves out is named here again.
_AS_PLAYWRIGHT_HAS_IT = (
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "AimEnabled",
    "ThirdPartyStoragePartitioning",
)
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join((*_AS_PLAYWRIGHT_HAS_IT, *_UNSEEN))}",
)

# What is waited for comes at once, unless the machine has something else to do.
expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="session")
async def chromium() -> AsyncGenerator[Browser]:
    """Return the one browser of a test process; each test opens windows of its own in it."""
    path = shutil.which("chromium")
    assert path is not None, "Chromium is not installed; script/test installs it"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_FLAGS)
        with pytest.MonkeyPatch.context() as patch:
            acts_once_loaded(patch)
            yield browser
        await browser.close()


@pytest.fixture
def more_connectors() -> Path | None:
    """Return where connectors of a test's own are."""
    return None


@pytest.fixture
def rewrite() -> Mapping[str, str]:
    """Return where the origins of providers other than Iterable are."""
    return {}


@pytest.fixture
async def hub(
    data_dir: Path, sandbox: Sandbox, more_connectors: Path | None, rewrite: Mapping[str, str]
) -> AsyncGenerator[Running]:
    """Return a hub that listens on loopback."""
    async with serving_hub(
        sandbox, data_dir=data_dir, connectors=more_connectors, rewrite=rewrite
    ) as running:
        yield running


def fernwood_at(provider: OAuthSandbox) -> Mapping[str, str]:
    """Return where the origins of Fernwood are, if `provider` takes its part."""
    return dict.fromkeys(
        ("https://login.fernwood.example", "https://acme.fernwood.example"), provider.url
    )


@pytest.fixture
async def oauth() -> AsyncGenerator[OAuthSandbox]:
    """Return a provider to sign in at."""
    async with serve() as running:
        yield running


@pytest.fixture
async def fernwood(hub: Running, oauth: OAuthSandbox) -> Client:
    """Set Fernwood up in the project, with a client of the provider's."""
    client = oauth.add_client()
    setup = {"clientId": client.id, "clientSecret": client.secret}
    terms = {"authentication_config_key": "oauth2", "setup": setup, "default": True}
    made = await hub.api.post("/connector_profiles", json={"connector_key": "fernwood", **terms})
    assert made.status_code == 201, made.text
    return client


@dataclass
class Visit:
    """One browser window, and what went wrong in it; one that `is_noisy` may complain."""

    page: Page
    context: BrowserContext
    origins: tuple[str, ...]
    is_noisy: bool = False
    problems: list[str] = field(default_factory=list[str])
    noise: list[str] = field(default_factory=list[str])

    def watch(self) -> None:
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("console", lambda said: self._note(said.type, said.text))
        self.page.on("request", lambda request: self._foreign(request.url))

    def _note(self, kind: str, text: str) -> None:
        # The browser itself reports a refused form ("status of 400") as an error.
        if kind in ("error", "warning") and "the server responded with a status of 4" not in text:
            self.noise.append(f"{kind}: {text}")

    def _foreign(self, url: str) -> None:
        if not url.startswith((*self.origins, "data:")):
            self.problems.append(f"request to {url}")


@pytest.fixture
async def visit(chromium: Browser, hub: Running) -> AsyncGenerator[Callable[..., object]]:
    """Open windows; at the end, none of them may have had an error or asked a third party."""
    visits: list[Visit] = []

    async def start(
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        scripts: bool = True,
        beside: tuple[str, ...] = (),
        language: str = "en-US",
    ) -> Visit:
        """Open a window; pages of `beside` may be asked, too."""
        context = await chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=scripts,
            locale=language,
        )
        context.set_default_timeout(PATIENCE * 1000)
        visits.append(Visit(await context.new_page(), context, (hub.hub.public_url, *beside)))
        visits[-1].watch()
        presses_once_loaded(visits[-1].page)
        return visits[-1]

    yield start
    problems = [problem for each in visits for problem in each.problems]
    problems += [said for each in visits if not each.is_noisy for said in each.noise]
    for each in visits:
        await each.context.close()
    assert problems == []


async def holds(page: Page | Frame, condition: str) -> None:
    """
    Wait in a page of the hub until a condition, in JavaScript, holds.

    Playwright's own wait evaluates a text in the page at each try, which the pages' policy forbids.
    """
    look = f"() => ({condition}) ? done() : requestAnimationFrame(look)"
    await page.evaluate(f"() => new Promise(done => {{ const look = {look}; look(); }})")


async def ground_of(element: Locator) -> list[int]:
    """Return the background of an element as it is painted: red, green and blue."""
    return await element.evaluate(
        """element => { const paint = new OffscreenCanvas(1, 1).getContext("2d");
             paint.fillStyle = getComputedStyle(element).backgroundColor;
             paint.fillRect(0, 0, 1, 1);
             return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3); }"""
    )


@pytest.fixture(scope="session")
def axe() -> str:
    folder = installed(Path(__file__).parent / "axe", name="axe")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def keep_image(request: pytest.FixtureRequest) -> Callable[..., object]:
    """
    Take a picture of a page for the docs, if --images asks for it, with few colors.

    `most` is its greatest height.
    """
    is_kept = request.config.getoption("--images")

    async def keep(page: Page, name: str, *, full: bool = True, most: int | None = None) -> None:
        if not is_kept:
            return
        path = IMAGES / f"{name}.png"
        size = page.viewport_size
        height = await page.evaluate("document.documentElement.scrollHeight")
        cut: FloatRect | None = None
        if most is not None and size is not None:
            cut = {"x": 0, "y": 0, "width": size["width"], "height": min(height, most)}
        await page.screenshot(path=path, full_page=full, clip=cut)
        pngquant = shutil.which("pngquant")
        assert pngquant is not None, "install pngquant, which makes pictures small"
        subprocess.run([pngquant, "--force", "--ext", ".png", "128", path], check=True)  # noqa: ASYNC221 - a tool for authors, in which nothing else waits

    return keep
