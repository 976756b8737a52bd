"""Pages of the documentation are found where they are put, and shown as they are written."""

from pathlib import Path

import pytest

from jackfield.ui.docs.addresses import Served, Static
from jackfield.ui.docs.manual import Manual, relinked
from jackfield.ui.docs.manual_html import render, sections

HERE = Served("/base")


def manual_of(folder: Path, **files: str) -> Manual:
    """Return the manual of a repository with files, by their names with `__` for a slash."""
    for name, text in files.items():
        file = folder / f"{name.replace('__', '/')}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return Manual(folder)


def html_of(manual: Manual, path: str) -> str:
    page = manual.find(path)
    assert page is not None
    return render(manual, page, HERE).html


def test_a_page_that_is_added_has_its_address_title_and_section_from_its_place(
    tmp_path: Path,
) -> None:
    manual = manual_of(
        tmp_path,
        docs__audit="# The audit log\n\nWho did `what`, and when. It is long.\n",
        docs__operating__members="# Members\n",
        docs__connectors__README="# Writing connectors\n",
        SECURITY="# Security\n",
    )

    found = {each.path: (each.title, each.section) for each in manual.pages}
    assert found == {
        "audit": ("The audit log", "Use them"),
        "operating/members": ("Members", "Operate"),
        "authoring": ("Writing connectors", "Write connectors"),
        "security": ("Security", "Look up"),
    }
    assert manual.find("audit").summary == "Who did what, and when."  # type: ignore[union-attr]
    assert [each.path for each in manual.sections["Operate"]] == ["operating/members"]


def test_a_link_leads_to_where_its_page_is_served(tmp_path: Path) -> None:
    manual = manual_of(
        tmp_path,
        docs__hub="# Hub\n",
        docs__operating__proxy=(
            "# Proxy\n[a](../hub.md#how) [b](#here) [c](https://x.example) [d](../../README.md)\n"
            "[e](../connectors/iterable.md) [f](../../src/secret.py) [g](javascript:alert(1))\n"
        ),
    )

    shown = html_of(manual, "operating/proxy")
    for href in (
        '"/base/docs/hub#how"',
        '"/base/docs/operating/proxy#here"',
        '"https://x.example" rel="noopener noreferrer"',
        '"/base/docs"',
        '"/base/docs/connectors/iterable"',
    ):
        assert f"<a href={href}" in shown
    assert "<a>f</a>" in shown
    assert "javascript" not in shown.replace("[g](javascript:alert(1))", "")


def test_a_static_page_leads_to_others_from_where_it_is() -> None:
    assert Static.seen_from("hub").page("operating/proxy", "x") == "./operating/proxy.html#x"
    assert Static.seen_from("operating/proxy").page("") == "../index.html"
    assert Static.seen_from("a/b/c").asset("docs.js") == "../../assets/docs.js"


def test_headings_have_the_anchors_that_hosts_of_repositories_give_them(tmp_path: Path) -> None:
    manual = manual_of(
        tmp_path, docs__a="# A\n## `GET` it, twice!\n### One\n## One\n", docs__b="# B\n"
    )
    page = manual.find("a")
    assert page is not None

    rendered = render(manual, page, HERE)

    assert [each.id for each in rendered.headings] == ["a", "get-it-twice", "one", "one-1"]
    assert [heading.title for heading, _ in sections(page)][2:] == ["GET it, twice!", "One", "One"]


def test_what_is_no_markdown_is_text(tmp_path: Path) -> None:
    manual = manual_of(tmp_path, docs__a="# A\n<script>alert(1)</script> `<b>`\n\n<p onclick=x>\n")

    shown = html_of(manual, "a")

    assert "<script" not in shown
    assert "<p onclick" not in shown
    assert "<code>&lt;b&gt;</code>" in shown


def test_blocks_of_code_with_names_are_shown_one_at_a_time(tmp_path: Path) -> None:
    manual = manual_of(
        tmp_path,
        docs__a='# A\n```sh curl\ncurl "$A"\n```\n\n```python Python\nx = 1\n```\n\n```sh\nls\n```\n',
    )

    shown = html_of(manual, "a")

    assert shown.count('type="radio"') == 2
    assert shown.count("<figure") == 2
    assert 'value="1" checked> curl' in shown
    assert '<span class="n">1</span>' in shown


def test_a_table_without_a_head_has_none(tmp_path: Path) -> None:
    manual = manual_of(
        tmp_path, docs__a="# A\n| | |\n| - | - |\n| x | y |\n\n| h |\n| - |\n| z |\n"
    )

    assert html_of(manual, "a").count("<thead>") == 1


def test_other_links_of_a_text_leave_its_code_alone(tmp_path: Path) -> None:
    manual = manual_of(
        tmp_path, docs__a="# A\n[x](b.md) `[x](b.md)`\n```md\n[x](b.md)\n```\n", docs__b="# B\n"
    )
    page = manual.find("a")
    assert page is not None

    assert relinked(page, {"b.md": "/B"}) == ("# A\n[x](/B) `[x](b.md)`\n```md\n[x](b.md)\n```\n")


@pytest.mark.parametrize("name", ["src/secret.md", "../outside.png", "docs/nothing.png", "LICENSE"])
def test_only_files_that_a_page_leads_to_are_given_out(tmp_path: Path, name: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "secret.md").write_text("x")
    (tmp_path / "LICENSE").write_text("x")
    manual = manual_of(tmp_path, docs__a="# A\n![i](images/i.png) [s](../../outside.png)\n")

    assert manual.file(name) is None
