"""The people who can sign in, and the companies they belong to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jackfield.kit.json import Json


@dataclass(frozen=True, slots=True)
class Tenant:
    id: str
    name: str
    subdomain: str

    def show(self) -> dict[str, Json]:
        return {"id": self.id, "name": self.name, "subdomain": self.subdomain}


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    email: str
    password: str
    tenants: tuple[Tenant, ...]

    def show(self) -> dict[str, Json]:
        return {"id": self.id, "name": self.name, "email": self.email}


class People:
    """All of them, by id or email."""

    def __init__(self) -> None:
        self._people = {person.id: person for person in _make_people()}

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def find(self, name: str) -> Person | None:
        return next((each for each in self if name in {each.id, each.email}), None)

    def of(self, tenants: tuple[Tenant, ...]) -> list[Person]:
        """Return the people of some tenants."""
        return [each for each in self if set(each.tenants) & set(tenants)]


ACME: Final = Tenant("acme", "Acme Ltd", "acme")
BIRCH: Final = Tenant("birch", "Birch & Co", "birch")
CEDAR: Final = Tenant("cedar", "Cedar GmbH", "cedar")
TENANTS: Final = (ACME, BIRCH, CEDAR)


def _make_people() -> Iterator[Person]:
    for id_, name, tenants in (
        ("ada", "Ada Byron", (ACME,)),
        ("max", "Max Roe", (ACME,)),
        ("kim", "Kim Lee", (BIRCH,)),
        ("noor", "Noor Haddad", (BIRCH, CEDAR)),
        ("zoe", "Zoë Đặng", (CEDAR,)),
    ):
        email = f"{id_}@{tenants[0].subdomain}.example"
        yield Person(id_, name, email, f"password-of-{id_}", tenants)
