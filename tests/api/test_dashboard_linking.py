"""`/dashboard/home/linking`: where those stop who are to link accounts."""

import re
from html import unescape

import pytest

from tests.api.test_hub_page import open_link
from tests.api.test_link_steps import post
from tests.support.browsing import signed_in
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

PAGE = "/dashboard/home/linking"


async def test_the_page_says_where_those_stop_who_do_not_link(hub: Running) -> None:
    links = [await open_link(hub, provider="iterable", origin_owner_id=f"c{n}") for n in range(4)]
    for link in links[1:]:
        await hub.api.get(link, auth=None)
    await post(hub, links[2], api_key="", region="us")
    await post(hub, links[3], api_key=hub.us_key, region="us")
    await hub.hub.write_buffer.flush()
    browser = await signed_in(hub)

    page = unescape((await browser.get(PAGE)).text)

    counts = re.findall(
        r"<span>([^<]+)</span>\s*<svg class=\"meter\".*?<b>(\d+)</b>", page, re.DOTALL
    )
    assert counts[:6] == [
        ("Link was made", "4"),
        ("Opened it", "3"),
        ("Saw a form", "3"),
        ("Sent the form", "2"),
        ("Asked the provider", "1"),
        ("Linked", "1"),
    ]
    assert [count for _, count in counts[6:]] == ["3", "2", "1", "1"]
    assert page.count("1 stopped before") == 5
    assert "Field “API Key” was missing or malformed" in page
    assert "Acme Inc." in page
    assert "<b>1</b> <span>linked of 3 links opened in 30 days" in unescape(
        (await browser.get("/dashboard/home")).text
    )


async def test_a_project_without_links_is_told_how_to_make_one(hub: Running) -> None:
    browser = await signed_in(hub)

    assert "No link yet" in (await browser.get(PAGE)).text
