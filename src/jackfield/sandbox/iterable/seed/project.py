"""Making a project from a seed."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from msgspec.structs import replace

from jackfield.kit.clock import Clock
from jackfield.sandbox.iterable.regions import Region
from jackfield.sandbox.iterable.seed import people
from jackfield.sandbox.iterable.seed.campaigns import plant_campaigns
from jackfield.sandbox.iterable.seed.channels import (
    plant_channels,
    plant_snippets,
    plant_templates,
)
from jackfield.sandbox.iterable.seed.document import Seed, SeedList
from jackfield.sandbox.iterable.seed.extras import plant_extras
from jackfield.sandbox.iterable.seed.history import plant_history
from jackfield.sandbox.iterable.state.catalogs import Catalog
from jackfield.sandbox.iterable.state.lists import ListKind, MemberList
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.times import midnight
from jackfield.sandbox.iterable.work import profiles, subscriptions
from jackfield.sandbox.iterable.work.profiles import Identity

# Every how many users one is on the list, and how many at most (none: as many as there are).
_LISTS: Final = (
    ("Newsletter", ListKind.STANDARD, 1, None),
    ("Trail club", ListKind.STANDARD, 3, 5000),
    ("Recent buyers", ListKind.DYNAMIC, 5, 5000),
    ("Beta testers", ListKind.STANDARD, 11, 500),
    ("Do not contact", ListKind.SUPPRESSION, 97, 50),
    ("Team", ListKind.INTERNAL, 50, 4),
)


def plant(region: Region, clock: Clock, seed: Seed) -> Project:
    """Make a project; apart from the day it starts on, it is the same every time."""
    # Whatever delay writes are to have, the beginning is visible at once.
    project = Project(region, clock, replace(seed.settings, visibility_delay=0.0))
    today = midnight(clock())
    people.declare_fields(project.user_fields)
    for user in people.invent(region, seed.users, today=today):
        project.users.add(user)
    _plant_lists(project, today)
    plant_channels(project, today=today)
    plant_snippets(project, today=today)
    templates = plant_templates(project, today=today)
    plant_campaigns(project, templates, today=today)
    plant_history(project, today=today)
    plant_extras(project, today=today)
    _plant_further(project, seed, today)
    project.settings = seed.settings
    return project


def _plant_lists(project: Project, today: datetime) -> None:
    for age, (name, kind, every, most) in enumerate(_LISTS):
        group = project.lists.make(
            lambda number, name=name, kind=kind, age=age: MemberList(
                number,
                name,
                kind,
                today - timedelta(days=500 - age * 40),
                description=f"The {name.lower()} list",
                suppresses_globally=kind is ListKind.SUPPRESSION,
            )
        )
        for user in islice(project.users, every - 1, None, every):
            if most is not None and len(group.members) == most:
                break
            subscriptions.join(group, user)


def _plant_further(project: Project, seed: Seed, today: datetime) -> None:
    """
    Add what the seed says besides the number of users.

    Raises:
        Refusal: a profile is malformed or two clash.
    """
    for profile in seed.profiles:
        who = Identity(profile.email, profile.user_id, prefer_user_id=True)
        profiles.write(project, who, profile.data_fields)
    for further in seed.lists:
        _plant_list(project, further, today)
    for name, items in seed.catalogs.items():
        catalog = project.catalogs.setdefault(name, Catalog(name))
        for item_id, value in items.items():
            catalog.replace(item_id, value, now=today)


def _plant_list(project: Project, further: SeedList, today: datetime) -> None:
    group = project.lists.make(
        lambda number: MemberList(
            number, further.name, ListKind.STANDARD, today, description=further.description
        )
    )
    for name in further.members:
        for user in project.users.with_email(name) or project.users.with_user_id(name):
            subscriptions.join(group, user)
