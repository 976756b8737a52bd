"""A connector's cases, as their files have them."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from jackfield.connectors import yaml
from jackfield.connectors.connector import Connector
from jackfield.kit.errors import InvalidRequest
from jackfield.kit.json import Json
from jackfield.testing.expectations import Expectation


class InvalidCase(InvalidRequest):
    """The file is not a list of cases."""

    code = "invalid_case"


class Answer(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    status: int = 200
    headers: dict[str, str] = {}
    json: Json = None
    text: str | None = None
    base64: str | None = None


class Turn(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    expect: Expectation
    answer: Answer = Answer()


class FileExpectation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A file the action gives back; `text` is its content."""

    name: str | None = None
    content_type: str | None = None
    text: str | None = None


class Failure(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An expected error: its code and, if the case checks them, cause, message and faults."""

    code: str
    cause: str | None = None
    message: str | None = None
    faults: dict[str, str] | None = None


class Case(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One example.

    It runs an `action`, with the first auth method unless `auth` names another; or it checks
    `credentials` as when an account is linked by the auth method `link`; or it renews them as the
    auth method `refresh` does, or revokes them as `revoke` does. `follow` is how many times to ask for the next page, `more` whether
    there is one after that.
    """

    case: str
    action: str | None = None
    link: str | None = None
    refresh: str | None = None
    revoke: str | None = None
    auth: str | None = None
    environment: str = "production"
    credentials: dict[str, str] = {}
    inputs: dict[str, Json] = {}
    follow: int = 0
    now: datetime | None = None
    provider: list[Turn] = []
    output: Json = msgspec.UNSET
    extra: dict[str, Json] = {}
    more: bool = False
    warnings: list[str] = []
    file: FileExpectation | None = None
    error: Failure | None = None


def read_cases(connector: Connector) -> Iterator[tuple[Path, Case]]:
    """
    Yield the cases beside a connector's main file.

    Raises:
        InvalidCase: a file does not have the form of cases.
    """
    for file in sorted((connector.file.parent / "cases").glob("*.yaml")):
        for case in parse_cases(file, file.read_bytes()):
            yield file, case


def parse_cases(file: Path, content: bytes) -> list[Case]:
    """
    Return the cases of one file.

    Raises:
        InvalidCase: it does not have the form of cases.
    """
    try:
        document = yaml.parse(content.decode("utf-8"))
        return msgspec.convert(document.value, list[Case])
    except (UnicodeDecodeError, yaml.Malformed, msgspec.ValidationError) as error:
        msg = f"{file}: {error}"
        raise InvalidCase(msg) from error
