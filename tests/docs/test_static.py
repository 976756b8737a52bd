"""The static build: a folder of files that any web server, or none, can show."""

import re
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from jackfield.ui.docs import static_build
from jackfield.ui.docs.manual import manual
from tests.support.running import own_catalog
from tools.static_docs import api_document

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static") / "docs"
    offered = tuple(each for each in own_catalog().connectors() if each.is_offered)
    static_build.write(folder, api_document(), offered)
    return folder


def test_every_link_leads_to_a_file_and_its_heading(built: Path) -> None:
    pages = {file: file.read_text("utf-8") for file in built.rglob("*.html")}
    ids = {file: set(re.findall(r'\sid="([^"]+)"', text)) for file, text in pages.items()}

    for file, text in pages.items():
        if file.is_relative_to(built / "files"):
            continue
        for link in re.findall(r'\s(?:href|src|data-search)="([^"]*)"', text):
            if re.match(r"[a-z]+:", link):
                continue
            assert not link.startswith("/"), (file, link)
            path, anchor = urldefrag(link)
            there = (file.parent / unquote(path)).resolve() if path else file
            assert there.is_file(), (file, link)
            assert not anchor or anchor in ids[there], (file, link)


def test_nothing_is_asked_of_a_third_party(built: Path) -> None:
    for file in [*built.glob("*.html"), *(built / "operating").glob("*.html")]:
        text = file.read_text("utf-8")
        assert not re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//', text), file
    assert "url(" not in (built / "assets" / "reference.css").read_text("utf-8")


def test_each_page_is_there_as_html_and_as_markdown(built: Path) -> None:
    for page in manual().pages:
        assert (built / f"{page.path}.html").is_file()
        assert (built / f"{page.path}.md").read_text("utf-8").startswith("# ")
    for key in ("iterable", "fernwood", "ledgerline"):
        assert (built / "connectors" / f"{key}.html").is_file()
        assert (built / "connectors" / f"{key}.md").is_file()
    assert "operating/backup.md" in (built / "llms.txt").read_text("utf-8")
    assert (built / "openapi.json").is_file()


def test_a_link_in_markdown_leads_to_markdown(built: Path) -> None:
    for file in (built / "operating").glob("*.md"):
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", file.read_text("utf-8")):
            if "…" not in link:
                assert (file.parent / link).exists(), (file, link)


def test_a_connectors_page_holds_its_methods_actions_limits_and_errors(built: Path) -> None:
    text = (built / "connectors" / "iterable.html").read_text("utf-8")

    assert 'href="../connectors/iterable/guides/link-account/api_key.html"' in text
    assert 'id="iterable_list_channels"' in text
    assert "Rate limits" in text
    assert 'id="errors"' in text
