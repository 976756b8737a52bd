"""A compiled action."""

import asyncio
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final, cast

from msgspec.structs import replace

from jackfield.engine.allowed_hosts import Allow
from jackfield.engine.compat import Mode
from jackfield.engine.current_time import using_clock
from jackfield.engine.cursor import encode_cursor, open_cursor, seal_cursor
from jackfield.engine.document_reader import take_objects
from jackfield.engine.exchange.failure import fail_with
from jackfield.engine.explain import explain
from jackfield.engine.expressions import strict_values
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.meter import run_budget
from jackfield.engine.expressions.templates import compile_settled, none_if_undefined
from jackfield.engine.inputs.accept import Inputs, InputsByLocation, require_page_size
from jackfield.engine.rate_errors import NO_RATE_ERRORS, RateErrors
from jackfield.engine.run import Position, Retries, Run, StepResult, compute
from jackfield.engine.run_context import ActionResult, RunContext
from jackfield.engine.steps.compile_context import CompileContext
from jackfield.engine.steps.step import Step, StopAction, compile_step, snapshot
from jackfield.engine.wire.formats import Format
from jackfield.engine.wire.json import as_doubles
from jackfield.kit.deadline import Deadline
from jackfield.kit.errors import HubError, ProviderError, ProviderTimeout
from jackfield.kit.json import Json, as_list, as_object, is_list, is_object
from jackfield.kit.large_json_output import is_large
from jackfield.kit.release import release

_READING: Final = frozenset({"read", "search"})
READING_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMATS_OF_LINES: Final = frozenset({"csv", "lines", "ndjson"})


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """The part of a connector that its actions use."""

    mode: Mode
    info: Mapping[str, Json]
    context: Mapping[str, Json]
    is_allowed: Allow
    rate_errors: RateErrors = NO_RATE_ERRORS


