"""The built-in matchers of `enum` fields: countries, their parts, and file formats.

Codes are looked up exactly. Names are compared without case and punctuation; in compat mode the
first name that merely contains what was given counts as well, as in the published engine
("matcher country_name …": `US` becomes Australia).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Final, TypeAlias

from jackfield.engine.faults import InvalidStep
from jackfield.engine.geography.tables import Country, countries, subdivisions
from jackfield.engine.missing import MISSING
from jackfield.engine.mode import Mode
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
_FORMATS: Final = frozenset(
    [
        "7z",
        "avi",
        "bmp",
        "csv",
        "doc",
        "docm",
        "docx",
        "dot",
        "dotx",
        "eml",
        "epub",
        "gif",
        "gz",
        "heic",
        "htm",
        "html",
        "ico",
        "jpeg",
        "jpg",
        "json",
        "key",
        "md",
        "mov",
        "mp3",
        "mp4",
        "mpeg",
        "mpg",
        "msg",
        "numbers",
        "odp",
        "ods",
        "odt",
        "ogg",
        "pages",
        "pdf",
        "png",
        "pot",
        "potx",
        "pps",
        "ppsx",
        "ppt",
        "pptm",
        "pptx",
        "psd",
        "rar",
        "rtf",
        "svg",
        "tar",
        "tif",
        "tiff",
        "tsv",
        "txt",
        "vsd",
        "vsdx",
        "wav",
        "webm",
        "webp",
        "wmv",
        "xls",
        "xlsm",
        "xlsx",
        "xml",
        "xps",
        "yaml",
        "yml",
        "zip",
    ]
)


def find_matcher(name: str, mode: Mode) -> Match | None:
    """Return the matcher of that name; it gives `MISSING` for what it does not know."""
    if name.startswith("country_") and name.removeprefix("country_") in _BETWEEN:
        target, _, source = name.removeprefix("country_").partition("_by_")
        if source == "country_name":
            return _by_name(lambda: _named_countries(target), mode)
        return _by_code(lambda: _coded_countries(target, source))
    make = _OTHERS.get(name)
    return None if make is None else make(mode)


def _by_code(table: Callable[[], Mapping[str, Json]]) -> Match:
    return lambda value: table().get(value, MISSING) if isinstance(value, str) else MISSING


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
            return MISSING
        wanted = tidy(value)
        entries = index()
        if wanted in entries or mode == "strict":
            return entries.get(wanted, MISSING)
        return next((found for name, found in entries.items() if wanted in name), MISSING)

    return match


@cache
def _coded_countries(target: str, source: str) -> dict[str, Json]:
    key, value = _CODES[source], _CODES[target]
    return {key(country): value(country) for country in countries()}


def _named_countries(target: str) -> list[tuple[str, Json]]:
    return [(country.name, _CODES[target](country)) for country in countries()]


def _citizens() -> list[tuple[str, Json]]:
    return [(name, country.alpha2) for country in countries() for name in country.citizens]


def _named_subdivisions() -> list[tuple[str, Json]]:
    return [(name, code) for parts in subdivisions().values() for code, name in parts.items()]


@cache
def _coded_subdivisions() -> dict[str, Json]:
    return {code: name for parts in subdivisions().values() for code, name in parts.items()}


@cache
def _subdivisions_of_countries() -> dict[str, Json]:
    return {
        country: [{"code": code, "name": name} for code, name in parts.items()]
        for country, parts in subdivisions().items()
    }


def _file_format(value: Json) -> Json:
    if not isinstance(value, str):
        return MISSING
    extension = value.strip().removeprefix(".").lower().strip()
    return extension if extension in _FORMATS else MISSING


def _tidy(name: str) -> str:
    return _DROPPED.sub("", _BLANKS.sub("_", name.upper()))


def _tidy_and_fold(name: str) -> str:
    return _tidy(unicodedata.normalize("NFD", name.strip()))


_OTHERS: Final[Mapping[str, Callable[[Mode], Match]]] = {
    "country_alpha2code_by_citizenship": lambda mode: _by_name(_citizens, mode),
    "country_subdivisions_by_alpha2code": lambda _mode: _by_code(_subdivisions_of_countries),
    "country_subdivision_code_by_subdivision_name": lambda mode: _by_name(
        _named_subdivisions, mode
    ),
    "country_subdivision_name_by_subdivision_code": lambda _mode: _by_code(_coded_subdivisions),
    "document_file_format_from_extension": lambda _mode: _file_format,
}
