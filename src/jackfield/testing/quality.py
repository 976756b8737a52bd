"""Demands of the quality scale: what each level wants of a connector, and whether it has it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.connectors.outputs import output_schema
from jackfield.connectors.quality import Level, read_quality
from jackfield.testing.case_files import Case, read_cases

# What was tried longer ago says little about a provider of today.
_LASTS: Final = timedelta(days=365)
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that a level wants; `missing` names what lacks it, and is empty where it is met."""

    level: Level
    text: str
    missing: tuple[str, ...]

    @property
    def is_met(self) -> bool:
        return not self.missing

    @property
    def lack(self) -> str:
        """Name the first of what lacks it."""
        shown = ", ".join(self.missing[:_SHOWN])
        more = len(self.missing) - _SHOWN
        return f"{shown} and {more} more" if more > 0 else shown


def demands(connector: Connector, today: date) -> tuple[Demand, ...]:
    """
    Return what the levels want of a connector, from the lowest on.

    Raises:
        InvalidCase: a file of cases cannot be read.
        InvalidQuality: the quality statement cannot be read.
    """
    cases = [case for _, case in read_cases(connector)]
    return (*_bronze(connector, cases), *_silver(connector, cases), *_gold(connector, today))


def earned(found: Sequence[Demand]) -> Level | None:
    """Return the highest level of which, and below which, everything is met."""
    reached = None
    for level in Level:
        if any(not each.is_met for each in found if each.level is level):
            break
        reached = level
    return reached


def _bronze(connector: Connector, cases: Sequence[Case]) -> Iterator[Demand]:
    listed = [each for each in connector.actions if not each.is_internal]
    yield _demand(Level.BRONZE, "nothing to say in `check`", map(str, connector.findings))
    yield _demand(
        Level.BRONZE, "an icon among its files", [] if connector.icon else [connector.key]
    )
    yield _demand(
        Level.BRONZE,
        "a guide for each way to link",
        (each.key for each in connector.auth_methods if not _is_guided(each)),
    )
    yield _demand(
        Level.BRONZE,
        "description and effects of each action",
        (each.name for each in listed if not (each.description and each.effects)),
    )
    yield _demand(Level.BRONZE, "cases", [] if cases else [connector.key])


def _silver(connector: Connector, cases: Sequence[Case]) -> Iterator[Demand]:
    ran = {case.action for case in cases}
    linked = {case.link or case.refresh for case in cases}
    methods = connector.auth_methods
    yield _demand(
        Level.SILVER,
        "a case for each action",
        (each.name for each in connector.actions if each.name not in ran),
    )
    yield _demand(
        Level.SILVER,
        "a case for each way to link by what is typed",
        (each.key for each in methods if each.key not in linked and each.type == "custom"),
    )
    yield _demand(
        Level.SILVER,
        "a test action for each way to link",
        (each.key for each in methods if not each.test_actions),
    )
    yield _demand(
        Level.SILVER,
        "refusals of credentials with their cause (`credentialErrors`)",
        (each.key for each in methods if not each.known_errors),
    )
    yield _demand(
        Level.SILVER,
        "whose account it is (`identity`)",
        (each.key for each in methods if each.identity is None),
    )
    statement = read_quality(connector.file, connector.files)
    compared = statement is not None and statement.published is not None
    yield _demand(
        Level.SILVER,
        "requests compared with what the provider publishes (`published`)",
        [] if compared else [connector.key],
    )


def _gold(connector: Connector, today: date) -> Iterator[Demand]:
    statement = read_quality(connector.file, connector.files)
    guide = statement.guide if statement else None
    trials = statement.live if statement else ()
    tried = {each.auth for each in trials if _is_recent(each.on, today)}
    yield _demand(
        Level.GOLD,
        "the shape of what each reading action gives back (`output`)",
        (
            each.name
            for each in connector.actions
            if each.only_reads and not each.is_internal and output_schema(each) is None
        ),
    )
    yield _demand(
        Level.GOLD,
        "guides followed in the provider's console within a year (`guide`)",
        [] if guide and _is_recent(guide.on, today) else [connector.key],
    )
    yield _demand(
        Level.GOLD,
        "each way to link tried with the provider itself within a year (`live`)",
        (each.key for each in connector.auth_methods if each.key not in tried),
    )


def _is_guided(method: AuthMethod) -> bool:
    return method.config_guide is not None or not method.config_fields


def _is_recent(day: date, today: date) -> bool:
    return today - _LASTS <= day <= today


def _demand(level: Level, text: str, missing: Iterable[str]) -> Demand:
    return Demand(level, text, tuple(missing))
