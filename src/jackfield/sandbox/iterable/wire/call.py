"""One request that has been let in."""

from dataclasses import dataclass

from jackfield.sandbox.iterable.access.jwt import Claims
from jackfield.sandbox.iterable.access.keys import ApiKey
from jackfield.sandbox.iterable.state.project import Project


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler knows of the request besides its parameters."""

    project: Project
    key: ApiKey
    path: str
    query: str
    origin: str
    claims: Claims | None = None
