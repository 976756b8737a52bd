"""The manual: every page of the documentation that is written, found in the folder it comes in."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final
from urllib.parse import unquote

# Pages beside the folder `docs`, by the addresses they have.
_BESIDE: Final[Mapping[str, str]] = {
    "SECURITY.md": "security",
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "AGENTS.md": "working-on-jackfield",
    "packages/hub/README.md": "embed/package",
}
# What is served at these addresses is made from the hub's own connectors.
_GENERATED: Final[Mapping[str, str]] = {
    "README.md": "",
    "docs/connectors/iterable.md": "connectors/iterable",
}
# Under `connectors/` are the references of connectors.
_RENAMED: Final[Mapping[str, str]] = {"connectors": "authoring"}

# Each section with what belongs to it: pages in their order, and folders with whatever else is in
# them. A page that no section names is in the one of its folder, after those that are named.
_SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Start": ("quick-start", "concepts"),
    "Link accounts": ("linking", "hub", "embed", "embed/"),
    "Use them": (
        *("api/calls", "api/writes", "api/search", "api/permissions", "api/accounts"),
        "api/keys",
        *("api/exports", "api/logs", "api/issues", "webhooks", "client", "dashboard", "/", "api/"),
    ),
    "Agents": ("mcp", "a2a"),
    "Operate": (
        *("operating", "operating/production", "operating/containers", "operating/proxy"),
        *(
            "operating/backup",
            "operating/moving",
            "operating/upgrade",
            "operating/monitoring",
            "operating/capacity",
        ),
        "operating/",
    ),
    "Write connectors": (
        *("authoring", "authoring/tutorial", "authoring/from-openapi", "authoring/reference"),
        "authoring/",
    ),
    "Try things out": (
        *("sandbox", "sandbox-connector", "sandbox-oauth", "reference/oauth-behaviors"),
    ),
    "Look up": (
        *("reference/settings", "reference/commands", "reference/routes", "reference/errors"),
        *(
            "api/limits",
            "reference/",
            "security",
            "reference/promises",
            "reference/attacks",
            "performance",
        ),
        "changelog",
    ),
    "Work on Jackfield": (
        *("working-on-jackfield", "contributing", "architecture", "decisions", "decisions/"),
    ),
}
# What pages lead to there is for those who have the repository.
_UNSHIPPED: Final = ("../", "src/", "tests/")
# Too many for a side bar: the page of their folder lists them.
_UNLISTED: Final = ("decisions/",)

# A block of code, a link, or code in a line: whichever begins first is what it is.
_PART: Final = re.compile(
    r"^ *```.*?^ *```"
    r"|(?P<open>!?\[(?:`[^`\n]*`|[^\]\[`])*\]\()(?P<target>[^)\s]+)\)"
    r"|`[^`\n]+`",
    re.DOTALL | re.MULTILINE,
)
_HEADING: Final = re.compile(r"^# (.+)$", re.MULTILINE)
_MARKS: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[`*]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads: an address of the documentation, or a file by its place in the repository."""

    page: str | None = None
    anchor: str = ""
    file: str | None = None


@dataclass(frozen=True)
class ManualPage:
    """A page by its address below `/docs`; `file` is its place in the repository."""

    path: str
    file: str
    text: str
    section: str

    @cached_property
    def title(self) -> str:
        found = _HEADING.search(self.text)
        return plain(found[1]) if found else self.path

    @cached_property
    def summary(self) -> str:
        """Return the first sentence of its first paragraph."""
        for block in _HEADING.sub("", self.text, count=1).split("\n\n"):
            paragraph = plain(" ".join(block.split()))
            if paragraph and paragraph[0] not in "|#-!<":
                return re.split(r"(?<=[.:!?])\s", paragraph, maxsplit=1)[0].rstrip(":")
        return ""

    @property
    def is_listed(self) -> bool:
        return not self.path.startswith(_UNLISTED)

    def target(self, link: str) -> Target | None:
        """Return where a relative link leads; nothing if it leaves the documentation for the web."""
        if re.match(r"[a-z][a-z0-9+.-]*:|//", link):
            return None
        name, _, anchor = link.partition("#")
        if not name:
            return Target(self.path, anchor)
        file = posixpath.normpath(posixpath.join(posixpath.dirname(self.file), unquote(name)))
        if file.endswith(".md"):
            path = address(file)
            # The start is another text than the README.
            return Target(path, anchor if path else "")
        return Target(file=file)


