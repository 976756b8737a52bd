"""Codes of sign-ins that a provider sent by webhook, and that wait for their browser."""

from datetime import timedelta
from typing import Final

from jackfield.kit.ids import Id

# As long as the sign-in itself may take.
LIFETIME: Final = timedelta(minutes=15)


class SentCodeId(Id, prefix="cod"):
    __slots__ = ()


class CodeNotSent(Exception):
    """The code of an installation has not come yet."""

    def __init__(self, installation: str) -> None:
        super().__init__()
        self.installation = installation
