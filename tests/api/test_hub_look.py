"""How the Hub looks: its languages, a project's own words and colors, and no name but theirs."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from jackfield.kit.ids import ProjectId
from jackfield.language import catalog as language
from tests.api.test_hub_page import action_of
from tests.support.clock import FrozenClock
from tests.support.running import PUBLIC_URL, Running, running_hub
from tests.support.scripted import Answer, reply, scripted

pytestmark = pytest.mark.anyio

PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
GUIDE = "/docs/connectors/iterable/guides/link-account/api_key"


async def link_to(hub: Running, **wanted: Any) -> str:
    session = await hub.session(**{"provider": "iterable", **wanted})
    return session["auth_link_url"].removeprefix("https://hub.test")


async def change(hub: Running, **settings: Any) -> None:
    answer = await hub.api.patch("/jackfield/project", json=settings)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("code", "heading"),
    [
        ("en", "Connect Iterable"),
        ("de", "Iterable verbinden"),
        ("fr", "Connecter Iterable"),
        ("es", "Conectar Iterable"),
        ("ja", "Iterable を接続"),
    ],
)
async def test_the_form_speaks_the_readers_language(hub: Running, code: str, heading: str) -> None:
    link = await link_to(hub)

    preferred = await hub.api.get(link, headers={"accept-language": f"{code};q=0.9"}, auth=None)
    chosen = await hub.api.get(f"{link}&lang={code}", headers={"accept-language": "xx"}, auth=None)

    for page in (preferred, chosen):
        assert f'<html lang="{code}">' in page.text
        assert f"{heading}</h1>" in page.text
    assert f'hreflang="{code}" aria-current="true"' in chosen.text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("abc\u202egnp.exe", "<bdi>abcgnp.exe</bdi> asks you to link Iterable"),
        ("شركة <Co>", "<bdi>شركة &lt;Co&gt;</bdi> asks you to link Iterable"),
        ("{provider}", "<bdi>{provider}</bdi> asks you to link Iterable"),
        (" \u200b\u3164", None),
    ],
)
async def test_a_products_name_turns_no_text_beside_it_and_is_left_out_if_it_shows_nothing(
    hub: Running, name: str, shown: str | None
) -> None:
    await change(hub, branding={"display_name": name})

    page = (await hub.api.get(await link_to(hub), auth=None)).text

    assert shown is None or shown in page
    assert ('class="asks"' in page) is (shown is not None)
    assert ('class="brand"' in page) is (shown is not None)
    assert not set("\u202e\u3164") & set(page)


@pytest.mark.parametrize("code", ["de", "fr", "es", "ja"])
async def test_what_is_wrong_is_said_in_the_readers_language(hub: Running, code: str) -> None:
    form = await hub.api.get(f"{await link_to(hub)}&lang={code}", auth=None)

    empty = await hub.api.post(action_of(form.text), data={}, auth=None)

    words = language.Words(code)
    assert words("field.required", field="API Key") in empty.text
    assert "is required." not in empty.text


async def test_a_project_says_things_in_its_own_words(hub: Running) -> None:
    await change(hub, strings={"de": {"form.submit": "Los!"}})
    link = await link_to(hub)

    german = await hub.api.get(f"{link}&lang=de", auth=None)
    english = await hub.api.get(f"{link}&lang=en", auth=None)

    assert ">Los!</button>" in german.text
    assert ">Los!</button>" not in english.text


async def test_an_auth_link_says_who_asks_for_what_and_until_when(hub: Running) -> None:
    await change(hub, branding={"display_name": "Northwind"})

    page = await hub.api.get(await link_to(hub, expires_in=600), auth=None)

    assert "<bdi>Northwind</bdi> asks you to link Iterable" in page.text
    assert '<time datetime="2026-03-01T09:40:00+00:00"' in page.text


async def test_colors_are_a_style_sheet_of_the_projects_own(hub: Running) -> None:
    await change(hub, branding={"colors": {"accent": "#ffcc00", "dark-accent": "#112233"}})

    page = await hub.api.get(await link_to(hub), auth=None)
    (path,) = re.findall(r'<link rel="stylesheet" href="([^"]+)" data-brand>', page.text)
    sheet = await hub.api.get(path, auth=None)

    assert sheet.headers["content-type"].startswith("text/css")
    assert "--brand:#ffcc00;" in sheet.text
    assert "--fill:#ffcc00;--on-fill:#000000;" in sheet.text
    assert "--brand:#112233;" in sheet.text
    assert "--fill:#112233;--on-fill:#ffffff;" in sheet.text


async def test_a_project_without_a_brand_cannot_be_told_from_none(hub: Running) -> None:
    other = ProjectId.new(hub.hub.clock())
    paths = (
        "/embedded/brand/{}/logo",
        "/embedded/brand/{}/theme.css",
        "/docs/connectors/iterable?project={}",
        "/docs/connectors/iterable/guides/link-account/api_key?project={}",
    )

    for path in paths:
        ours = await hub.api.get(path.format(hub.project.id), auth=None)
        none = await hub.api.get(path.format(other), auth=None)
        assert ours.status_code == none.status_code, path
        assert ours.text.replace(hub.project.id, other) == none.text, path


@pytest.fixture
async def logo(
    data_dir: Path, clock: FrozenClock, sandbox: Any, request: pytest.FixtureRequest
) -> AsyncGenerator[tuple[Running, str, Any]]:
    """Run a hub whose project has a logo elsewhere, which answers as the test says."""
    answer: Answer = request.param
    async with (
        scripted(answer) as elsewhere,
        running_hub(sandbox, data_dir=data_dir, clock=clock, allow_private_networks=True) as hub,
    ):
        await change(
            hub, branding={"display_name": "Northwind", "logo_url": f"{elsewhere.url}/a.svg"}
        )
        page = await hub.api.get(await link_to(hub), auth=None)
        (path,) = re.findall(r'<img src="([^"]+)" alt="Northwind"', page.text)
        assert elsewhere.url not in page.text
        yield hub, path, elsewhere


SVG = reply(PICTURE, headers={"content-type": "image/svg+xml"})


@pytest.mark.parametrize("logo", [SVG], indirect=True)
async def test_a_logo_is_fetched_once_and_served_by_us_as_an_image_and_nothing_else(
    logo: tuple[Running, str, Any],
) -> None:
    hub, path, elsewhere = logo

    together = await asyncio.gather(*(hub.api.get(path, auth=None) for _ in range(5)))
    answers = [*together, await hub.api.get(path, auth=None)]

    assert {each.content for each in answers} == {PICTURE}
    assert "sandbox" in answers[0].headers["content-security-policy"]
    assert len(elsewhere.seen) == 1


@pytest.mark.parametrize(
    "logo",
    [
        reply("<html>", headers={"content-type": "text/html"}),
        reply(PICTURE, status=500, headers={"content-type": "image/svg+xml"}),
        reply(b"x" * 300_000, headers={"content-type": "image/png"}),
    ],
    ids=["no image", "fails", "huge"],
    indirect=True,
)
async def test_what_is_no_logo_is_not_passed_on(logo: tuple[Running, str, Any]) -> None:
    hub, path, _ = logo

    assert (await hub.api.get(path, auth=None)).status_code == 404


async def test_a_white_label_leaves_no_trace_of_the_hubs_name(hub: Running) -> None:
    await change(hub, white_label=True, branding={"display_name": "Northwind"})
    link, several = await link_to(hub), await link_to(hub, provider=None)
    form = await hub.api.get(link, auth=None)
    wrong = await hub.api.post(action_of(form.text), data={"region": "us"}, auth=None)
    done = await hub.api.post(
        action_of(form.text), data={"api_key": hub.us_key, "region": "us"}, auth=None
    )
    pages = [
        form,
        wrong,
        done,
        await hub.api.get(several, auth=None),
        await hub.api.get(link, auth=None),
        await hub.api.get(f"{GUIDE}?project={hub.project.id}", auth=None),
        await hub.api.get(f"{GUIDE}.md?project={hub.project.id}", auth=None),
    ]
    paths = {
        path for page in pages for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    }
    loaded = [await hub.api.get(path, auth=None) for path in sorted(paths)]

    for answer in (*pages, *loaded):
        assert "jackfield" not in answer.text.lower(), answer.url
        assert "jackfield" not in repr(answer.headers).lower()
    assert "the Hub" not in pages[-1].text
    assert paths


async def test_the_hub_names_itself_otherwise(hub: Running) -> None:
    assert "Powered by Jackfield" in (await hub.api.get(await link_to(hub), auth=None)).text


async def test_a_guide_for_certain_actions_shows_the_steps_for_those(hub: Running) -> None:
    reading = await hub.api.get(await link_to(hub, actions=["iterable_list_lists"]), auth=None)
    sending = await hub.api.get(
        await link_to(hub, actions=["iterable_send_email"], multiple=True), auth=None
    )

    assert "Or a Read-Only API Key" in reading.text
    assert "Or a Read-Only API Key" not in sending.text


async def test_languages_of_a_page_that_is_missing_lead_to_no_other_host(hub: Running) -> None:
    headers = {"accept": "text/html"}
    page = await hub.api.get(f"{PUBLIC_URL}//evil.example/x", headers=headers, auth=None)
    assert page.status_code == 404
    assert 'href="/evil.example/x?lang=de"' in page.text
