"""The page about a connector: everything it can do, for people and for models."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub

pytestmark = pytest.mark.anyio

PAGE = "/docs/connectors/iterable"
MALICIOUS = """\
StackOne: 1.0.0
engine: strict
info:
  title: "<b>Acme</b>"
  key: acme
  version: 1.0.0
  description: "<script>alert(1)</script> | [here](javascript:alert(2))"
baseUrl: https://api.acme.example
hosts: [api.acme.example]
documentation:
  references:
    - {title: Trap, url: "javascript:alert(3)"}
    - {title: Manual, url: "https://acme.example/manual"}
authentication:
  - token:
      type: custom
      label: "<i>Token</i>"
      authorization: {type: bearer, token: $.credentials.token}
      configFields:
        - {key: token, label: Token, type: password, required: true, secret: true}
actions:
  - actionId: get_thing
    label: "<img src=x onerror=alert(4)>"
    description: "Get a thing | <script>alert(5)</script>"
    categories: [crm]
    actionType: get
    inputs:
      - name: order
        type: object
        in: body
        description: "An order <script>alert(6)</script>"
        properties:
          - name: lines
            type: object
            array: true
            rules: {maxItems: 3}
            properties:
              - {name: sku, type: string, required: true, rules: {pattern: "^(`a`|<b>)$"}}
      - {name: by, type: string, in: query}
    validationRules:
      - {rule: mutuallyExclusive, fields: [order, by]}
      - {rule: requiredIf, field: by, condition: {field: order, present: false}}
    steps:
      - stepId: call
        stepFunction: {functionName: request, parameters: {url: /things, method: get}}
    result: {data: $.steps.call.output.data}
  - actionId: hidden
    label: Hidden
    description: Not listed.
    categories: [internal]
    actionType: custom
    steps:
      - stepId: call
        stepFunction: {functionName: request, parameters: {url: /things, method: get}}
