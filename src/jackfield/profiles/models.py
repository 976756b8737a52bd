"""Connector profiles: a connector switched on for a project."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from jackfield.kit.errors import Conflict, HubError, InvalidRequest, NotFound
from jackfield.kit.ids import ProfileId


@dataclass(frozen=True, slots=True)
class Profile:
    """A connector in a project, with the auth method its accounts are linked by.

    One profile of each connector is the default: connect sessions that name none use it. `setup`
    holds the operator's own values for the auth method that are no secrets; the secrets are in the
    vault, sealed for this profile and `generation`. `allowed_actions` are ids; `None` means all.
    `client_refused_at` is when the provider last refused its OAuth app, if it still does.
    """

    id: ProfileId
    connector_key: str
    auth_method: str
    name: str
    active: bool
    is_default: bool
    created_at: datetime
    updated_at: datetime
    environment: str = "production"
    setup: Mapping[str, str] = field(default_factory=dict[str, str])
    generation: int = 1
    allowed_actions: tuple[str, ...] | None = None
    pinned_version: str | None = None
    client_refused_at: datetime | None = None

    def require_active(self) -> None:
        """
        Raise unless accounts can be linked and used.

        Raises:
            ProfileDisabled: the profile is switched off.
        """
        if not self.active:
            raise ProfileDisabled(profile_id=self.id)

    def allows(self, action_id: str) -> bool:
        return self.allowed_actions is None or action_id in self.allowed_actions

    def require_allowed(self, action_id: str) -> None:
        """
        Raise unless the profile's accounts may run an action.

        Raises:
            ActionNotAllowed: it is not on the profile's list.
        """
        if not self.allows(action_id):
            msg = f"the connector profile {self.name!r} does not allow the action {action_id!r}"
            raise ActionNotAllowed(msg, profile_id=self.id)

    def require_version(self, loaded: str) -> None:
        """
        Raise unless the profile is pinned to no version, or to the one that is loaded.

        Raises:
            ConnectorVersionNotLoaded: it is pinned to another.
        """
        if self.pinned_version not in (None, loaded):
            msg = (
                f"the connector profile {self.name!r} is pinned to version {self.pinned_version} "
                f"of its connector, but the hub has {loaded}; unpin it, or bring that version back"
            )
            raise ConnectorVersionNotLoaded(msg, profile_id=self.id)


@dataclass(frozen=True, slots=True)
class ProfileTerms:
    """The fields of a new profile; `None` means the connector's default."""

    connector_key: str
    auth_method: str | None = None
    name: str | None = None
    environment: str | None = None
    setup: Mapping[str, object] = field(default_factory=dict[str, object])
    is_default: bool = False
    active: bool = True
    allowed_actions: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """A page of profiles, and their filters; `number` counts from 1."""

    number: int = 1
    size: int = 25
    connector_key: str | None = None
    active: bool | None = None


class ProfileNotFound(NotFound):
    """No connector profile with this id in the project."""

    code = "profile_not_found"


class ProfileDisabled(Conflict):
    """The connector profile is switched off for this project."""

    code = "profile_disabled"
    status = 412


class ProfileInUse(Conflict):
    """Accounts are linked with the connector profile."""

    code = "profile_in_use"


class DefaultProfileRequired(Conflict):
    """A connector needs a default profile. Make another profile the default instead."""

    code = "default_profile_required"


class ProfileOfOtherConnector(InvalidRequest):
    """The connector profile belongs to another connector."""

    code = "profile_of_other_connector"
    status = 400


class InvalidProfile(InvalidRequest):
    """The connector profile is not valid for its connector."""

    code = "invalid_profile"


class ActionNotAllowed(HubError):
    """The account's connector profile does not allow this action."""

    code = "action_not_allowed"
    status = 403


class ConnectorVersionNotLoaded(Conflict):
    """The hub does not have the version of the connector that the profile is pinned to."""

    code = "connector_version_not_loaded"


class ConnectorVersionNotFound(NotFound):
    """The hub does not have this version of the connector."""

    code = "connector_version_not_found"
