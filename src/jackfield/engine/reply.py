"""A provider's response after the connector's error rules."""

from typing import Final

from msgspec import Struct

from jackfield.engine.ports import Response
from jackfield.kit.errors import Fault, ProviderAnswer
from jackfield.kit.json import Json

_ERRORS: Final = range(400, 600)


class Reply(Struct, frozen=True):
    """A parsed response; `status` and `message` are those the connector maps it to."""

    status: int
    data: Json
    response: Response
    url: str
    message: str | None = None
    faults: tuple[Fault, ...] = ()
    # What may be shown of a large refusal, which takes a while to find out.
    shown: ProviderAnswer | None = None

    @property
    def failed(self) -> bool:
        return self.status in _ERRORS
