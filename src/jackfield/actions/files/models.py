"""Files returned by actions, kept for a few minutes behind a link."""

from dataclasses import dataclass
from datetime import datetime

from jackfield.engine.run_context import File
from jackfield.kit.errors import HubError, NotFound
from jackfield.kit.secret import Token


class FileToken(Token, prefix="jf_fl_"):
    """The token of a file's link: its bearer may read that file until it expires."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class FileLink:
    """A URL that returns a file without an API key."""

    url: str
    expires_at: datetime
    file: File


class FileNotFound(NotFound):
    """This link does not exist or has expired. Run the action again for a new one."""

    code = "file_not_found"


class FileNotLinkable(HubError):
    """The file is too large for a link. Run the action through the API to receive its bytes."""

    code = "file_not_linkable"
    status = 501
