"""Invented people, the same ones at every start."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.regions import Region
from jackfield.sandbox.iterable.state.fields import FieldTypes
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.times import stamp

T = TypeVar("T")

_FIRST: Final = {
    Region.US: (
        "Avery Blake Carmen Dakota Elena Felix Grace Hector Imani Jonah Keiko Luis Maya Noah "
        "Olivia Priya Quinn Rosa Samuel Tessa Umar Vivian Wesley Ximena Yusuf Zoe Aaron Bianca "
        "Caleb Daria Ethan"
    ),
    Region.EU: (
        "Anneli Bastien Chiara Dmitri Elin Florian Greta Henrik Ines Jakub Katarina Lukas "
        "Mireille Nils Oriane Pavel Quentin Ruta Saoirse Tomas Ulrike Viktor Wanda Xenia Yannis "
        "Zofia Agnes Bruno Clara Dagny Emil"
    ),
}
_LAST: Final = {
    Region.US: (
        "Abbott Barnes Castillo Dawson Ellison Foster Gallagher Hayes Ibarra Jennings Kimura "
        "Lowell Marsh Nakamura Okafor Pruitt Ramos Sandoval Thornton Underwood Vance Whitaker "
        "Yates"
    ),
    Region.EU: (
        "Almqvist Bergmann Colombo Dubois Eriksen Fontaine Gruber Hansen Ivanova Janssen "
        "Kowalski Lindqvist Moreau Novak Olsen Petit Rossi Schneider Toivonen Virtanen Weber "
        "Zielinski Quist"
    ),
}


class _Place(NamedTuple):
    city: str
    state: str
    country: str
    time_zone: str
    locale: str
    calling_code: str


_PLACES: Final = {
    Region.US: (
        _Place("Portland", "OR", "United States", "America/Los_Angeles", "en-US", "+1503555"),
        _Place("Denver", "CO", "United States", "America/Denver", "en-US", "+1303555"),
        _Place("Austin", "TX", "United States", "America/Chicago", "en-US", "+1512555"),
        _Place("Boston", "MA", "United States", "America/New_York", "en-US", "+1617555"),
        _Place("Miami", "FL", "United States", "America/New_York", "es-US", "+1305555"),
    ),
    Region.EU: (
        _Place("Berlin", "BE", "Germany", "Europe/Berlin", "de-DE", "+493055"),
        _Place("Lyon", "ARA", "France", "Europe/Paris", "fr-FR", "+33455"),
        _Place("Turin", "PIE", "Italy", "Europe/Rome", "it-IT", "+391155"),
        _Place("Gothenburg", "VG", "Sweden", "Europe/Stockholm", "sv-SE", "+463155"),
        _Place("Krakow", "MA", "Poland", "Europe/Warsaw", "pl-PL", "+481255"),
    ),
}
# Shared by everybody who lives there: a write replaces an address, it never changes one.
_ADDRESSES: Final[dict[_Place, Json]] = {
    place: {"city": place.city, "state": place.state, "country": place.country}
    for places in _PLACES.values()
    for place in places
}
_DOMAINS: Final = ("example.com", "example.org", "example.net", "mail.example.com")
_TIERS: Final = ("Bronze", "Silver", "Gold", "Bronze", "Platinum", "Silver", "Bronze")
_CATEGORIES: Final = ("Hiking", "Climbing", "Camping", "Running", "Cycling", "Paddling")
_PLANS: Final = ("free", "free", "plus", "free", "pro")

FIELD_TYPES: Final = {
    "email": "string",
    "userId": "string",
    "firstName": "string",
    "lastName": "string",
    "phoneNumber": "string",
    "city": "string",
    "country": "string",
    "locale": "string",
    "timeZone": "string",
    "loyaltyTier": "string",
    "plan": "string",
    "favoriteCategory": "string",
    "orderCount": "long",
    "lifetimeValue": "double",
    "isSubscriber": "boolean",
    "address": "object",
    "address.city": "string",
    "address.state": "string",
    "address.country": "string",
    "signupDate": "date",
    "signupSource": "string",
    "profileUpdatedAt": "date",
    "emailListIds": "long",
    "unsubscribedChannelIds": "long",
    "unsubscribedMessageTypeIds": "long",
    "subscribedMessageTypeIds": "long",
}


def declare_fields(types: FieldTypes) -> None:
    """Lock the types that these people's fields have."""
    types.types |= FIELD_TYPES


def invent(region: Region, count: int, *, today: datetime) -> Iterator[User]:
    """Make up `count` people who signed up in the two years before today."""
    first, last, places = _FIRST[region].split(), _LAST[region].split(), _PLACES[region]
    for number in range(count):
        forename = first[number % len(first)]
        surname = last[(number * 7 + number // len(first)) % len(last)]
        place = places[number * 3 % len(places)]
        signed_up = today - timedelta(days=number * 37 % 730 + 1, minutes=number * 101 % 1440)
        updated = today - timedelta(days=number * 13 % 60)
        yield User(
            _address(forename, surname, number),
            f"{region}-{10_001 + number}",
            signed_up,
            max(signed_up, updated),
            {
                "firstName": forename,
                "lastName": surname,
                "phoneNumber": f"{place.calling_code}{number % 10_000:04d}",
                "city": place.city,
                "country": place.country,
                "locale": place.locale,
                "timeZone": place.time_zone,
                "loyaltyTier": _pick(_TIERS, number),
                "plan": _pick(_PLANS, number),
                "favoriteCategory": _pick(_CATEGORIES, number),
                "orderCount": number * 5 % 23,
                "lifetimeValue": _worth(number),
                "isSubscriber": number % 4 != 0,
                "address": _ADDRESSES[place],
                "signupDate": stamp(signed_up),
                "signupSource": "Import",
            },
        )


def _address(forename: str, surname: str, number: int) -> str:
    turn = number // _FIRST[Region.US].count(" ")
    suffix = str(turn) if turn else ""
    return f"{forename}.{surname}{suffix}@{_pick(_DOMAINS, number)}".lower()


def _worth(number: int) -> float:
    return number * 5 % 23 * 41.5 + number % 7 + 0.25


def _pick(choices: tuple[T, ...], number: int) -> T:
    return choices[number % len(choices)]