class CompiledAction:
    """One action of a connector; may run any number of times concurrently."""

    def __init__(
        self,
        document: Mapping[str, Json],
        *,
        action_id: str,
        steps: Sequence[Step],
        result: Evaluate | None,
        connector: ConnectorContext,
    ) -> None:
        self.id: Final = action_id
        self.effects: Final = tuple(str(effect) for effect in document.get("effects") or ())
        self._inputs: Final = Inputs(
            document.get("inputs"), document.get("validationRules"), mode=connector.mode
        )
        self._steps: Final = tuple(steps)
        self._documents: Final = take_objects(document.get("steps"), "steps")
        self._result: Final = result
        shape = document.get("result")
        self._promises_data: Final = is_object(shape) and "data" in shape
        self._connector: Final = connector
        self._page_size: Final = _page_size(document)
        self._builds_result: Final = any(map(_is_old_mapping, as_list(document.get("steps"))))
        self._paginated: Final = frozenset(
            str(index) for index, step in enumerate(steps) if step.is_paged
        )
        # The format of the provider's rows, where they can be streamed to the caller.
        self.row_format: Final = (
            _row_format(as_list(document.get("steps")))
            if connector.mode == "strict"
            and bool(self.effects)
            and _READING.issuperset(self.effects)
            else None
        )
        self._retries: Final = _retries(self.effects, connector.mode)
        self._context: Final = {
            **connector.context,
            "actionType": document.get("actionType", "unknown"),
        }
        self._about: Final = {
            "id": action_id,
            "actionId": document.get("actionId"),
            "actionType": document.get("actionType", "unknown"),
            "schema": document.get("schema"),
        }

    @cached_property
    def sends_reads_only(self) -> bool:
        """Whether each request, as far as the document tells, is made with a method that reads."""
        return READING_METHODS.issuperset(_methods(self._documents))

    @property
    def schema(self) -> dict[str, Json]:
        """The inputs as one flat JSON Schema."""
        return self._inputs.schema

    @property
    def locations(self) -> Mapping[str, str]:
        """The location of each input: "path", "query", "headers" or "body"."""
        return self._inputs.locations

    def accept(self, by_location: InputsByLocation) -> dict[str, Json]:
        """
        Validate and convert the inputs that a caller sent, by location.

        Raises:
            InvalidInputs: they do not match the action's inputs; has all faults.
        """
        inputs = self._inputs.accept(by_location)
        if self._paginated and self._connector.mode == "strict":
            require_page_size(inputs, self.locations.get("page_size", "query"))
        return inputs

    async def run(self, context: RunContext) -> ActionResult:
        """
        Run the action.

        Raises:
            ProviderError: the provider refused, failed or timed out.
            HubError: the action cannot run with this connector or account.
        """
        run = self._start(context)
        with using_clock(context.clock), run_budget():
            try:
                with Deadline(context.deadline):
                    await self._run_steps(run)
            except TimeoutError:
                msg = f"the action did not finish within {context.deadline:g} seconds"
                raise ProviderTimeout(msg, step=run.step_id) from None
            result = await compute(run, partial(self._finish, run))
        if not run.is_heavy:
            return result
        await release([run.scope.pop("steps"), run.scope.pop("intermediateSteps")])
        return replace(result, is_heavy=True)

    def _start(self, context: RunContext) -> Run:
        inputs = dict(context.inputs)
        if self._connector.mode == "compat":
            # In the published engine every number is a double.
            inputs = as_doubles(inputs)
        if self._page_size is not None:
            inputs.setdefault("page_size", self._page_size)
        cursor: Json = context.cursor
        if cursor is None:
            for name in ("next", "cursor"):
                sent = inputs.get(name)
                if sent is not None and sent != "":
                    cursor = sent
                    break
        elif not self._paginated:
            inputs.setdefault("next", cursor)
            inputs.setdefault("cursor", cursor)
        resume = dict[str, Position]()
        if self._paginated:
            resume = open_cursor(context, cursor, self.id, self._paginated)
        scope: EvaluationScope = {
            "inputs": inputs,
            "credentials": dict(context.credentials),
            "connector": self._connector.info,
            "action": self._about,
            "context": {
                **self._context,
                "authenticationType": context.auth_method,
                "environment": context.environment,
                "flowType": context.flow,
                **context.identifiers,
            },
            "steps": {},
            "intermediateSteps": {},
        }
        credentials = context.credentials
        allow = self._connector.is_allowed
        if self._builds_result:
            scope["result"] = {}
        return Run(
            context=context,
            scope=scope,
            mode=self._connector.mode,
            # A token request is sent once: repeating it may spend a refresh token twice.
            retries="never" if context.flow == "refresh_authentication" else self._retries,
            started=context.clock(),
            is_allowed=lambda url: allow(url, credentials),
            rate_errors=self._connector.rate_errors,
            resume=resume,
            is_heavy=is_large(inputs),
        )

    async def _run_steps(self, run: Run) -> None:
        async_tasks: list[asyncio.Task[None]] = []
        try:
            for index, step in enumerate(self._steps):
                if step.is_async:
                    own = replace(run, step_id=step.id)
                    async_tasks.append(asyncio.create_task(self._run_async_step(own, step)))
                    continue
                run.step_index = str(index)
                try:
                    result = await self._run_step(run, step)
                except StopAction:
                    break
                if result is not None and not result.successful and not step.ignore_error:
                    raise result.failure or ProviderError(step=step.id)
            # An empty `gather` would still cost an iteration of the event loop.
            if async_tasks:
                await asyncio.gather(*async_tasks)
        finally:
            for task in async_tasks:
                task.cancel()

    async def _run_async_step(self, run: Run, step: Step) -> None:
        """Run an `async` step: its failure is recorded in `steps` and as a warning."""
        try:
            result = await self._run_step(run, step)
        except StopAction:
            return
        except HubError as error:
            result = fail_with(error)
        if result is not None and not result.successful:
            run.warnings.append(f"{step.id}: {result.failure}")

    async def _run_step(self, run: Run, step: Step) -> StepResult | None:
        trace = run.context.trace
        if trace is not None:
            trace.step_started(step.id, step.function_name)
        if run.context.explain is not None:
            document = self._documents[self._steps.index(step)]
            for path, text, value in explain(document, run.scope, self._connector.mode):
                run.context.explain(path, text, value)
        try:
            result = await step.run(run)
        except HubError as error:
            if not step.ignore_error:
                if trace is not None:
                    trace.step_ended(step.id, "failed", {"message": error.detail})
                raise
            result = fail_with(error)
        steps: dict[str, Json] = run.scope["steps"]
        steps[step.id] = (
            {"successful": True, "skipped": True} if result is None else snapshot(result)
        )
        if trace is not None:
            state = "skipped" if result is None else "done" if result.successful else "failed"
            trace.step_ended(step.id, state, (result.output if result else None) or {})
        return result

    def _finish(self, run: Run) -> ActionResult:
        cursor: str | None = None
        if self._paginated:
            positions = encode_cursor(run.positions, run.context.clock())
            cursor = seal_cursor(run.context, positions, self.id)
        warnings = tuple(run.warnings)
        if self._result is None:
            return ActionResult(self._last_data(run), cursor, file=run.file, warnings=warnings)
        result = self._result(self._result_scope(run))
        if not is_object(result):
            return ActionResult(none_if_undefined(result), cursor, warnings=warnings)
        extra = dict(result)
        own_next = extra.pop("next", None)
        if not self._paginated and own_next is not None and own_next != "":
            cursor = strict_values.in_mode(run.mode)(own_next)
        if not self._promises_data:
            return ActionResult(extra, cursor, warnings=warnings)
        data = extra.pop("data", None)
        return ActionResult(data, cursor, extra=extra, warnings=warnings)

    def _result_scope(self, run: Run) -> EvaluationScope:
        """Return the scope of `result`; in strict mode it has no credentials."""
        if run.mode == "compat" or run.context.flow == "refresh_authentication":
            return run.scope
        return {**run.scope, "credentials": {}}

    def _last_data(self, run: Run) -> Json:
        if run.scope.get("result") is not None:
            return run.scope["result"]
        if not self._steps:
            return None
        last: dict[str, Json] = run.scope["steps"].get(self._steps[-1].id, {})
        output: dict[str, Json] = last.get("output") or {}
        return output.get("data")