"""


@pytest.fixture
async def acme(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Any
) -> AsyncGenerator[Running]:
    folder = tmp_path / "connectors" / "acme"
    folder.mkdir(parents=True)
    (folder / "acme.connector.s1.yaml").write_text(MALICIOUS, encoding="utf-8")
    async with running_hub(
        sandbox, data_dir=data_dir, clock=clock, connectors=folder.parent
    ) as running:
        yield running


async def test_a_link_that_is_a_script_is_left_out(acme: Running) -> None:
    page = await acme.api.get("/docs/connectors/acme", auth=None)

    assert "https://acme.example/manual" in page.text
    assert 'href="javascript:' not in page.text


async def test_an_internal_connector_is_documented_to_nobody(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Any
) -> None:
    folder = tmp_path / "connectors" / "acme"
    folder.mkdir(parents=True)
    text = MALICIOUS.replace("baseUrl:", "releaseStage: internal\nbaseUrl:", 1)
    (folder / "acme.connector.s1.yaml").write_text(text, encoding="utf-8")

    async with running_hub(
        sandbox, data_dir=data_dir, clock=clock, connectors=folder.parent
    ) as hub:
        pages = [await hub.api.get(f"/docs/connectors/acme{end}", auth=None) for end in ("", ".md")]
        guide = await hub.api.get("/docs/connectors/acme/guides/link-account/token", auth=None)
        listed = await hub.api.get("/llms.txt", auth=None)

    assert [page.status_code for page in (*pages, guide)] == [404, 404, 404]
    assert "connectors/acme" not in listed.text


@pytest.mark.parametrize(("public", "status"), [(True, 200), (False, 404)])
async def test_an_operator_keeps_the_references_from_strangers(
    data_dir: Path, clock: FrozenClock, sandbox: Any, public: bool, status: int
) -> None:
    async with running_hub(sandbox, data_dir=data_dir, clock=clock, public_docs=public) as hub:
        paths = (
            "/docs",
            "/docs/api",
            "/docs/webhooks",
            "/openapi.json",
            "/llms.txt",
            PAGE,
            f"{PAGE}.md",
        )
        found = [await hub.api.get(path, auth=None) for path in paths]
        card = await hub.api.get("/.well-known/agent-card.json", auth=None)
        guide = await hub.api.get(f"{PAGE}/guides/link-account/api_key", auth=None)

    assert [each.status_code for each in found] == [status] * len(paths)
    assert ("documentationUrl" in card.json()) is public
    assert (card.status_code, guide.status_code) == (200, 200)


@pytest.mark.slow
async def test_every_link_of_the_start_page_leads_somewhere(hub: Running) -> None:
    hub.api.auth = None
    page = (await hub.api.get("/docs")).text

    links = re.findall(r'(?:href|src)="([^"#][^"]*)"', page)

    assert "/docs/connectors/iterable/guides/link-account/api_key" in links
    assert "https://hub.test/mcp" in page
    found = {link: (await hub.api.get(link)).status_code for link in links}
    assert found == dict.fromkeys(links, 200)


async def test_the_page_has_every_action_with_its_effects_and_inputs(hub: Running) -> None:
    connector = hub.hub.catalog.get("iterable")

    page = await hub.api.get(PAGE, auth=None)

    assert page.status_code == 200
    assert len(connector.actions) == 157
    sections = dict(re.findall(r'<section id="(\w+)".*?>(.*?)</section>', page.text, re.DOTALL))
    assert sections.keys() == {action.id for action in connector.actions}
    for action in connector.actions:
        section = sections[action.id]
        shown = re.findall(r'class="effect"[^>]*><svg.*?</svg> (\w+)<', section)
        assert tuple(shown) == action.effects, action.id
        for name in action.schema["properties"]:
            assert f'<th scope="row"><code>{name}</code>' in section, (action.id, name)


async def test_an_input_is_shown_with_its_place_and_its_limits(hub: Running) -> None:
    page = await hub.api.get(PAGE, auth=None)

    section = page.text.partition('<section id="iterable_list_campaigns"')[2]
    section = section.partition("</section>")[0]
    assert "<code>Scheduled</code>" in section
    assert "at least 1, at most 1000, 100 when left out" in section
    assert '<span class="soft">in query</span>' in section


async def test_the_page_leads_to_the_guide_and_tells_the_rate_limits(hub: Running) -> None:
    page = await hub.api.get(PAGE, auth=None)

    assert f'href="{PAGE}/guides/link-account/api_key"' in page.text
    assert "<td><code>/api/campaigns/archive</code></td><td>5 a second</td>" in page.text


async def test_the_page_needs_no_inline_style_and_stays_small(hub: Running) -> None:
    page = await hub.api.get(PAGE, auth=None)

    assert len(page.content) < 400_000
    assert "style-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"\sstyle=|<style|<script(?! defer src=)|\son\w+=", page.text)


async def test_models_get_the_same_as_markdown(hub: Running) -> None:
    named = await hub.api.get(f"{PAGE}.md", auth=None)
    accepted = await hub.api.get(PAGE, headers={"accept": "text/markdown"}, auth=None)
    browser = await hub.api.get(PAGE, headers={"accept": "text/html, text/markdown"}, auth=None)

    assert named.text == accepted.text
    assert named.headers["content-type"].startswith("text/markdown")
    assert "accept" in accepted.headers["vary"]
    assert browser.headers["content-type"].startswith("text/html")
    for action in hub.hub.catalog.get("iterable").actions:
        assert (
            f"`{action.id}` · effects: {', '.join(f'**{each}**' for each in action.effects)}"
            in (named.text)
        )
    guide = re.search(r"\[API Key\]\(([^)]+)\)", named.text)
    assert guide is not None
    assert (await hub.api.get(guide[1], auth=None)).status_code == 200


@pytest.mark.parametrize("name", ["nothing", "nothing.md", ".md"])
async def test_a_connector_that_is_not_there_has_no_page(hub: Running, name: str) -> None:
    page = await hub.api.get(f"/docs/connectors/{name}", auth=None)

    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")


async def test_a_white_labelled_project_reads_nothing_of_the_hub(hub: Running) -> None:
    settings = {"white_label": True, "branding": {"display_name": "Acme Sync"}}
    changed = await hub.api.patch("/jackfield/project", json=settings)
    assert changed.status_code == 200, changed.text
    query = f"?project={hub.project.id}"

    page = await hub.api.get(f"{PAGE}{query}", auth=None)
    text = await hub.api.get(f"{PAGE}.md{query}", auth=None)

    assert "Acme Sync" in page.text
    assert "jackfield" not in page.text.lower()
    assert "jackfield" not in text.text.lower()
    for shown in (f'/api_key{query}"', f'iterable.md{query}"'):
        assert shown in page.text
    assert f"/api_key.md{query})" in text.text


async def test_what_a_query_holds_cannot_end_a_link(hub: Running) -> None:
    text = await hub.api.get(f"{PAGE}.md?project=%29%3Cscript%3E%7Bx%7D", auth=None)

    assert text.status_code == 200
    assert "<script>" not in text.text


async def test_what_a_connector_says_is_text(acme: Running) -> None:
    page = await acme.api.get("/docs/connectors/acme", auth=None)
    text = await acme.api.get("/docs/connectors/acme.md", auth=None)

    for shown in (page.text, text.text):
        assert not re.search(r"(?<!\\)<(script(?! defer src=)|b>A|i>T|img src=x)", shown)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "javascript:alert(3)" not in page.text + text.text
    assert 'href="javascript:' not in page.text
    assert "](javascript:" not in text.text.replace("\\](javascript:", "")
    assert "https://acme.example/manual" in page.text
    assert "https://acme.example/manual" in text.text


async def test_fields_of_inputs_and_rules_between_them_are_told(acme: Running) -> None:
    page = await acme.api.get("/docs/connectors/acme", auth=None)
    text = await acme.api.get("/docs/connectors/acme.md", auth=None)

    for shown in (page.text, text.text):
        assert "order.lines[].sku" in shown
        assert "elements at most 3" in shown
        assert "Give at most one of order, by." in shown
        assert "Give by when order is not given." in shown
        assert "acme_hidden" not in shown
    assert "`acme_get_thing` · effects: **read**" in text.text


async def test_the_list_for_models_names_each_connectors_page(hub: Running) -> None:
    text = (await hub.api.get("/llms.txt", auth=None)).text

    for connector in hub.hub.catalog.connectors():
        page = f"(https://hub.test/docs/connectors/{connector.key}.md)"
        assert (page in text) == connector.is_offered
