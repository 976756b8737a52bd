"""Tables of countries and subdivisions, read on first use."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Country:
    alpha2: str
    alpha3: str
    number: str
    name: str
    citizens: tuple[str, ...]


@cache
def countries() -> tuple[Country, ...]:
    """Return all countries, by name."""
    return tuple(map(_country, _lines("countries.txt")))


@cache
def subdivisions() -> dict[str, dict[str, str]]:
    """Return names of subdivisions by their code (`US-CA`), under each country's code."""
    by_country: dict[str, dict[str, str]] = {}
    for line in _lines("subdivisions.txt"):
        country, _, listed = line.partition(":")
        pairs = (entry.partition("=") for entry in listed.split(";"))
        by_country[country] = {f"{country}-{code}": name for code, _, name in pairs}
    return by_country


def _lines(file_name: str) -> list[str]:
    text = files(__package__ or __name__).joinpath(file_name).read_text("utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def _country(line: str) -> Country:
    codes_and_name, _, citizens = line.partition("|")
    alpha2, alpha3, number, name = codes_and_name.split(" ", 3)
    return Country(alpha2, alpha3, number, name, tuple(citizens.split(",")) if citizens else ())
