"""Pages of the manual rendered as HTML."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from jackfield.ui.docs.addresses import Addresses
from jackfield.ui.docs.code_html import highlight
from jackfield.ui.docs.manual import Manual, ManualPage, plain

# The style sheet has as many tabs.
_MOST_TABS: Final = 5
_LANGUAGES: Final = {"sh": "Shell", "js": "JavaScript", "ts": "TypeScript", "http": "HTTP"}
_FORMATS: Final = frozenset({"json", "yaml", "css", "html", "jsx", "ini"})


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Rendered:
    html: Markup
    headings: tuple[Heading, ...]


def render(manual: Manual, page: ManualPage, addresses: Addresses) -> Rendered:
    """Return a page as HTML, with links to where the other pages are."""
    tokens = _parser().parse(page.text)
    headings = tuple(_headings(tokens))
    for token in tokens:
        for each in token.children or ():
            _relink(each, manual, page, addresses)
    shown = list(_with_tabs(list(_without_empty_heads(tokens))))
    html = _parser().renderer.render(shown, _parser().options, {"blocks": []})
    return Rendered(Markup(html), headings)  # noqa: S704 - the parser escapes; HTML is off


def sections(page: ManualPage) -> Iterator[tuple[Heading, str]]:
    """Yield each heading of a page with the text below it, up to the next."""
    tokens = _parser().parse(page.text)
    headings = iter(_headings(tokens))
    current, words = Heading(1, "", page.title), list[str]()
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before is not None and before.type == "heading_open":
            yield current, " ".join(words)
            current, words = next(headings), []
        elif token.type == "inline":
            words.append(_text(token))
        elif token.type in {"fence", "code_block"}:
            words.append(token.content)
    yield current, " ".join(words)


def slug(title: str) -> str:
    """Return the anchor of a heading, as the hosts of repositories make it."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


class _Renderer(RendererHTML):
    """Renders each kind of token by the method of its name."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        id_ = _number(env, "block")
        label = _name(token) or _language(token) or "Text"
        return (
            f'<figure class="code"><header>{escape(label)}{_copy(id_)}</header>'
            f'<pre id="{id_}">{_code(token)}</pre></figure>\n'
        )

    def tabs(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        blocks: Sequence[Token] = tokens[idx].meta["blocks"]
        id_ = _number(env, "block")
        labels = "".join(
            f'<label><input class="sr" type="radio" name="{id_}" value="{number}"'
            f"{' checked' if number == 1 else ''}> {escape(_name(each))}</label>"
            for number, each in enumerate(blocks, 1)
        )
        bodies = "".join(
            f'<pre class="p{number}">{_code(each)}</pre>' for number, each in enumerate(blocks, 1)
        )
        return (
            f'<figure class="code" id="{id_}"><header role="group" aria-label="Language">{labels}'
            f"{_copy(id_)}</header>{bodies}</figure>\n"
        )

    def heading_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        token = tokens[idx]
        if token.tag == "h1":
            return "</h1>\n"
        # For the mouse: others have the list of what is on the page.
        return (
            f' <a class="anchor" href="#{escape(token.meta["anchor"])}" aria-hidden="true" '
            f'tabindex="-1">#</a></{token.tag}>\n'
        )

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        # It scrolls on a phone, and the keyboard has to reach it for that.
        label = f"Table {_number(env, 'table').partition('-')[2]}"
        return f'<div class="scroll" role="group" tabindex="0" aria-label="{label}"><table class="table">'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</table></div>\n"

    def code_block(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return self.fence(tokens, idx, options, env)


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")


def _headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    """Give each heading its anchor, and yield them."""
    taken: dict[str, int] = {}
    for token, content, end in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token.type != "heading_open":
            continue
        anchor = slug(content.content)
        taken[anchor] = taken.get(anchor, -1) + 1
        if taken[anchor]:
            anchor = f"{anchor}-{taken[anchor]}"
        title = plain(content.content)
        token.attrSet("id", anchor)
        end.meta = {"anchor": anchor}
        yield Heading(int(token.tag[1:]), anchor, title)


def _relink(token: Token, manual: Manual, page: ManualPage, addresses: Addresses) -> None:
    if token.type == "image":
        target = page.target(str(token.attrGet("src")))
        if target and target.file in manual.files:
            token.attrSet("src", addresses.file(target.file or ""))
        token.attrSet("loading", "lazy")
    elif token.type == "link_open":
        target = page.target(str(token.attrGet("href")))
        if target is None:
            token.attrSet("rel", "noopener noreferrer")
        elif target.page is not None:
            token.attrSet("href", addresses.page(target.page, target.anchor))
        elif target.file in manual.files:
            token.attrSet("href", addresses.file(target.file or ""))
        else:
            # Something of the repository alone: its name is enough for those who have it.
            token.attrs = {"id": ""}
            del token.attrs["id"]


def _text(token: Token) -> str:
    parts = (each.content or " " for each in token.children or ())
    return "".join(part for part in parts)


def _without_empty_heads(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield tokens without the heads of tables in which nothing stands."""
    at = 0
    while at < len(tokens):
        if tokens[at].type == "thead_open":
            end = next(i for i in range(at, len(tokens)) if tokens[i].type == "thead_close")
            head = tokens[at : end + 1]
            if any(each.content for each in head):
                yield from head
            at = end + 1
        else:
            yield tokens[at]
            at += 1


def _with_tabs(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield tokens, with neighboring blocks of code that are named put together as tabs."""
    for is_named, group in groupby(tokens, lambda each: bool(_name(each))):
        found = list(group)
        if not is_named or len(found) == 1:
            yield from found
            continue
        tabs = Token("tabs", "figure", 0)
        tabs.meta = {"blocks": found[:_MOST_TABS]}
        yield tabs


def _name(token: Token) -> str:
    """Return the name of a block of code: what stands after its language."""
    return token.info.partition(" ")[2].strip() if token.type == "fence" else ""


def _language(token: Token) -> str:
    language = token.info.partition(" ")[0]
    if language in _FORMATS:
        return language.upper()
    return _LANGUAGES.get(language, language.capitalize())


def _code(token: Token) -> str:
    return highlight(token.content, token.info.partition(" ")[0])


def _copy(id_: str) -> str:
    drawing = '<svg class="icon" aria-hidden="true"><use href="#i-copy"/></svg>'
    return (
        f'<button type="button" class="button ghost only small push" data-copies="{id_}" '
        f'aria-label="Copy code" hidden>{drawing}</button>'
    )


def _number(env: EnvType, name: str) -> str:
    blocks: list[str] = env["blocks"]
    blocks.append(name)
    return f"{name}-{len(blocks)}"
