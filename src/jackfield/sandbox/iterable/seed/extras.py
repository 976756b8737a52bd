"""Journeys, catalogs, metadata, a webhook and an experiment of the usual project."""

from datetime import datetime, timedelta
from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.state.campaigns import CampaignState
from jackfield.sandbox.iterable.state.catalogs import Catalog, Item
from jackfield.sandbox.iterable.state.experiments import Experiment, ExperimentState, Variant
from jackfield.sandbox.iterable.state.journeys import Journey
from jackfield.sandbox.iterable.state.project import OWNER, Project
from jackfield.sandbox.iterable.state.webhooks import Webhook

_PRODUCTS: Final[dict[str, dict[str, Json]]] = {
    "tent-2p": {"title": "Two-person tent", "price": 249.0, "inStock": True},
    "boots-trail": {"title": "Trail boots", "price": 139.5, "inStock": True},
    "map-ridge": {"title": "Ridge map", "price": 12.0, "inStock": False},
}
_STORES: Final[dict[str, dict[str, Json]]] = {
    "harbor": {"name": "Harbor store", "opens": "09:00"},
    "valley": {"name": "Valley store", "opens": "10:00"},
}
_EQUAL_SHARE: Final = 50.0


def plant_extras(project: Project, *, today: datetime) -> None:
    _plant_journeys(project, today)
    _plant_catalogs(project, today)
    _plant_experiment(project, today)
    project.webhooks.make(
        lambda number: Webhook(
            number, "https://hooks.larkfield.example/iterable", "NoAuth", True, False, True
        )
    )
    project.verification_profiles = frozenset({31})


def _plant_journeys(project: Project, today: datetime) -> None:
    rows = (
        ("Welcome", True, False, False, ("signedUp",)),
        ("Abandoned cart", True, False, False, ("cartUpdated",)),
        ("Win back", False, False, False, ()),
        ("Referral", False, False, True, ()),
        ("Old onboarding", False, True, False, ()),
    )
    for age, (name, enabled, archived, draft, events) in enumerate(rows):
        made = today - timedelta(days=250 - age * 20)
        project.journeys.make(
            lambda number, name=name, enabled=enabled, archived=archived, draft=draft, events=events, made=made: (
                Journey(
                    number,
                    name,
                    f"What happens after: {name.lower()}",
                    enabled,
                    made,
                    made,
                    OWNER,
                    is_archived=archived,
                    is_draft=draft,
                    lifetime_limit=1 if enabled else None,
                    trigger_event_names=events,
                )
            )
        )


def _plant_catalogs(project: Project, today: datetime) -> None:
    for name, items in (("products", _PRODUCTS), ("stores", _STORES)):
        project.catalogs[name] = Catalog(
            name, {key: Item(dict(value), today) for key, value in items.items()}
        )
    project.catalogs["products"].mappings["price"] = "double"
    project.metadata["storefront"] = {
        "banner": Item({"text": "Free shipping over 50"}, today),
        "theme": Item({"accent": "forest"}, today),
    }


def _plant_experiment(project: Project, today: datetime) -> None:
    ready = next(each for each in project.campaigns if each.state is CampaignState.READY)
    experiment = project.experiments.make(
        lambda number: Experiment(
            number,
            f"{ready.name} Experiment",
            ready,
            "SubjectLine",
            ExperimentState.DRAFT,
            today - timedelta(days=3),
        )
    )
    for name, is_control in (("Control", True), ("Shorter subject", False)):
        experiment.variants.append(
            project.variants.make(
                lambda number, name=name, is_control=is_control: Variant(
                    number, name, ready.template_id, _EQUAL_SHARE, is_control=is_control
                )
            )
        )
