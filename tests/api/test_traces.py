"""Runs and their requests are spans of the client's trace, sent to a collector of OpenTelemetry."""

import gzip
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from jackfield.settings import InvalidSetting
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

KEY = "0123456789abcdef0123456789abcdef"
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@asynccontextmanager
async def traced(
    monkeypatch: pytest.MonkeyPatch,
    data_dir: Path,
    clock: FrozenClock,
    sandbox: Any,
    *,
    status: int = 200,
    traces: bool = True,
) -> AsyncGenerator[tuple[Running, list[Seen], list[Seen]]]:
    """Open a hub; yield it with what its provider and the collector have seen."""
    async with scripted(reply("", status=200)) as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        linked: list[bool] = []

        async def answer(writer: Any, seen: Seen) -> None:
            await reply('{"channels": []}', status=status if linked else 200)(writer, seen)

        async with (
            scripted(answer) as provider,
            running_hub(
                sandbox, data_dir=data_dir, clock=clock, provider=provider.url, traces=traces
            ) as hub,
        ):
            hub.api.headers["x-account-id"] = await hub.link(key=KEY)
            linked.append(True)
            provider.seen.clear()
            hub.api.headers |= {"traceparent": f"00-{TRACE}-{CALLER}-01", "tracestate": "a=b"}
            yield hub, provider.seen, collector.seen


def spans(collected: list[Seen]) -> list[Span]:
    requests = [
        ExportTraceServiceRequest.FromString(
            gzip.decompress(each.body) if "content-encoding" in each.headers else each.body
        )
        for each in collected
    ]
    return [
        span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def attributes(span: Span) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "")
        for each in span.attributes
    }


async def test_a_run_and_its_request_go_on_with_the_clients_trace(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, clock: FrozenClock, sandbox: Any
) -> None:
    async with traced(monkeypatch, data_dir, clock, sandbox) as (hub, asked, collected):
        await hub.api.post("/actions/rpc", json={"action": "iterable_list_channels"})

    (run,) = [each for each in spans(collected) if each.kind == Span.SPAN_KIND_SERVER]
    (request,) = [each for each in spans(collected) if each.kind == Span.SPAN_KIND_CLIENT]
    assert run.name == "run iterable_list_channels"
    assert (run.trace_id.hex(), run.parent_span_id.hex()) == (TRACE, CALLER)
    assert (request.trace_id.hex(), request.parent_span_id) == (TRACE, run.span_id)
    assert attributes(run)["jackfield.outcome"] == "succeeded"
    assert attributes(request) == {
        "http.request.method": "GET",
        "server.address": "api.iterable.com",
        "http.response.status_code": 200,
    }
    (seen,) = asked
    assert seen.headers["traceparent"] == f"00-{TRACE}-{request.span_id.hex()}-01"
    assert "tracestate" not in seen.headers
    assert KEY.encode() not in b"".join(each.body for each in collected)


async def test_what_fails_is_marked_in_the_trace(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, clock: FrozenClock, sandbox: Any
) -> None:
    async with traced(monkeypatch, data_dir, clock, sandbox, status=400) as (hub, _, collected):
        await hub.api.post("/actions/rpc", json={"action": "iterable_list_channels"})
        await hub.api.post("/actions/rpc", json={"action": "named_by_a_client"})

    found = {each.name: each for each in spans(collected)}
    assert found.keys() == {"run iterable_list_channels", "GET", "run"}
    assert {each.status.code for each in found.values()} == {Status.STATUS_CODE_ERROR}
    assert attributes(found["GET"])["error.type"] == "400"
    assert attributes(found["run"])["error.type"] == "action_not_found"


async def test_a_hub_without_the_packages_says_which_to_install(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, clock: FrozenClock, sandbox: Any
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.delitem(sys.modules, "jackfield.traces.tracer", raising=False)

    with pytest.raises(InvalidSetting, match=r"install the packages of requirements-otel\.lock"):
        async with traced(monkeypatch, data_dir, clock, sandbox):
            pass


async def test_without_the_setting_nothing_is_sent_and_no_provider_is_told(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path, clock: FrozenClock, sandbox: Any
) -> None:
    opened = traced(monkeypatch, data_dir, clock, sandbox, traces=False)
    async with opened as (hub, asked, collected):
        await hub.api.post("/actions/rpc", json={"action": "iterable_list_channels"})

    (seen,) = asked
    assert "traceparent" not in seen.headers
    assert collected == []
