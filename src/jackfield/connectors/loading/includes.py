"""
`$ref` includes: a connector in several files, merged into one document.

`$ref: name.resource` is replaced by the text of `name.resource.s1.partial.yaml` in the same folder,
indented like the line it replaces; `- $ref:` likewise, without its dash. It is an inclusion of text:
a main file may repeat the key, and a partial may be a list or begin with `actions:`. What came
from where is kept, so that a fault names the partial's own file and line.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jackfield.connectors.diagnostics import Diagnostic, InvalidConnector
from jackfield.connectors.files import ON_DISK, Files
from jackfield.connectors.yaml import Place

MAX_SIZE: Final = 8 * 1024 * 1024
MAX_INCLUSIONS: Final = 2_000

# The line ends of libyaml.
_BREAK: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_OTHER_BREAK: Final = re.compile("[\r\x85\u2028\u2029]")
_REF: Final = re.compile(
    r"""(?P<indent>\ *)(?:-\ +)?(?:\$ref|"\$ref"|'\$ref')\ *:\ +
        (?P<quote>["']?)(?P<name>[^\s"'#]+)(?P=quote)\ *(?:\#.*)?$""",
    re.VERBOSE,
)
_BLOCK_SCALAR: Final = re.compile(r"(?:^|[\s:-])[|>][-+0-9]{0,2}\s*(?:#.*)?$")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True)
class _Span:
    """Consecutive lines of the whole text from one file; both lines count from 1."""

    start: int
    file: Path
    first: int
    indent: int


@dataclass(frozen=True, slots=True)
class Source:
    """The whole text of a connector, with the origin of each line."""

    text: str
    files: tuple[Path, ...]
    spans: tuple[_Span, ...]

    def origin(self, place: Place) -> tuple[Path, Place]:
        """Return the file and the place in it of a place in the whole text."""
        index = bisect_right(self.spans, place.line, key=lambda span: span.start) - 1
        span = self.spans[max(index, 0)]
        line = span.first + place.line - span.start
        return span.file, Place(line, max(place.column - span.indent, 1))


def resolve(main: Path, files: Files = ON_DISK) -> Source:
    """
    Read a connector's main file and include its partials.

    Raises:
        InvalidConnector: a file cannot be read, or a `$ref` is missing, outside the folder or
            circular.
    """
    inclusion = _Inclusion(files)
    try:
        str(main).encode()
    except UnicodeEncodeError:
        shown = Path(str(main).encode(errors="backslashreplace").decode())
        fault = Diagnostic(shown, 1, 1, "", "The name of the file, or of a folder, is not UTF-8.")
        raise InvalidConnector([fault]) from None
    inclusion.add(main, indent="", ancestors=())
    if inclusion.findings:
        raise InvalidConnector(inclusion.findings)
    return Source("\n".join(inclusion.lines), tuple(inclusion.files), tuple(inclusion.spans))


class _Inclusion:
    """The text being assembled, file by file."""

    def __init__(self, source: Files) -> None:
        self._source = source
        self.lines: list[str] = []
        self.files: dict[Path, None] = {}
        self.spans: list[_Span] = []
        self.findings: list[Diagnostic] = []
        self._size = 0
        self._inclusions = 0
        self._is_too_large = False

    def add(self, file: Path, *, indent: str, ancestors: tuple[Path, ...]) -> None:
        text = self._read(file)
        if text is None:
            return
        self._begin(file, first=1, indent=indent)
        ancestors = (*ancestors, file)
        lines = _split_lines(text)
        if "$ref" not in text:
            self._extend(lines, indent=indent)
            return
        for number, line, ref in _scan(lines):
            if ref is None:
                self._extend([line], indent=indent)
                continue
            place = Diagnostic(file, number, ref.start("name") + 1, "$ref", "")
            self._include(ref["name"], place, indent + ref["indent"], ancestors)
            self._begin(file, first=number + 1, indent=indent)

    def _include(
        self, name: str, place: Diagnostic, indent: str, ancestors: tuple[Path, ...]
    ) -> None:
        folder = ancestors[0].parent
        if not _NAME.fullmatch(name):
            self._fault(place, f"'{name}' is not the name of a partial: write it without folder.")
            return
        partial = folder / f"{name}.s1.partial.yaml"
        if not self._source.exists(partial):
            self._fault(place, f"There is no '{partial.name}' beside '{ancestors[0].name}'.")
        elif self._source.leads_out(partial, folder):
            self._fault(place, f"'{partial.name}' leads out of the connector's folder.")
        elif partial in ancestors:
            circle = " → ".join(each.name for each in (*ancestors, partial))
            self._fault(place, f"The partials include each other in a circle: {circle}.")
        else:
            self.add(partial, indent=indent, ancestors=ancestors)

    def _read(self, file: Path) -> str | None:
        start = Diagnostic(file, 1, 1, "", "")
        self._inclusions += 1
        try:
            self._size += self._source.size(file)
            if self._size > MAX_SIZE or self._inclusions > MAX_INCLUSIONS:
                self._fault_of_size(start)
                return None
            raw = self._source.read(file)
        except OSError as error:
            self._fault(start, f"The file cannot be read: {error.strerror}.")
            return None
        self.files[file] = None
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self._fault(Diagnostic(file, line, 1, "", ""), "The file is not UTF-8 text.")
            return None

    def _fault_of_size(self, place: Diagnostic) -> None:
        if not self._is_too_large:
            self._is_too_large = True
            limits = f"{MAX_SIZE // 1024**2} MB or {MAX_INCLUSIONS:,} inclusions"
            self._fault(place, f"The connector is larger than {limits}.")

    def _extend(self, lines: list[str], *, indent: str) -> None:
        if indent:
            lines = [indent + line if line and not line.isspace() else line for line in lines]
        self.lines.extend(lines)

    def _begin(self, file: Path, *, first: int, indent: str) -> None:
        self.spans.append(_Span(len(self.lines) + 1, file, first, len(indent)))

    def _fault(self, place: Diagnostic, message: str) -> None:
        self.findings.append(Diagnostic(place.file, place.line, place.column, place.path, message))


def _split_lines(text: str) -> list[str]:
    return _BREAK.split(text) if _OTHER_BREAK.search(text) else text.split("\n")


def _scan(lines: list[str]) -> Iterator[tuple[int, str, re.Match[str] | None]]:
    """Yield each line with its number and, if it is a `$ref` outside of prose, the match."""
    prose_below: int | None = None
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip(" "))
        if prose_below is not None and (indent > prose_below or not line.strip()):
            yield number, line, None
            continue
        # Few lines have either, and each start looks at thousands.
        is_prose = ("|" in line or ">" in line) and _BLOCK_SCALAR.search(line) is not None
        prose_below = indent if is_prose else None
        yield number, line, _REF.match(line) if "$ref" in line else None
