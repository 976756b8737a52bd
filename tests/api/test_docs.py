"""The documentation that a hub serves, for people and for models."""

import re
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import urldefrag, urljoin

import httpx2
import pytest

from jackfield.asgi import build_app
from jackfield.ui.docs.llms import MOST_CHARACTERS
from jackfield.ui.docs.manual import manual
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub

pytestmark = pytest.mark.anyio

PAGES = [page.path for page in manual().pages]


@pytest.mark.slow
async def test_every_page_is_served_as_html_and_as_markdown(hub: Running) -> None:
    hub.api.auth = None
    for path in ("", "api", *PAGES):
        page = await hub.api.get(f"/docs/{path}" if path else "/docs")
        assert (page.status_code, page.headers["content-type"]) == (200, HTML), path
        assert page.text.count("<h1") == 1, path
        assert not re.search(r"<[a-z][^>]*\s(?:style|on\w+)=|<style|<script(?! defer)", page.text)
    for path in ("api", *PAGES):
        text = await hub.api.get(f"/docs/{path}.md")
        assert text.headers["content-type"].startswith("text/markdown"), path
        assert text.text.startswith("# "), path


HTML = "text/html; charset=utf-8"


async def test_a_model_that_asks_for_markdown_gets_it(hub: Running) -> None:
    page = await hub.api.get("/docs/operating/backup", headers={"accept": "text/markdown"})

    assert page.text == (await hub.api.get("/docs/operating/backup.md")).text
    assert "accept" in page.headers["vary"]
    assert (
        "(https://hub.test/docs/operating/keyring.md)"
        in (await hub.api.get("/docs/concepts.md")).text
    )


@pytest.mark.parametrize("path", ["nothing", "operating/nothing", "nothing.md", "../secret", ""])
async def test_a_page_that_is_not_there_is_not_found(hub: Running, path: str) -> None:
    page = await hub.api.get(f"/docs/{path}", headers={"accept": "text/html"})

    assert page.status_code == 404


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "..%2Fpyproject.toml", "docs/images/nothing.png", "src/jackfield"]
)
async def test_no_file_is_given_out_but_those_that_a_page_leads_to(hub: Running, name: str) -> None:
    assert (await hub.api.get(f"/docs/files/{name}")).status_code == 404


async def test_a_file_that_a_page_leads_to_is_shown_and_never_run(hub: Running) -> None:
    file = await hub.api.get("/docs/files/docs/embed/html/index.html")

    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    assert "sandbox" in file.headers["content-security-policy"]
    assert "jackfield-hub" in file.text


@pytest.mark.slow
@pytest.mark.parametrize("base", ["", "/jackfield"])
async def test_every_link_within_leads_to_a_page_and_its_heading(
    data_dir: Any, clock: FrozenClock, sandbox: Any, base: str
) -> None:
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        pages, ids = await crawled(hub, base)

    assert len(pages) > len(PAGES)
    for page, links in pages.items():
        for link in links:
            path, anchor = urldefrag(link)
            assert path in pages, (page, link)
            is_drawing = path.endswith(".svg")
            assert is_drawing or not anchor or anchor in ids[path], (page, link)


async def crawled(hub: Running, base: str) -> tuple[dict[str, list[str]], dict[str, set[str]]]:
    """Return the links of each page that can be reached, and what can be linked to on it."""
    api = below(hub, base)
    waiting, pages, ids = [f"{base}/docs"], dict[str, list[str]](), dict[str, set[str]]()
    while waiting:
        page = waiting.pop()
        if page in pages:
            continue
        response = await api.get(page.removeprefix(base))
        assert response.status_code == 200, page
        is_text = "text" in response.headers["content-type"]
        ids[page] = set(re.findall(r'\sid="([^"]+)"', response.text)) if is_text else set()
        pages[page] = []
        if response.headers["content-type"] != HTML:
            continue
        for link in re.findall(r'\s(?:href|src)="([^"]*)"', response.text):
            if link.startswith("#"):
                pages[page].append(f"{page}{link}")
            elif not re.match(r"[a-z]+:|\?", link):
                whole = urljoin(page, unescape(link))
                assert whole.startswith(f"{base}/"), (page, link)
                pages[page].append(whole)
        waiting += [urldefrag(link)[0] for link in pages[page]]
    return pages, ids


def below(hub: Running, base: str) -> Any:
    """Return a client of a hub that is served below a path, which the proxy takes away."""
    hub_below = replace(hub.hub, public_url=f"https://hub.test{base}")
    transport = httpx2.ASGITransport(app=build_app(hub_below))
    return httpx2.AsyncClient(transport=transport, base_url="https://hub.test")


async def test_models_find_a_list_of_all_pages_and_all_of_them_in_one_text(hub: Running) -> None:
    listed = (await hub.api.get("/llms.txt", auth=None)).text
    full = (await hub.api.get("/llms-full.txt", auth=None)).text

    for page in manual().pages:
        url = f"https://hub.test/docs/{page.path}.md"
        assert url in listed, page.path
        assert f"<!-- {url} -->" in full, page.path
    assert [*re.findall(r"<!-- https://hub.test/docs/(\S+)\.md -->", full)][: len(PAGES)] == PAGES
    assert len(full) <= MOST_CHARACTERS + 10_000
    assert "iterable_list_channels" in full
    assert "https://hub.test/llms-full.txt" in listed


async def test_the_search_finds_headings_operations_and_actions(hub: Running) -> None:
    index = await hub.api.get("/docs/search-index.js", auth=None)

    assert index.headers["content-type"].startswith("text/javascript")
    for found in ("the-keyring-is-lost", "iterable_list_channels", "jackfield_data_dir"):
        assert found in index.text
    assert len(index.content) < 600_000


async def test_an_operator_keeps_the_manual_from_strangers(
    data_dir: Any, clock: FrozenClock, sandbox: Any
) -> None:
    paths = ("operating/backup", "operating/backup.md", "search-index.js", "api.md")
    async with running_hub(sandbox, data_dir=data_dir, clock=clock, public_docs=False) as hub:
        found = [(await hub.api.get(f"/docs/{path}", auth=None)).status_code for path in paths]
        full = await hub.api.get("/llms-full.txt", auth=None)

    assert {*found, full.status_code} == {404}
