"""Projects that are to be deleted, and why one cannot be."""

from dataclasses import dataclass

from jackfield.kit.errors import Conflict
from jackfield.kit.ids import MemberId, ProjectId
from jackfield.projects.models import Project


@dataclass(frozen=True, slots=True)
class Contents:
    """How much of what people know goes with a project."""

    accounts: int
    keys: int
    webhooks: int
    members: int

    def __str__(self) -> str:
        """Say it in words."""
        counts = (
            (self.accounts, "account"),
            (self.keys, "API key"),
            (self.webhooks, "webhook"),
            (self.members, "member"),
        )
        return ", ".join(f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in counts)


@dataclass(frozen=True, slots=True)
class Doomed:
    """A project that is to be deleted; `is_begun` if that was cut off before."""

    project: Project
    contents: Contents
    is_begun: bool


@dataclass(frozen=True, slots=True)
class Move:
    """A member who stays in another project, and has what is their own there from now on."""

    member_id: MemberId
    factor_generation: int | None
    home: ProjectId


class ProjectAmbiguous(Conflict):
    """Several projects of this name were deleted: name one by its id."""

    code = "project_ambiguous"


class LastProject(Conflict):
    """A hub has at least one project: make another one first, `jackfield projects create NAME`."""

    code = "last_project"


class ProjectConnectorInUse(Conflict):
    """Accounts of another project are linked by a connector that this one uploaded."""

    code = "project_connector_in_use"


class RevocationRunning(Conflict):
    """A revocation of accounts of this project is running: wait until it has ended."""

    code = "revocation_running"
