"""The documentation as a folder of files, for any web server and for none."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Final

from markupsafe import Markup

from jackfield.connectors.connector import Connector
from jackfield.connectors.docs.reference import describe
from jackfield.connectors.docs.reference_markdown import render_reference
from jackfield.kit.json import Json, encode
from jackfield.language.catalog import Words
from jackfield.ui import assets, icons
from jackfield.ui.docs.addresses import Static
from jackfield.ui.docs.api_reference import api_view, markdown_of
from jackfield.ui.docs.connector_pages import ConnectorPage
from jackfield.ui.docs.frame import build_frame
from jackfield.ui.docs.llms import full_text, listing
from jackfield.ui.docs.manual import manual
from jackfield.ui.docs.manual_html import render
from jackfield.ui.docs.manual_pages import ManualView, markdown, view
from jackfield.ui.docs.search_index import index_script
from jackfield.ui.docs.start_page import start_view
from jackfield.ui.guide import guide_page, guide_text, setup_guide
from jackfield.ui.page_theme import PageTheme
from jackfield.ui.rendering import PageContext, environment

_ASSETS: Final = ("reference.css", "docs.js", "mark.svg")
_THEME: Final = PageTheme(Words("en"))


def write(folder: Path, document: Mapping[str, Json], connectors: tuple[Connector, ...]) -> int:
    """Write all pages below a folder, which is emptied before, and return their number."""
    if folder.exists():
        shutil.rmtree(folder)
    number = 0
    for name, content in _files(document, connectors):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        number += name.endswith(".html")
    return number


def _files(
    document: Mapping[str, Json], connectors: tuple[Connector, ...]
) -> Iterator[tuple[str, bytes | str]]:
    yield "index.html", _page("", start_view(build_frame(Static("."), ""), connectors))
    yield "api.html", _page("api", api_view(build_frame(Static("."), "api"), document))
    yield "api.md", markdown_of(document)
    yield "openapi.json", encode(document)
    for page in manual().pages:
        addresses = Static.seen_from(page.path)
        frame = build_frame(addresses, page.path)
        rendered = render(manual(), page, addresses)
        yield f"{page.path}.html", _page(page.path, view(page, rendered, frame))
        yield f"{page.path}.md", markdown(page, addresses)
    for connector in connectors:
        yield from _connector(connector)
    for name in manual().files:
        yield f"files/{name}", manual().file(name) or b""
    for name in _ASSETS:
        yield f"assets/{name}", assets.files()[name].content
    yield "search-index.js", index_script(document, connectors)
    yield "llms.txt", listing(Static("."), connectors)
    yield "llms-full.txt", full_text(Static("."), connectors)


def _connector(connector: Connector) -> Iterator[tuple[str, bytes | str]]:
    path = f"connectors/{connector.key}"
    addresses = Static.seen_from(path)
    described = describe(connector)
    shown = ConnectorPage(
        look=_THEME,
        frame=build_frame(addresses, path),
        addresses=addresses,
        title=connector.title,
        connector=connector,
        described=described,
        place=path,
        query="",
        redirect_uri=f"https://hub.example.com/connect/oauth2/{connector.key}/callback",
        setup_guides={each.key: setup_guide(each) for each in connector.auth_methods},
    )
    yield f"{path}.html", _page(path, shown)
    yield (
        f"{path}.md",
        render_reference(
            described,
            guide_link=lambda key: addresses.markdown(f"{path}/guides/link-account/{key}"),
        ),
    )
    for method in connector.auth_methods:
        guide = f"{path}/guides/link-account/{method.key}"
        frame = build_frame(Static.seen_from(guide), guide)
        title = _THEME.words("guide.heading", provider=connector.title, method=method.label)
        body = guide_page(connector, method, is_white_label=False)
        guide_view = ManualView(
            frame=frame,
            title=title,
            section=connector.title,
            body=Markup("<h1>{}</h1>\n{}").format(title, body),
            headings=(),
            markdown_url=frame.addresses.markdown(guide),
            before=None,
            after=None,
        )
        yield f"{guide}.html", _page(guide, guide_view)
        yield f"{guide}.md", f"# {title}\n\n{guide_text(method, is_white_label=False)}"
    yield f"icons/{connector.key}.svg", icons.as_svg(connector)


def _page(path: str, context: PageContext) -> str:
    """Render the template of a page, with links that are relative to it."""
    variables = {field.name: getattr(context, field.name) for field in fields(context)}
    addresses = Static.seen_from(path)
    own = {
        "base": addresses.root,
        "asset": addresses.asset,
        "icon": addresses.icon,
        "modules": assets.modules,
    }
    return environment.get_template(context.template).render(own, **variables)
