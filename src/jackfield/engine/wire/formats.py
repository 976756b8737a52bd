"""
Decoding of responses in a declared format (`response.format`, strict mode).

A page of HTML where something else was promised is no answer: it is what a proxy's sign-in page or
an outage looks like, and would otherwise pass for empty data.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from itertools import chain, zip_longest
from typing import Final, Literal, TypeAlias

from jackfield.engine import compat
from jackfield.engine.compat import Mode
from jackfield.engine.ports import Response
from jackfield.engine.wire.body import is_xml
from jackfield.engine.wire.charset import text_of, utf8_of
from jackfield.engine.wire.json import NestedTooDeep, decode_json
from jackfield.engine.wire.provider_words import said_in
from jackfield.engine.wire.xml_reader import XmlForm, read_xml
from jackfield.kit.json import Json, is_list, is_object

# json: the default; XML where the content type says so. auto: JSON if it is that, else text. lines:
# a list of texts. csv and ndjson: a list of objects.
Format: TypeAlias = Literal["json", "auto", "text", "lines", "csv", "ndjson"]

_FIRST_REFUSAL: Final = 300
_HTML_TYPES: Final = re.compile(r"\s*(?:text/html|application/xhtml\+xml)\b", re.IGNORECASE)
_HTML_START: Final = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_JSON_TYPES: Final = re.compile(r"\s*[\w.-]+/(?:[\w.-]+\+)?json\b", re.IGNORECASE)
_PLAIN_JSON: Final = frozenset({"application/json", "application/json; charset=utf-8"})
_JSON_STARTS: Final = frozenset({b"{", b"["})
_PROLOG: Final = 200
_TITLE: Final = re.compile(r"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_XML_FORMS: Final[Mapping[Mode, XmlForm]] = {
    "strict": XmlForm(),
    "compat": XmlForm(keep_declaration=True),
}
_LONGEST_TITLE: Final = 80
# Each becomes objects of the interpreter's; streams pass on any number.
_MOST_ROWS: Final = 250_000
# Lines of a table that are freed at once, and bytes that lines are cut from.
_ROWS_FREED: Final = 2_000
_PIECE: Final = 64 * 1024
# Of cells that rows lack: a few long rows and many short ones would be a table without end.
_MOST_LACKING: Final = 1_000_000
_END_OF_TABLE: Final = "\x1aend of the table\x1a"
# The module `csv` reads a line at one go, and has one limit of cells per process.
_LONGEST_CELL: Final = 8 * 1024 * 1024
_MOST_COLUMNS: Final = 16_000

csv.field_size_limit(_LONGEST_CELL)


def reader_of(format_: Format) -> Callable[[Response, Mode], Json]:
    """Return a reader of responses in `format_`, for an `Exchange`."""
    return lambda response, _mode: read_format(response, format_)


def read_response(response: Response, mode: Mode) -> Json:
    """
    Parse a body in the mode's default format.

    Raises:
        ValueError: it cannot be parsed.
    """
    return _read_compat(response) if mode == "compat" else read_format(response, "json")


def read_format(response: Response, format_: Format) -> Json:
    """
    Parse the body of a success; that of an error may have any format.

    Raises:
        ValueError: it is not in that format.
    """
    if response.status >= _FIRST_REFUSAL:
        return read_refusal(response)
    if not response.body:
        return [] if format_ in _ROWS else "" if format_ == "text" else None
    if format_ == "json" and _is_plain_json(response):
        return _decode_json(response.body)
    refuse_other(response, format_)
    return _READERS[format_](response)


def refuse_other(response: Response, format_: Format) -> None:
    """
    Refuse what is plainly something else than `format_`: a page of HTML, or an error in JSON.

    Raises:
        ValueError: it is.
    """
    if format_ == "text":
        return
    _refuse_html(response)
    if format_ in _TABLES:
        _refuse_json(response)


def read_refusal(response: Response) -> Json:
    """Parse a body as JSON or XML if possible, else return its text."""
    if not response.body:
        return ""
    try:
        return _read_json(response)
    except ValueError:
        return text_of(response)


def _read_compat(response: Response) -> Json:
    """Parse XML where the content type says so, else JSON, else return the text."""
    if not response.body:
        return ""
    if is_xml(response.headers.get("content-type", "")):
        return read_xml(compat.keep_references(response.body), _XML_FORMS["compat"])
    try:
        return decode_json(response.body, "compat")
    except NestedTooDeep:
        raise
    except ValueError:
        return response.body.decode("utf-8", "replace").removeprefix("\ufeff")


def _read_json(response: Response) -> Json:
    if is_xml(response.headers.get("content-type", "")):
        # An encoding declared in the document takes precedence.
        names = b"encoding" in response.body[:_PROLOG]
        return read_xml(response.body if names else utf8_of(response), _XML_FORMS["strict"])
    return _decode_json(utf8_of(response))


def _is_plain_json(response: Response) -> bool:
    """Tell whether an answer says that it is JSON in UTF-8 and looks so, as nearly all do."""
    return response.headers.get("content-type") in _PLAIN_JSON and response.body[:1] in _JSON_STARTS


def _decode_json(content: bytes) -> Json:
    try:
        return decode_json(content, "strict")
    except NestedTooDeep:
        raise
    except ValueError as error:
        msg = f"it is not JSON ({error})"
        raise ValueError(msg) from None


def _read_anything(response: Response) -> Json:
    try:
        return decode_json(utf8_of(response), "strict")
    except NestedTooDeep:
        raise
    except ValueError:
        return text_of(response)


def _read_lines(response: Response) -> Json:
    return [line for each in _lines_of(text_of(response)) if (line := _bare(each)).strip()]


def _read_objects(response: Response) -> Json:
    """Parse one JSON value per line."""
    body = utf8_of(response)
    _require_few(body.count(b"\n") + body.count(b"\r"))
    rows: list[Json] = []
    for number, line in enumerate(_lines_in(body), 1):
        if not line.strip():
            continue
        try:
            rows.append(decode_json(line, "strict"))
        except NestedTooDeep:
            raise
        except ValueError as error:
            msg = f"line {number} is not JSON ({error})"
            raise ValueError(msg) from None
    return rows


def _read_csv(response: Response) -> Json:
    """
    Parse a table with a header row; all values are texts.

    A repeated header name is numbered, so that no column replaces another. A row that is too short
    has null for the cells that it lacks.

    Raises:
        ValueError: it is not CSV; or a quote is not closed, and would swallow the rows after it; or
            more cells are lacking than the table has bytes.
    """
    # The last line is ours: it is swallowed if a quote is open at the end.
    lines_of_text = map(_require_short, _lines_of(text_of(response)))
    reader = csv.reader(chain(lines_of_text, ("\n", _END_OF_TABLE)))
    try:
        header: list[str] = next(reader, list[str]())
        lines = [line for line in reader if line]
    except csv.Error as error:
        msg = f"it is not CSV ({error})"
        raise ValueError(msg) from None
    if not lines or lines.pop() != [_END_OF_TABLE]:
        msg = "it is not CSV (a quote is not closed)"
        raise ValueError(msg)
    lacking = sum(max(0, len(header) - len(line)) for line in lines)
    if lacking > max(_MOST_LACKING, len(response.body)):
        msg = f"it is not CSV ({lacking:,} cells are lacking in rows shorter than the first)"
        raise ValueError(msg)
    widest = max(map(len, lines), default=0)
    names = _unique([*header, *([""] * (widest - len(header)))])
    rows = [dict(zip_longest(names[: max(len(header), len(line))], line)) for line in lines]
    # All at once, they would hold the interpreter's lock for long.
    while lines:
        del lines[-_ROWS_FREED:]
    return rows


def _lines_of(text: str) -> Iterator[str]:
    """
    Yield the lines of a text with their ends, cut a piece at a time.

    Only a line feed ends a line: Unicode has other ends, which may stand within a name.
    """
    _require_few(text.count("\n"))
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _lines_in(body: bytes) -> Iterator[bytes]:
    """Yield the lines of a body as `splitlines` does, cut a piece at a time."""
    start = 0
    while start < len(body):
        end = body.find(b"\n", start + _PIECE) + 1 or len(body)
        yield from body[start:end].splitlines()
        start = end


def _bare(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def _require_short(line: str) -> str:
    if len(line) > _LONGEST_CELL or line.count(",") > _MOST_COLUMNS:
        msg = "it has a line that is longer than 8 MB, or of more than 16,000 columns"
        raise ValueError(msg)
    return line


def _require_few(count: int) -> None:
    if count > _MOST_ROWS:
        msg = f"it has more than {_MOST_ROWS:,} rows; ask for them as a stream"
        raise ValueError(msg)


def _unique(header: list[str]) -> list[str]:
    """Return unique column names: `Opens`, `Opens (2)`; an empty one becomes `column <n>`."""
    taken = set(header)
    counts: Counter[str] = Counter()
    names: list[str] = []
    for position, title in enumerate(header, 1):
        name = title or f"column {position}"
        counts[title] += 1
        number = counts[title]
        while title and number > 1 and (name := f"{title} ({number})") in taken:
            number += 1
        # Where the next of this title goes on: what is taken is not tried again.
        counts[title] = number
        taken.add(name)
        names.append(name)
    return names


def is_html(response: Response) -> bool:
    says_so = _HTML_TYPES.match(response.headers.get("content-type", ""))
    return bool(says_so or _HTML_START.match(response.body))


def title_of(response: Response) -> str | None:
    """Return the title of an HTML page."""
    title = _TITLE.search(text_of(response)[:65_536])
    return unescape(title[1]).strip()[:_LONGEST_TITLE] if title else None


def _refuse_html(response: Response) -> None:
    if not is_html(response):
        return
    title = title_of(response)
    named = f" (“{title}”)" if title else ""
    msg = f"it is an HTML page{named}, perhaps of a proxy or a sign-in"
    raise ValueError(msg)


def _refuse_json(response: Response) -> None:
    """Refuse a JSON object in place of a table or of lines, with what it says."""
    says_so = _JSON_TYPES.match(response.headers.get("content-type", ""))
    if not says_so and not response.body.lstrip().startswith(b"{"):
        return
    try:
        document: Json = decode_json(utf8_of(response), "strict")
    except ValueError:
        return
    if is_object(document) or (says_so and is_list(document)):
        said = said_in(document)
        words = f": {said}" if said else ""
        msg = f"it is JSON in place of rows{words}"
        raise ValueError(msg)


_TABLES: Final = frozenset({"lines", "csv"})
_ROWS: Final = frozenset({"lines", "csv", "ndjson"})
_READERS: Final[Mapping[Format, Callable[[Response], Json]]] = {
    "json": _read_json,
    "auto": _read_anything,
    "text": text_of,
    "lines": _read_lines,
    "csv": _read_csv,
    "ndjson": _read_objects,
}
FORMATS: Final = tuple(_READERS)
