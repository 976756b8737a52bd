"""Small connectors and a scripted provider, for tests of the engine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from msgspec import structs

from jackfield.engine.action import CompiledAction
from jackfield.engine.connector import CompiledConnector
from jackfield.engine.ports import Request, Response
from jackfield.engine.run_context import ActionResult
from jackfield.testing.calls import make_run_context

BEARER = {"type": "bearer", "token": "$.credentials.token"}
CREDENTIALS = {"token": "T0KEN-OF-THE-ACCOUNT"}


@dataclass
class Provider:
    """Answers from a list, the last answer again and again, and remembers what it was asked."""

    answers: list[Response | Exception]
    sent: list[Request] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        self.sent.append(request)
        answer = self.answers[min(len(self.sent), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.sent]


class Clock:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def answer(body: object = None, status: int = 200, **headers: str) -> Response:
    content = b"" if body is None else json.dumps(body).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"content-type": "application/json", **given}, content)


def text_answer(body: str, status: int = 200, **headers: str) -> Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, given, body.encode())


def step(function: str, parameters: Mapping[str, object], **keys: object) -> dict:
    version = keys.pop("version", "1")
    step_id = keys.pop("step_id", "ask")
    call = {"functionName": function, "version": version, "parameters": dict(parameters)}
    return {"stepId": step_id, "stepFunction": call, **keys}


def document(*actions: Mapping[str, object], engine: str = "strict", **root: object) -> dict:
    authorization = root.pop("authorization", BEARER)
    return {
        "StackOne": "1.0.0",
        "engine": engine,
        "info": {"key": "demo", "version": "1.2.3"},
        "baseUrl": "https://api.example.com",
        "authentication": [{"main": {"type": "custom", "authorization": authorization}}],
        "actions": list(actions),
        **root,
    }


def connector(*actions: Mapping[str, object], **root: object) -> CompiledConnector:
    return CompiledConnector(document(*actions, **root))


def action(*steps: Mapping[str, object], **keys: object) -> CompiledAction:
    """Compile an action of the strict demo connector; `engine="compat"` for the other mode."""
    root = {
        name: keys.pop(name) for name in ("engine", "baseUrl", "hosts", "rateLimit") if name in keys
    }
    if "authorization" in keys:
        root["authorization"] = keys.pop("authorization")
    keys.setdefault("effects", ["read"])
    described = {"actionId": "do_it", "steps": list(steps), **keys}
    return connector(described, **root).action("do_it")


def request(url: str = "/things", method: str = "get", **parameters: object) -> dict:
    return step("request", {"url": url, "method": method, **parameters})


async def run(
    compiled: CompiledAction,
    provider: Provider,
    inputs: Mapping[str, object] | None = None,
    **call: object,
) -> ActionResult:
    call.setdefault("credentials", CREDENTIALS)
    call.setdefault("auth_method", "main")
    made = make_run_context(
        provider, call.pop("credentials"), inputs=inputs, auth_method=call.pop("auth_method")
    )
    return await compiled.run(structs.replace(made, **call))
