"""Connector profiles: a connector switched on for a project."""

from dataclasses import dataclass
from datetime import datetime

from jackfield.kit.errors import Conflict, NotFound
from jackfield.kit.ids import ProfileId


@dataclass(frozen=True, slots=True)
class Profile:
    """A connector in a project, with the auth method its accounts are linked by.

    One profile a connector is the default: the one a connect session means that names none.
    """

    id: ProfileId
    connector_key: str
    auth_method: str
    name: str
    active: bool
    is_default: bool
    created_at: datetime
    updated_at: datetime

    def require_active(self) -> None:
        """
        Make sure accounts can be linked and used.

        Raises:
            ProfileDisabled: an operator switched the profile off.
        """
        if not self.active:
            raise ProfileDisabled(profile_id=self.id)


class ProfileNotFound(NotFound):
    """No connector profile with this id in the project."""

    code = "profile_not_found"


class ProfileDisabled(Conflict):
    """The connector profile is switched off for this project."""

    code = "profile_disabled"
    status = 412
