"""A hub without a way to the internet: every page is whole, and nothing asks for anything outside."""

import sys
from collections.abc import Awaitable, Callable, Generator
from ipaddress import ip_address
from urllib.parse import urldefrag

import pytest
from playwright.async_api import Page, Request, Response

from jackfield.projects import service as projects
from tests.browser.conftest import Visit
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
# Beyond all that there are: a crawl that finds ever more is a fault.
MOST_PAGES = 300
# Pages of the manual are of one template, and their links are followed without a browser.
SAMPLE = 10
NAMED = ("/docs/api", "/docs/connectors/iterable")
# They end something, or are files to download.
SKIPPED = ("/dashboard/sign-out",)


class Watch:
    """Notes each address outside of this machine that this process connects to, or asks the name of."""

    def __init__(self) -> None:
        self.is_on = True
        self.outside: list[str] = []
        # There is no way to take a hook back.
        sys.addaudithook(self._note)

    def _note(self, event: str, values: tuple[object, ...]) -> None:
        if not self.is_on or event not in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            return
        address = values[0] if event == "socket.getaddrinfo" else values[1]
        host = address[0] if isinstance(address, tuple) else address
        if isinstance(host, bytes):
            host = host.decode(errors="replace")
        if isinstance(host, str) and not host.startswith("/") and not is_loopback(host):
            self.outside.append(f"{event}: {host}")


def is_loopback(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture
def watch() -> Generator[Watch]:
    found = Watch()
    yield found
    found.is_on = False


@pytest.mark.parametrize(
    ("event", "values"),
    [
        ("socket.connect", (None, ("192.0.2.1", 443))),
        ("socket.connect", (None, ("2001:db8::1", 443, 0, 0))),
        ("socket.getaddrinfo", ("api.example.com", 443, 0, 1, 0)),
    ],
)
def test_an_address_outside_is_noticed(
    watch: Watch, event: str, values: tuple[object, ...]
) -> None:
    sys.audit("socket.connect", None, ("127.0.0.1", 8080))
    sys.audit(event, *values)

    assert len(watch.outside) == 1


class Crawl:
    """Opens all pages that lead from one to the other, and notes what goes wrong."""

    def __init__(self, page: Page, origin: str, *, below: str = "") -> None:
        self._page = page
        self._origin = origin
        self._below = origin + below
        self._waiting: list[str] = []
        self._manual = 0
        self._left: set[str] = set()
        self._loaded: set[str] = set()
        self._wrong: list[str] = []
        self.pages: set[str] = set()
        page.on("requestfailed", self._failed)
        page.on("requestfinished", lambda request: self._loaded.add(request.url))
        page.on("response", self._answered)

    @property
    def wrong(self) -> list[str]:
        """What failed, and what was never there however often it was asked for."""
        return self._wrong + sorted(self._left - self._loaded)

    def _failed(self, request: Request) -> None:
        # A live stream ends with its page.
        if request.url.startswith(f"{self._origin}/dashboard/logs/live"):
            return
        # The browser gives up what a page still loads when it is left, if only its icon.
        if request.failure == "net::ERR_ABORTED":
            self._left.add(request.url)
        else:
            self._wrong.append(f"{request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._wrong.append(f"{response.url}: {response.status}")

    async def go(self, *starts: str) -> None:
        self._waiting += starts
        while self._waiting:
            url = urldefrag(self._waiting.pop(0)).url
            # A list by another filter is the same page, and there is no end of filters.
            path = url.partition("?")[0]
            if path in self.pages or not url.startswith(self._below) or url.endswith(SKIPPED):
                continue
            if path.startswith(f"{self._origin}/docs/") and not path.endswith(NAMED):
                self._manual += 1
                if self._manual > SAMPLE:
                    continue
            self.pages.add(path)
            assert len(self.pages) <= MOST_PAGES, self.pages
            await self._page.goto(url)
            await self._page.wait_for_load_state("networkidle")
            # Of a drawing as well, whose links have no such property.
            links = "links => links.map(a => new URL(a.getAttribute('href'), location).href)"
            self._waiting += await self._page.eval_on_selector_all("a[href]:not([download])", links)


async def test_every_page_is_whole_without_the_internet(
    hub: Running, visit: Start, watch: Watch
) -> None:
    account = await hub.link()
    await hub.run(account, "iterable_list_channels")
    link = await projects.sign_in_url(hub.hub, hub.project, TESTER)
    session = await hub.session(provider="iterable")
    seen = await visit()
    crawl = Crawl(seen.page, hub.hub.public_url)
    await seen.page.goto(link)
    await seen.page.get_by_role("button", name="Sign in").click()
    await seen.page.wait_for_url("**/dashboard")
    # What a page still loads when it is left may be on no other one.
    await seen.page.wait_for_load_state("networkidle")

    await crawl.go(
        f"{hub.hub.public_url}/dashboard",
        f"{hub.hub.public_url}/docs",
        f"{hub.hub.public_url}/docs/api",
        session["auth_link_url"],
        f"{hub.hub.public_url}/llms.txt",
    )

    paths = {page.removeprefix(hub.hub.public_url).partition("?")[0] for page in crawl.pages}
    assert f"/dashboard/accounts/{account}" in paths, paths
    assert "/docs/connectors/iterable" in paths
    assert len(paths) > 8, paths
    assert crawl.wrong == []
    # The provider's sandbox, the database and the browser are all on this machine.
    assert watch.outside == []
