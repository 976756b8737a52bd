"""Saved views: filters of a list under a name, for all who look after the project."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from jackfield.kit.actor import Actor
from jackfield.kit.errors import Conflict, NotFound
from jackfield.kit.ids import Id

# Of one page.
MOST_VIEWS: Final = 50
LONGEST_NAME: Final = 60
LONGEST_QUERY: Final = 4000


class SavedViewId(Id, prefix="svw"):
    __slots__ = ()


class ViewPage(StrEnum):
    """A list that has saved views; named as its section in the side bar."""

    ACCOUNTS = "accounts"
    LOGS = "logs"


@dataclass(frozen=True, slots=True)
class SavedView:
    """A named query of a list, as the list's address holds it."""

    id: SavedViewId
    page: ViewPage
    name: str
    query: str
    actor: Actor
    created_at: datetime


class SavedViewNotFound(NotFound):
    """No saved view with this id in the project."""

    code = "saved_view_not_found"


class TooManySavedViews(Conflict):
    """The page has as many saved views as it may have. Delete one first."""

    code = "too_many_saved_views"
