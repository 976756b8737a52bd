"""`/dashboard/connectors/upload`: an operator uploads a connector in a browser."""

import io
import re
import zipfile
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest

from tests.api.test_dashboard import sign_in
from tests.support.running import HubWith, Running
from tests.support.uploads import CASES, DOCUMENT, KEY, MAIN, document, packed

pytestmark = [pytest.mark.anyio, pytest.mark.database]

PLACE = "/dashboard/connectors/upload"
FAULTY = document(**{"effects: [read]": "effect: [read]"})


@pytest.fixture
async def hub(hub_with: HubWith) -> AsyncGenerator[Running]:
    async with hub_with() as running:
        running.api.auth = None
        await sign_in(running)
        yield running
        running.hub.catalog.use_published([], {})


async def send(hub: Running, *files: tuple[str, str | bytes], **cases: str) -> httpx2.Response:
    parts: list[Any] = [("files", (name, content)) for name, content in files]
    parts += [("cases", (f"{name}.yaml", content)) for name, content in cases.items()]
    return await hub.api.post(PLACE, files=parts)


async def draft(hub: Running, text: str = DOCUMENT, **cases: str) -> str:
    """Upload a connector, and return the path of its draft."""
    sent = await send(hub, (MAIN, text), **cases)
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


async def shown(hub: Running, path: str) -> str:
    found = await hub.api.get(path)
    assert found.status_code == 200, found.text
    return found.text


async def press(hub: Running, path: str, **fields: str) -> httpx2.Response:
    return await hub.api.post(path, data=fields)


async def publish(hub: Running, text: str = DOCUMENT) -> str:
    """Upload a connector and publish it, as its page has it; return the path of the page."""
    place = await draft(hub, text)
    published = await press(hub, f"{place}/publish", over=over(await shown(hub, place)))
    assert published.status_code == 303, published.text
    return place


def over(text: str) -> str:
    found = re.search(r'name="over" value="([^"]*)"', text)
    assert found is not None
    return found[1]


async def test_a_fault_is_shown_with_its_line_mended_on_the_page_and_published(
    hub: Running,
) -> None:
    place = await draft(hub, FAULTY)
    before = await shown(hub, place)

    mended = await press(hub, f"{place}/mend", **{f"text:{MAIN}": DOCUMENT.replace("\n", "\r\n")})
    after = await shown(hub, mended.headers["location"])
    published = await press(hub, f"{mended.headers['location']}/publish", over=over(after))
    listed = await shown(hub, PLACE)

    assert "1 fault</h2>" in before
    assert "line 18, column 5" in before
    assert "<pre>    <mark>effect: [read]</mark></pre>" in before
    assert "Did you mean &#39;effects&#39;?" in before
    assert "Publish 1.0.0" not in before
    assert "Nothing is wrong with it" in after
    assert published.status_code == 303
    assert "</span> 1.0.0</span>" in listed
    assert hub.hub.catalog.get(KEY).version == "1.0.0"


async def test_a_zip_is_taken_and_its_files_can_be_had_back(hub: Running) -> None:
    content = packed({MAIN: DOCUMENT, "cases/things.yaml": CASES}, folder="acme/")

    sent = await send(hub, ("acme.zip", content))

    files = await hub.api.get(f"{sent.headers['location']}/files")
    with zipfile.ZipFile(io.BytesIO(files.content)) as archive:
        assert archive.namelist() == [MAIN, "cases/things.yaml"]
        assert archive.read(MAIN).decode() == DOCUMENT


async def test_cases_are_run_on_the_page(hub: Running) -> None:
    wrong = CASES.replace("things are listed", "nothing is listed").replace("/things", "/nothing")
    place = await draft(hub, good=CASES, wrong=wrong)

    text = (await press(hub, f"{place}/cases")).text

    assert "1 of 2 failed" in text
    assert "things are listed" in text
    assert "path: expected" in text


