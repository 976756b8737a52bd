"""
Evaluation of test vectors, for comparison with another engine.

A case is an expression with its context, or a step with its parameters, the state it runs in and a
script of the provider's answers. Nothing here touches a network, and no time passes.
"""

import asyncio
import base64
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urljoin

from msgspec.structs import replace

from jackfield.engine.compat import Mode
from jackfield.engine.current_time import using_clock
from jackfield.engine.document_reader import take_object
from jackfield.engine.exchange.failure import fail_with
from jackfield.engine.expressions import js
from jackfield.engine.expressions.text import evaluate
from jackfield.engine.ports import Request, Response, Signer
from jackfield.engine.run import Run, StepResult
from jackfield.engine.run_context import RunContext
from jackfield.engine.steps.compile_context import Authorizations, CompileContext
from jackfield.engine.steps.registry import compile_function
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.json import encode_json, float_digits
from jackfield.engine.wire.url import path_and_query
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, as_object, is_list, is_object

_CONTEXT: Final = {
    "authenticationType": "custom",
    "environment": "production",
    "connectorKey": "demo",
    "connectorVersion": "1.0.0",
}
_BOUNDARY: Final = re.compile(r"----jackfield[0-9a-f]{32}")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_UNRECORDED: Final = frozenset({"accept", "host", "content-length"})


def evaluate_case(case: Mapping[str, Json], *, signer: Signer | None = None) -> dict[str, Json]:
    """Return the answer to one case: a `value` or an `error`, and a step's `requests`."""
    mode: Mode = "strict" if case.get("mode") == "strict" else "compat"
    answer: dict[str, Json] = {"id": case.get("id")}
    kind = case.get("kind")
    if kind == "expression":
        return answer | _evaluate_expression(case, mode)
    if kind == "step":
        return answer | asyncio.run(_evaluate_step(case, mode, signer))
    return answer | {"error": f"unknown kind {kind!r}"}


def _evaluate_expression(case: Mapping[str, Json], mode: Mode) -> dict[str, Json]:
    try:
        value = evaluate(str(case.get("expr")), as_object(case.get("context")), mode)
    except HubError as error:
        return {"error": error.detail}
    return {"value": _marked(value)}


async def _evaluate_step(
    case: Mapping[str, Json], mode: Mode, signer: Signer | None
) -> dict[str, Json]:
    provider = _ScriptedProvider(case.get("server") or [])
    try:
        value = await _run_step(case, mode, provider, signer)
    except HubError as error:
        return {"error": error.detail, "requests": provider.requests}
    return {"value": value, "requests": provider.requests}


async def _run_step(
    case: Mapping[str, Json], mode: Mode, provider: "_ScriptedProvider", signer: Signer | None
) -> dict[str, Json]:
    params = take_object(case.get("params") or {}, "params")
    block = take_object(case.get("block") or {}, "block")
    clock = _clock(case.get("now"))
    run = _run(block, mode, provider, clock, signer)
    context = CompileContext(
        mode=mode,
        authorizations=Authorizations(as_object(params.get("authentication")), mode),
        fields=block.get("fieldConfigs"),
    )
    name, version = str(case.get("function")), str(case.get("version") or "1")
    with using_clock(clock):
        function = compile_function(name, version, params, context)
        try:
            result = await function(run)
        except HubError as error:
            result = fail_with(error)
            result = replace(result, output={**(result.output or {}), "message": _words(error)})
    return _reported(result)


def _words(error: HubError) -> str:
    """Return the error's message with all its faults."""
    return " ".join([error.detail, *(f"{each.path}: {each.message}" for each in error.faults)])


def _run(
    block: Mapping[str, Json],
    mode: Mode,
    provider: "_ScriptedProvider",
    clock: Clock,
    signer: Signer | None,
) -> Run:
    context = {**_CONTEXT, **as_object(block.get("context"))}
    credentials = {k: js.to_text(v) for k, v in as_object(block.get("credentials")).items()}
    run_context = RunContext(
        inputs=as_object(block.get("inputs")),
        credentials=credentials,
        transport=provider,
        auth_method=str(context["authenticationType"]),
        environment=str(context["environment"]),
        identifiers={},
        limiter=None,
        signer=signer,
        clock=clock,
        sleep=_no_sleep,
    )
    scope: dict[str, Json] = {
        "inputs": {},
        "credentials": {},
        "steps": {},
        "intermediateSteps": {},
        **block,
        "context": context,
    }
    return Run(
        context=run_context,
        scope=scope,
        mode=mode,
        retries="published",
        started=clock(),
        step_id="step",
    )


class _ScriptedProvider:
    """A provider that responds from a list, then with `{"ok": true}`, and records requests."""

    def __init__(self, script: Json) -> None:
        self._script: list[Json] = list(script)
        self.requests: list[Json] = []

    async def send(self, request: Request) -> Response:
        response = self._answer(request)
        follow = request.follow
        while follow and response.status in _REDIRECTS and "location" in response.headers:
            url = urljoin(request.url, response.headers["location"])
            response = self._answer(Request("GET", url, request.headers))
            follow -= 1
        return replace(response, url=request.url)

    def _answer(self, request: Request) -> Response:
        self.requests.append(_recorded(request))
        entry: dict[str, Json] = self._script.pop(0) if self._script else {"json": {"ok": True}}
        headers = {k.lower(): str(v) for k, v in as_object(entry.get("headers")).items()}
        if "json" in entry:
            headers.setdefault("content-type", "application/json")
            body = encode_json(entry["json"])
        else:
            body = str(entry.get("text") or "").encode()
        return Response(int(entry.get("status") or 200), headers, body, request.url)


async def _no_sleep(_seconds: float) -> None:
    return


def _clock(now: Json) -> Clock:
    if not isinstance(now, str):
        return system_clock
    moment = datetime.fromisoformat(now)
    return lambda: moment


def _recorded(request: Request) -> dict[str, Json]:
    body = (request.body or b"").decode("utf-8", "replace")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return {
        "method": request.method,
        "url": path_and_query(request.url),
        "headers": {
            name: _BOUNDARY.sub("<boundary>", value)
            for name, value in headers.items()
            if name not in _UNRECORDED
        },
        "body": _BOUNDARY.sub("<boundary>", body),
    }


def _reported(result: StepResult) -> dict[str, Json]:
    value: dict[str, Json] = {"successful": result.successful}
    if result.output is not None:
        value["output"] = _marked({k: v for k, v in result.output.items() if k != "raw"})
    if result.errors:
        value["errors"] = _marked([dict(error) for error in result.errors])
    if result.record is not None:
        value["blockResult"] = _marked(result.record)
    return value


def _marked(value: Json) -> Json:  # noqa: PLR0911 - one for each marker
    """Write what JSON does not have as markers."""
    if is_object(value):
        return {key: _marked(inner) for key, inner in value.items()}
    if is_list(value):
        return [_marked(inner) for inner in value]
    if value is UNDEFINED:
        return {"$undefined": True}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$nan": True} if math.isnan(value) else {"$inf": value > 0}
    if isinstance(value, float) and value.is_integer():
        return float_digits(value)
    if isinstance(value, js.Date):
        return {"$date": js.iso_text(value.moment)}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    return value
