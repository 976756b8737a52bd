import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.docs.guide_html import render_html, render_scope_selector
from jackfield.connectors.docs.guide_markdown import render_markdown
from jackfield.connectors.guides import Guide, Image, Section, Step, plain, select, without_hub
from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load


def method_of(key: str, name: str) -> AuthMethod:
    method = load(own_folder() / key / f"{key}.connector.s1.yaml").find_auth_method(name)
    assert method
    return method


@pytest.fixture(scope="module")
def iterable() -> Guide:
    return method_of("iterable", "api_key").link_guide()


def test_the_guide_leads_from_the_key_over_the_region_to_the_form(iterable: Guide) -> None:
    assert [section.title for section in iterable.sections] == [
        "Generate an Iterable Server-Side API Key",
        "Identify Your Iterable Region",
        "Linking the Account from the Hub",
    ]
    assert [step.field for section in iterable.sections for step in section.steps] == [
        None, None, "api_key", "api_key", "region", None, None, None
    ]  # fmt: skip


def test_the_page_carries_what_scripts_look_for(iterable: Guide) -> None:
    html = render_html(iterable)

    assert html.count('<section data-guide-section data-guide-scopes=""') == 3
    step = '<div data-guide-step data-guide-scopes="" data-guide-display-scopes-list=""'
    assert html.count(step) == 7
    assert html.count("data-whitelabel-hide") == 1
    assert html.index("data-whitelabel-hide") > html.index("European Union")
    assert "<li><strong>API Key</strong></li><li><strong>Region</strong></li>" in html


def test_of_a_folded_guide_the_first_step_is_open_and_a_browser_keeps_it_to_one(
    iterable: Guide,
) -> None:
    html = render_html(iterable, heading=3, is_folded=True)

    assert html.count('<details class="step" name="step">') == 7
    assert html.count('<details class="step" name="step" open>') == 1
    assert html.index(" open>") < html.index("Open the API Keys page")
    assert "<summary><h4>Sign in to Iterable</h4></summary>" in html
    assert "<details" not in render_html(iterable)


def test_links_open_elsewhere_and_tell_nobody(iterable: Guide) -> None:
    html = render_html(iterable)

    link = '<a href="https://app.eu.iterable.com" target="_blank" rel="noopener noreferrer">'
    assert link in html


def test_without_the_hub_its_section_is_gone(iterable: Guide) -> None:
    html = render_html(without_hub(iterable))

    assert "Hub" not in html
    assert "data-whitelabel-hide" not in html


def test_only_what_is_about_the_chosen_scopes_is_shown() -> None:
    guide = method_of("fernwood", "oauth2").config_guide
    assert guide

    assert [section.title for section in select(guide, ["people.read"]).sections] == [
        "Find Your Subdomain"
    ]
    assert len(select(guide, ["documents.read"]).sections) == 2


def test_scopes_to_grant_are_listed() -> None:
    guide = method_of("fernwood", "oauth2").setup_guide
    assert guide

    html = render_html(select(guide, ["people.read", "absence.read"]))

    assert 'data-guide-display-scopes-list="people.read absence.read"' in html
    assert "<li><code>people.read</code></li><li><code>absence.read</code></li>" in html


def test_the_selector_knows_every_action_that_needs_a_scope() -> None:
    connector = load(own_folder() / "fernwood" / "fernwood.connector.s1.yaml")

    html = render_scope_selector(connector.actions)

    assert html.startswith("<div data-guides-scope-selector data-guide-actions-json=")
    assert "fernwood_list_employees" in html
    assert "fernwood_get_company" not in html
    assert render_scope_selector([]) == ""


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](data:text/html,x)",
        "[a](//evil.example)",
        "[a](/relative)",
        "![a](https://evil.example/pixel.gif)",
        "<https://ok.example> <javascript:alert(1)>",
        '[a](https://ok.example "x" onmouseover="alert(1))',
        "[a]: javascript:alert(1)\n\n[a]",
    ],
)
def test_hostile_markdown_does_no_harm(markdown: str) -> None:
    html = render_html(Guide((Section(markdown, content=markdown, points=(markdown,)),)))

    assert not re.search(r"<(?!/?(?:section|h2|p|ul|li|a|em|strong|code)\b)", html)
    assert re.findall(r'href="(?!https://)', html) == []
    assert not re.search(r"<[^>]*\bon\w+=", html)


@given(st.text(alphabet="<>&\"'[]()!*`:/ahrefscript\n ", max_size=80))
def test_only_known_tags_come_out_of_any_markdown(markdown: str) -> None:
    html = render_html(Guide((Section("T", steps=(Step(markdown, markdown, (markdown,)),)),)))

    allowed = "section|h2|h3|ol|li|div|p|ul|a|em|strong|code|pre|blockquote|hr|br|h1|h4|h5|h6"
    assert not re.search(rf"<(?!/?(?:{allowed})\b)", html)


def test_pictures_are_shown_only_from_where_the_page_says() -> None:
    guide = Guide((Section("T", image=Image("shot.png", 'A "shot"')),))

    assert "<img" not in render_html(guide)
    shown = render_html(guide, image_url=lambda src: f"/icons/{src}")
    assert '<img src="/icons/shot.png" alt="A &quot;shot&quot;" loading="lazy">' in shown


def test_markdown_keeps_the_marks(iterable: Guide) -> None:
    markdown = render_markdown(iterable)

    assert '<section data-guide-section data-guide-scopes="">' in markdown
    assert '<section data-guide-section data-guide-scopes="" data-whitelabel-hide>' in markdown
    assert "### 3. Create a Server-Side API Key" in markdown
    assert "- **Region**" in markdown


def test_the_api_gives_out_the_documents_own_keys(iterable: Guide) -> None:
    structure = plain(iterable)

    assert structure["sections"][1]["steps"][0]["field"] == "region"
    assert structure["sections"][2]["whitelabelHide"] is True
    assert "warning" not in structure