async def test_what_breaks_is_shown_before_and_a_press_rolls_back(hub: Running) -> None:
    first = await publish(hub)
    second = await draft(hub, document("2.0.0", list_things="find_things"))

    text = await shown(hub, second)
    await press(hub, f"{second}/publish", over=over(text))
    current = hub.hub.catalog.get(KEY).version
    page = await shown(hub, second)
    await press(hub, f"{first}/publish", over=over(page))

    assert "From 1.0.0 to 2.0.0" in text
    assert "Breaks something" in text
    assert "<code>acme_list_things</code> <span>is gone</span>" in text
    assert (current, hub.hub.catalog.get(KEY).version) == ("2.0.0", "1.0.0")


async def test_a_page_that_is_late_publishes_nothing(hub: Running) -> None:
    await publish(hub)
    second = await draft(hub, document("2.0.0"))

    refused = await press(hub, f"{second}/publish", over="cov_of_another_moment")

    assert refused.status_code == 409
    assert "Another version was published meanwhile" in refused.text
    assert hub.hub.catalog.get(KEY).version == "1.0.0"


async def test_a_pinned_profile_says_what_an_upgrade_changes_and_is_upgraded(hub: Running) -> None:
    await publish(hub)
    page = await shown(hub, f"/dashboard/connectors/{KEY}")
    found = re.search(r'id="(cpr_\w+)"', page)
    assert found is not None
    profile = f"/dashboard/connectors/{KEY}/profiles/{found[1]}"
    await press(hub, f"{profile}/pin")
    await publish(hub, document("2.0.0", list_things="find_things"))

    pinned = await shown(hub, f"/dashboard/connectors/{KEY}")
    await press(hub, f"{profile}/unpin")
    upgraded = await shown(hub, f"/dashboard/connectors/{KEY}")
    await press(hub, f"{profile}/pin", version="1.0.0")
    back = await shown(hub, f"/dashboard/connectors/{KEY}")

    assert "It stays on 1.0.0; 2.0.0 is there" in pinned
    assert "<code>acme_list_things</code> <span>is gone</span>" in pinned
    assert "Upgrade to 2.0.0" in pinned
    assert "Upgrade to" not in upgraded
    assert "It stays on 1.0.0" in back


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("acme.zip", b"no zip", "the zip cannot be read"),
        ("acme.zip", packed({"../acme.s1.yaml": "x"}), "leads out of the connector"),
        ("setup.py", "x", "is no file of a connector"),
        ("acme.s1.partial.yaml", "[]", "must have one main file"),
        (MAIN, "#" * (6 * 1024 * 1024), "larger than 4 MB"),
        ("iterable.connector.s1.yaml", "x", "in a folder"),
    ],
)
async def test_what_cannot_be_taken_is_said_on_the_page(
    hub: Running, name: str, content: str | bytes, told: str
) -> None:
    refused = await send(hub, (name, content))

    assert refused.status_code in (409, 413, 422)
    assert told in refused.text
    assert "Nothing was uploaded" in refused.text


async def test_a_form_with_no_file_says_so(hub: Running) -> None:
    refused = await hub.api.post(PLACE, files=[("files", ("", b""))])

    assert refused.status_code == 422
    assert "choose the files" in refused.text


async def test_names_and_texts_of_a_stranger_are_text(hub: Running) -> None:
    hostile = "<script>alert(1)</script>"
    place = await draft(hub, FAULTY.replace("effect:", f"'{hostile}':"))

    text = await shown(hub, place)

    assert hostile not in text
    assert "&lt;script&gt;" in text


async def test_a_discarded_draft_is_gone(hub: Running) -> None:
    place = await draft(hub)

    gone = await press(hub, f"{place}/discard")

    assert gone.headers["location"] == PLACE
    assert (await hub.api.get(place)).status_code == 404
    assert "No connector of your own yet" in await shown(hub, PLACE)


async def test_a_connector_is_deleted_with_all_its_versions(hub: Running) -> None:
    await publish(hub)
    place = await publish(hub, document("1.1.0"))

    gone = await press(hub, f"{place}/withdraw")

    assert gone.headers["location"] == PLACE
    assert "No connector of your own yet" in await shown(hub, PLACE)
    assert hub.hub.catalog.find(KEY) is None


async def test_a_post_from_another_site_uploads_nothing(hub: Running) -> None:
    hub.api.headers["origin"] = "https://elsewhere.example"

    refused = await send(hub, (MAIN, DOCUMENT))

    assert refused.status_code == 403