class Manual:
    """All pages, in the order in which they are read."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder
        pages = [_read(folder, file) for file in _files(folder)]
        self.pages: Final[Sequence[ManualPage]] = sorted(pages, key=_order)
        self._by_path: Final = {page.path: page for page in self.pages}

    def find(self, path: str) -> ManualPage | None:
        return self._by_path.get(path)

    @cached_property
    def sections(self) -> Mapping[str, tuple[ManualPage, ...]]:
        """Return the listed pages by the names of their sections."""
        return {
            name: tuple(page for page in self.pages if page.section == name and page.is_listed)
            for name in _SECTIONS
        }

    def beside(self, page: ManualPage) -> tuple[ManualPage | None, ManualPage | None]:
        """Return the pages before and after a page."""
        listed = [each for each in self.pages if each.is_listed]
        if page not in listed:
            return None, None
        at = listed.index(page)
        return (listed[at - 1] if at else None), (listed[at + 1] if at + 1 < len(listed) else None)

    def file(self, name: str) -> bytes | None:
        """Return a file that a page shows or leads to."""
        return (self._folder / name).read_bytes() if name in self.files else None

    @cached_property
    def files(self) -> frozenset[str]:
        """Return the names of the files that pages show or lead to."""
        targets = (page.target(link) for page in self.pages for link in links(page.text))
        named = {each.file for each in targets if each and each.file}
        return frozenset(
            name
            for name in named
            if not name.startswith(_UNSHIPPED) and (self._folder / name).is_file()
        )


@cache
def manual() -> Manual:
    """Return the manual that comes with the hub."""
    package = Path(__file__).parents[2]
    installed = package / "_manual"
    return Manual(installed if installed.is_dir() else package.parents[1])


def address(file: str) -> str | None:
    """Return the address of a Markdown file below `/docs`, or nothing if it has none."""
    if file in _GENERATED:
        return _GENERATED[file]
    if file in _BESIDE:
        return _BESIDE[file]
    if not file.startswith("docs/"):
        return None
    parts = file.removeprefix("docs/").removesuffix(".md").split("/")
    parts[0] = _RENAMED.get(parts[0], parts[0])
    return "/".join(parts[:-1] if parts[-1] == "README" else parts)


def links(text: str) -> Iterator[str]:
    """Yield where the links and images of a Markdown text lead."""
    for found in _PART.finditer(text):
        if found["target"]:
            yield found["target"]


def plain(text: str) -> str:
    """Return a line of Markdown without its marks."""
    return _MARKS.sub(r"\1", text).strip()


def relinked(page: ManualPage, new: Mapping[str, str]) -> str:
    """Return the Markdown of a page with other targets in its links."""

    def replaced(found: re.Match[str]) -> str:
        target = found["target"]
        return f"{found['open']}{new.get(target, target)})" if target else found[0]

    return _PART.sub(replaced, page.text)


def _files(folder: Path) -> Iterator[str]:
    for file in sorted((folder / "docs").rglob("*.md")):
        name = file.relative_to(folder).as_posix()
        if name not in _GENERATED:
            yield name
    for name in _BESIDE:
        if (folder / name).is_file():
            yield name


def _read(folder: Path, file: str) -> ManualPage:
    path = address(file)
    assert path is not None
    text = (folder / file).read_text("utf-8")
    return ManualPage(path, file, text, _place(path)[0])


def _place(path: str) -> tuple[str, int, int]:
    """Return the section of a page, and its place among the sections and within."""
    folder = f"{path.partition('/')[0]}/" if "/" in path else "/"
    for wanted in (path, folder):
        for number, (name, members) in enumerate(_SECTIONS.items()):
            if wanted in members:
                return name, number, members.index(wanted)
    return "Use them", list(_SECTIONS).index("Use them"), len(_SECTIONS["Use them"])


def _order(page: ManualPage) -> tuple[int, int, str]:
    _, section, place = _place(page.path)
    return section, place, page.file if page.path.startswith(_UNLISTED) else page.title.lower()
