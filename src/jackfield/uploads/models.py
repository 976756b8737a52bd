"""Uploaded connectors, their versions, and what is wrong with an upload."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from jackfield.kit.errors import Conflict, InvalidRequest, NotFound
from jackfield.kit.ids import ConnectorVersionId

MOST_CONNECTORS: Final = 100
MOST_VERSIONS: Final = 50
MOST_STORED_BYTES: Final = 256 * 1024 * 1024


class VersionState(StrEnum):
    """A draft runs nowhere; the published version runs, and retired ones where they are pinned."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class ConnectorVersion:
    """
    A version of an uploaded connector, without its files.

    `errors` are how many faults the last check of a draft found; `files` and `size` are the number
    of its files and their bytes.
    """

    id: ConnectorVersionId
    key: str
    version: str
    state: VersionState
    files: int
    size: int
    errors: int
    uploaded_by: str
    uploaded_at: datetime
    published_by: str | None = None
    published_at: datetime | None = None


class InvalidUpload(InvalidRequest):
    """The files are not those of one connector."""

    code = "invalid_upload"


class ConnectorKeyTaken(Conflict):
    """A connector of this key is there already, and not one that this project uploaded."""

    code = "connector_key_taken"


class ConnectorInUse(Conflict):
    """Accounts are linked by the connector. Delete them first, or publish another version."""

    code = "connector_in_use"


class ConnectorChanged(Conflict):
    """Another version was published meanwhile. Look at what changes now, and publish again."""

    code = "connector_changed"


class TooManyUploads(Conflict):
    """The project has as many uploaded connectors, or as much in them, as it may have."""

    code = "too_many_uploads"


class UploadNotFound(NotFound):
    """The project has not uploaded this connector, or no such version of it."""

    code = "upload_not_found"
