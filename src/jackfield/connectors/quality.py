"""Quality statement of a connector: how far it has been proved, from `quality.yaml` beside it."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from jackfield.connectors import yaml
from jackfield.connectors.files import Files
from jackfield.kit.errors import InvalidRequest

QUALITY_FILE: Final = "quality.yaml"
_MOST_BYTES: Final = 65_536


class Level(StrEnum):
    """A level of the scale; each demands what the one before it does, and more."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


class InvalidQuality(InvalidRequest):
    """A quality statement cannot be read."""

    code = "invalid_quality"


class Comparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The provider's own description that all requests were compared with, as of a day."""

    source: str
    version: str
    on: date


class GuideCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who went through the guides in the provider's console, and when."""

    by: str
    on: date


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A trial with the provider itself: who, when, by which auth method, and what was run."""

    by: str
    on: date
    auth: str
    what: str


class Quality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a connector's author states of it; `level` is left out below bronze."""

    level: Level | None = None
    published: Comparison | None = None
    guide: GuideCheck | None = None
    live: Sequence[Trial] = ()

    @property
    def word(self) -> str:
        """The level as it is shown."""
        return self.level.value if self.level else "no level yet"

    @property
    def summary(self) -> str:
        """Say it in two sentences for people who choose a connector."""
        compared = (
            f"Its requests were compared with what the provider publishes ({self.published.source}, "
            f"{self.published.version}; {self.published.on})."
            if self.published
            else "Its requests were not compared with what the provider publishes."
        )
        newest = max(self.live, key=lambda each: each.on, default=None)
        tried = (
            f"Tried with the provider itself on {newest.on} by {newest.by}: {newest.what}."
            if newest
            else "Not tried with the provider itself."
        )
        return f"{compared} {tried}"


def read_quality(main: Path, files: Files) -> Quality | None:
    """
    Read the statement beside a connector's main file; `None` if it makes none.

    Raises:
        InvalidQuality: it is no such statement; the text says what is wrong with it.
    """
    file = main.with_name(QUALITY_FILE)
    try:
        if not files.exists(file) or files.leads_out(file, main.parent):
            return None
        content = files.read(file) if files.size(file) <= _MOST_BYTES else None
    except OSError as error:
        msg = f"{QUALITY_FILE} cannot be read: {error.strerror}"
        raise InvalidQuality(msg) from error
    if content is None:
        msg = f"{QUALITY_FILE} is larger than {_MOST_BYTES:,} bytes"
        raise InvalidQuality(msg)
    try:
        return msgspec.convert(yaml.read_any(content), Quality)
    except UnicodeDecodeError as error:
        msg = f"{QUALITY_FILE} is not UTF-8"
        raise InvalidQuality(msg) from error
    except yaml.Malformed as malformed:
        msg = f"line {malformed.fault.place.line}: {malformed.fault.message}"
        raise InvalidQuality(msg) from malformed
    except msgspec.ValidationError as invalid:
        raise InvalidQuality(str(invalid)) from invalid
