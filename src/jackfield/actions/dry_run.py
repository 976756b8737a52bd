"""A dry run: what would be sent to the provider, and nothing sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from jackfield.engine.ports import Request, Response
from jackfield.engine.run_context import ActionResult
from jackfield.kit.errors import HubError
from jackfield.kit.json import DecodeError, Json, parse
from jackfield.kit.redaction import MASK, Redactor, is_secret_name

_LONGEST_BODY: Final = 256 * 1024


class RequestCaptured(HubError):
    """The request was shown instead of sent."""

    code = "dry_run"


@dataclass(slots=True)
class DryRunTransport:
    """A transport (see `jackfield.engine.ports.Transport`) that goes nowhere.

    The run ends with the first request: what comes after may depend on its answer.
    """

    redactor: Redactor
    requests: list[dict[str, Json]] = field(default_factory=list[dict[str, Json]])

    async def send(self, request: Request) -> Response:
        self.requests.append(describe(request, self.redactor))
        raise RequestCaptured

    def outcome(self, action_id: str) -> ActionResult:
        return ActionResult({"dry_run": True, "action": action_id, "requests": self.requests})


def describe(request: Request, redactor: Redactor) -> dict[str, Json]:
    """Spell a request out as it would be sent, without any credential."""
    return {
        "method": request.method,
        "url": redactor.text(request.url),
        "headers": _headers(request.headers, redactor),
        "body": _body(request.body, redactor),
    }


def _headers(headers: Mapping[str, str], redactor: Redactor) -> dict[str, str]:
    return {
        name: MASK if is_secret_name(name) else redactor.text(value)
        for name, value in headers.items()
    }


def _body(content: bytes | None, redactor: Redactor) -> Json:
    if content is None:
        return None
    try:
        return redactor.value(parse(content))
    except DecodeError:
        pass
    try:
        return redactor.text(content.decode())[:_LONGEST_BODY]
    except UnicodeDecodeError:
        return f"({len(content)} bytes)"
