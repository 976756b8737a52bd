"""
Built-in matchers of `enum` fields: countries, subdivisions and file formats.

Codes are looked up exactly. Names are compared without case and punctuation; in compat mode the
first name that merely contains what was given counts as well, as in the published engine
("matcher country_name …": `US` becomes Australia).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.enum_matchers.tables import Country, countries, subdivisions
from jackfield.engine.errors import InvalidStep
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json

Match: TypeAlias = Callable[[Json], Json]

_BLANKS: Final = re.compile(r"[\s-]+")
_DROPPED: Final = re.compile(r"[^A-Z0-9_]")
_CODES: Final[Mapping[str, Callable[[Country], str]]] = {
    "alpha2code": lambda country: country.alpha2,
    "alpha3code": lambda country: country.alpha3,
    "code": lambda country: country.number,
    "country_code": lambda country: country.number,
    "name": lambda country: country.name,
    "country_name": lambda country: country.name,
}
_BETWEEN: Final = (
    "alpha2code_by_alpha2code", "alpha3code_by_alpha3code", "code_by_country_code",
    "name_by_country_name", "name_by_alpha3code", "name_by_alpha2code", "name_by_country_code",
    "alpha3code_by_alpha2code", "alpha3code_by_country_name", "alpha3code_by_country_code",
    "alpha2code_by_alpha3code", "alpha2code_by_country_name", "alpha2code_by_country_code",
    "code_by_alpha2code", "code_by_alpha3code", "code_by_country_name",
)  # fmt: skip
# Common names that differ from the standard's; the published table has the first four.
_PUBLISHED_NAMES: Final = {
    "South Korea": "KR", "North Korea": "KP", "Vatican": "VA", "America": "US",
}  # fmt: skip
_USUAL_NAMES: Final = {
    **_PUBLISHED_NAMES,
    "Vatican City": "VA", "Turkiye": "TR", "Czech Republic": "CZ", "Swaziland": "SZ",
    "Macedonia": "MK", "Burma": "MM", "Ivory Coast": "CI", "Cape Verde": "CV", "East Timor": "TL",
    "Laos": "LA", "Russia": "RU", "Syria": "SY", "Vietnam": "VN", "United States": "US",
    "USA": "US", "Great Britain": "GB", "United Kingdom": "GB", "UK": "GB",
}  # fmt: skip
_FORMATS: Final = frozenset(
    {
        "7z", "aac", "ai", "apk", "avi", "bat", "bin", "bmp", "bz2", "c", "cpp", "css", "csv",
        "dmg", "doc", "docm", "docx", "dot", "dotx", "dwg", "dxf", "eml", "eps", "epub", "exe",
        "flac", "flv", "gif", "gpx", "gz", "h", "heic", "htm", "html", "ico", "ics", "ini", "iso",
        "jar", "java", "jpeg", "jpg", "js", "json", "key", "kml", "log", "m4a", "m4v", "md",
        "mid", "mkv", "mov", "mp3", "mp4", "mpeg", "mpg", "mpp", "msg", "numbers", "odp", "ods",
        "odt", "oga", "ogg", "ogv", "one", "opus", "otf", "p7m", "pages", "pdf", "php", "png",
        "pot", "potx", "pps", "ppsx", "ppt", "pptm", "pptx", "ps", "psd", "pub", "py", "rar",
        "rtf", "sh", "sql", "svg", "swf", "tar", "tex", "tgz", "tif", "tiff", "ts", "tsv", "ttf",
        "txt", "vcf", "vsd", "vsdx", "wav", "webm", "webp", "wma", "wmv", "woff", "woff2",
        "xhtml", "xls", "xlsb", "xlsm", "xlsx", "xml", "xps", "xsd", "xsl", "xz", "yaml", "yml",
        "zip",
    }
)  # fmt: skip


def find_matcher(name: str, mode: Mode) -> Match | None:
    """Return the matcher of that name; it returns `UNDEFINED` for unknown values."""
    if name.startswith("country_") and name.removeprefix("country_") in _BETWEEN:
        target, _, source = name.removeprefix("country_").partition("_by_")
        if source == "country_name":
            return _by_name(lambda: _named_countries(target, mode), mode)
        return _by_code(lambda: _coded_countries(target, source))
    make = _OTHERS.get(name)
    return None if make is None else make(mode)


def _by_code(table: Callable[[], Mapping[str, Json]]) -> Match:
    return lambda value: table().get(value, UNDEFINED) if isinstance(value, str) else UNDEFINED


def _by_name(table: Callable[[], Iterable[tuple[str, Json]]], mode: Mode) -> Match:
    tidy = _tidy if mode == "compat" else _tidy_and_fold

    @cache
    def index() -> dict[str, Json]:
        entries: dict[str, Json] = {}
        for name, value in table():
            entries.setdefault(tidy(name), value)
        return entries

    def match(value: Json) -> Json:
        if not isinstance(value, str):
            if mode == "compat":
                msg = "A name to look up must be a text"
                raise InvalidStep(msg)
            return UNDEFINED
        key = tidy(value)
        entries = index()
        if key in entries or mode == "strict":
            return entries.get(key, UNDEFINED)
        return next((entry for name, entry in entries.items() if key in name), UNDEFINED)

    return match


@cache
def _coded_countries(target: str, source: str) -> dict[str, Json]:
    key, value = _CODES[source], _CODES[target]
    return {key(country): value(country) for country in countries()}


def _named_countries(target: str, mode: Mode) -> list[tuple[str, Json]]:
    value = _CODES[target]
    by_code = {country.alpha2: value(country) for country in countries()}
    names: list[tuple[str, Json]] = [(c.name, value(c)) for c in countries()]
    usual = _PUBLISHED_NAMES if mode == "compat" else _USUAL_NAMES
    return names + [(name, by_code[code]) for name, code in usual.items()]


def _citizens() -> list[tuple[str, Json]]:
    return [(name, country.alpha2) for country in countries() for name in country.citizens]


def _named_subdivisions(mode: Mode) -> list[tuple[str, Json]]:
    return [(name, code) for code, name in _coded_subdivisions(mode).items()]


@cache
def _coded_subdivisions(mode: Mode) -> dict[str, Json]:
    # The published tables have no accents.
    write = fold_accents if mode == "compat" else str
    return {code: write(name) for parts in subdivisions().values() for code, name in parts.items()}


@cache
def _subdivisions_of_countries(mode: Mode) -> dict[str, Json]:
    names = _coded_subdivisions(mode)
    return {
        country: {code: names[code] for code in parts} for country, parts in subdivisions().items()
    }


def _file_format(value: Json) -> Json:
    if not isinstance(value, str):
        return UNDEFINED
    extension = value.strip().removeprefix(".").lower().strip()
    return extension if extension in _FORMATS else UNDEFINED


def _tidy(name: str) -> str:
    return _DROPPED.sub("", _BLANKS.sub("_", name.upper()))


def _tidy_and_fold(name: str) -> str:
    return _tidy(fold_accents(name.strip()))


def fold_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


_OTHERS: Final[Mapping[str, Callable[[Mode], Match]]] = {
    "country_alpha2code_by_citizenship": lambda mode: _by_name(_citizens, mode),
    "country_subdivisions_by_alpha2code": lambda mode: _by_code(
        lambda: _subdivisions_of_countries(mode)
    ),
    "country_subdivision_code_by_subdivision_name": lambda mode: _by_name(
        lambda: _named_subdivisions(mode), mode
    ),
    "country_subdivision_name_by_subdivision_code": lambda mode: _by_code(
        lambda: _coded_subdivisions(mode)
    ),
    "document_file_format_from_extension": lambda _mode: _file_format,
}