def compile_action(
    document: Mapping[str, Json], context: CompileContext, connector: ConnectorContext
) -> CompiledAction:
    """
    Compile an action's document.

    Raises:
        InvalidStep: it is malformed.
        InvalidExpression: one of its expressions is invalid.
    """
    key = connector.info.get("key")
    own_id = str(document.get("actionId") or "inline")
    fields = document.get("fieldConfigs")
    own = dataclasses.replace(
        context, fields=None if fields is None else take_objects(fields, "fieldConfigs")
    )
    entries = take_objects(document.get("steps"), "steps")
    steps = [compile_step(entry, own, f"steps[{i}]") for i, entry in enumerate(entries)]
    result = document.get("result")
    return CompiledAction(
        document,
        action_id=f"{key}_{own_id}",
        steps=steps,
        result=None if result is None else compile_settled(result, context.mode),
        connector=connector,
    )


def _is_old_mapping(step: Json) -> bool:
    """Whether a step maps onto the action's result, which must then exist from the start."""
    call = as_object(as_object(step).get("stepFunction"))
    return call.get("functionName") == "map_fields" and str(call.get("version") or "1") == "1"


def _methods(document: Json) -> Iterator[str]:
    if is_object(document):
        for name, inner in document.items():
            if name == "method" and isinstance(inner, str):
                yield inner.upper()
            yield from _methods(inner)
    elif is_list(document):
        for inner in document:
            yield from _methods(inner)


def _page_size(document: Mapping[str, Json]) -> int | None:
    cursor = document.get("cursor")
    size = cursor.get("pageSize") if is_object(cursor) else None
    return size if isinstance(size, int) and size > 0 else None


def _retries(effects: tuple[str, ...], mode: Mode) -> Retries:
    if mode == "compat":
        return "published"
    return "reads" if effects and _READING.issuperset(effects) else "never"


def _row_format(steps: Sequence[Json]) -> Format | None:
    """Return the format of the rows, if the action is a single request for one row per line."""
    if len(steps) != 1:
        return None
    step = as_object(steps[0])
    call = as_object(step.get("stepFunction"))
    format_ = as_object(as_object(call.get("parameters")).get("response")).get("format")
    is_one_request = call.get("functionName") == "request" and "iterator" not in step
    return cast("Format", format_) if is_one_request and format_ in _FORMATS_OF_LINES else None
