"""Seed document: number of users and additions to the default project."""

from typing import Annotated

from msgspec import Meta, Struct, field

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.regions import Region
from jackfield.sandbox.iterable.state.settings import Settings


class SeedProfile(Struct, rename="camel", forbid_unknown_fields=True):
    email: str | None = None
    user_id: str | None = None
    data_fields: dict[str, Json] = field(default_factory=dict[str, Json])


class SeedList(Struct, forbid_unknown_fields=True):
    """A further list; its members are named by email or user id."""

    name: str
    description: str | None = None
    members: list[str] = field(default_factory=list[str])


class Seed(Struct, forbid_unknown_fields=True):
    """One project's beginning: invented users, and whatever else it should hold."""

    users: Annotated[int, Meta(ge=0, le=1_000_000)] = 200
    profiles: list[SeedProfile] = field(default_factory=list[SeedProfile])
    lists: list[SeedList] = field(default_factory=list[SeedList])
    catalogs: dict[str, dict[str, dict[str, Json]]] = field(
        default_factory=dict[str, dict[str, dict[str, Json]]]
    )
    settings: Settings = field(default_factory=Settings)


class RegionSeeds(Struct, forbid_unknown_fields=True):
    """A seed for each region, where they are to differ."""

    us: Seed = field(default_factory=Seed)
    eu: Seed = field(default_factory=Seed)

    def of(self, region: Region) -> Seed:
        return self.us if region is Region.US else self.eu
