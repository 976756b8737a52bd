"""One step of an action: its condition, iteration and failure handling."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, TypeAlias

from msgspec.structs import replace

from jackfield.engine.document_reader import take_object, take_objects
from jackfield.engine.errors import InvalidStep, missing_field
from jackfield.engine.exchange.failure import fail_with, refuse_success
from jackfield.engine.expressions import js
from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.engine.expressions.jexl import Evaluate
from jackfield.engine.expressions.text import compile_text
from jackfield.engine.run import Run, StepResult, compute
from jackfield.engine.steps.arguments import compile_condition
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.registry import compile_function, find_kind
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.errors import ProviderError, ProviderRejected
from jackfield.kit.json import Json, is_list

OnConditionError: TypeAlias = Literal["run", "skip", "stop", "fail"]

_ON_CONDITION_ERROR: Final[Mapping[object, OnConditionError]] = {
    True: "run",
    False: "skip",
    "true": "run",
    "false": "skip",
    "break": "stop",
}
_MOST_ITEMS: Final = 10_000


class StopAction(Exception):
    """Ends the action successfully: the remaining steps do not run."""


@dataclass(frozen=True, slots=True)
class Step:
    """A compiled step; one with an `iterator` may have several `functions`."""

    id: str
    function_name: str
    functions: tuple[StepFunction, ...]
    condition: Evaluate | None
    on_condition_error: OnConditionError
    iterator: Evaluate | None
    success: Evaluate | None
    ignore_error: bool
    is_async: bool
    is_paged: bool
    is_transform: bool

    async def run(self, run: Run) -> StepResult | None:
        """
        Run the step; `None` when its condition does not hold.

        Raises:
            StopAction: the condition cannot be evaluated and `onConditionError` is `break`.
            HubError: the step cannot run with this connector or account.
        """
        if self.condition is not None and not await compute(run, partial(self._applies, run)):
            return None
        run.step_id = self.id
        if self.iterator is not None:
            result = await self._run_each(run, self.iterator)
        else:
            result = await self._call(self.functions[0], run)
        if result.successful and self.success is not None:
            return await compute(run, partial(self._judge, run, result, self.success))
        return result

    async def _call(self, function: StepFunction, run: Run) -> StepResult:
        try:
            if self.is_transform:
                return await compute(run, partial(_computed, function, run))
            return await function(run)
        except ProviderError as error:
            return fail_with(error)

    def _applies(self, run: Run) -> bool:
        assert self.condition is not None
        try:
            return js.truthy(self.condition(run.scope))
        except InvalidExpression:
            match self.on_condition_error:
                case "run":
                    return True
                case "skip":
                    return False
                case "stop":
                    raise StopAction from None
                case "fail":
                    raise

    async def _run_each(self, run: Run, iterator: Evaluate) -> StepResult:
        items = await compute(run, partial(iterator, run.scope))
        if not is_list(items):
            items = [] if items is UNDEFINED or items is None else [items]
        if len(items) > _MOST_ITEMS:
            msg = f"A step iterates over at most {_MOST_ITEMS} items"
            raise InvalidStep(msg)
        outer = run.scope.get("iterator", UNDEFINED)
        snapshots: list[Json] = []
        run.scope["intermediateSteps"][self.id] = snapshots
        results: list[Json] = []
        try:
            for index, item in enumerate(items):
                result = await self._run_item(run, {"item": item, "index": index}, snapshots)
                if not result.successful and not self.ignore_error:
                    return result
                results.append((result.output or {}).get("data"))
        finally:
            run.scope["iterator"] = outer
        return StepResult(True, {"data": results})

    async def _run_item(
        self, run: Run, iterator: dict[str, Json], snapshots: list[Json]
    ) -> StepResult:
        result = StepResult(True, {})
        for function in self.functions:
            run.scope["iterator"] = iterator
            result = await self._call(function, run)
            if not result.successful:
                break
            iterator = {**iterator, "current": (result.output or {}).get("data")}
        snapshots.append({"iterator": iterator, "snapshot": snapshot(result)})
        return result

    def _judge(self, run: Run, result: StepResult, success: Evaluate) -> StepResult:
        scope = {
            **run.scope,
            "steps": {**run.scope["steps"], self.id: snapshot(result)},
            **(result.output or {}),
        }
        if js.truthy(success(scope)):
            return result
        msg = f"the step {self.id!r} did not meet its success criteria"
        error = ProviderError(msg, step=self.id)
        if result.reply is not None:
            error = refuse_success(result.reply, run, msg, ProviderRejected)
        failed = fail_with(error)
        return replace(failed, output={**(result.output or {}), **(failed.output or {})})


def snapshot(result: StepResult) -> dict[str, Json]:
    """Return what later steps see of a step under `steps.<id>`."""
    seen: dict[str, Json] = {"successful": result.successful}
    if result.output is not None:
        seen["output"] = result.output
        if "message" in result.output:
            seen["message"] = result.output["message"]
    if result.errors:
        seen["errors"] = [dict(error) for error in result.errors]
    return seen


def compile_step(document: Mapping[str, Json], context: CompileContext, path: str) -> Step:
    """
    Compile an entry of an action's `steps`.

    Raises:
        InvalidStep: it is malformed.
        InvalidExpression: one of its texts cannot be read.
    """
    mode = context.mode
    calls = _calls(document, path)
    iterator = document.get("iterator")
    name = str(calls[0].get("functionName"))
    return Step(
        id=str(document.get("stepId") or path),
        function_name=name,
        functions=tuple(_compile_call(call, context, path) for call in calls),
        condition=compile_condition(document.get("condition"), mode),
        on_condition_error=_ON_CONDITION_ERROR.get(document.get("onConditionError"), "fail"),
        iterator=None if iterator is None else compile_text(str(iterator), mode),
        success=compile_condition(document.get("successCriteria"), mode),
        ignore_error=document.get("ignoreError") is True,
        is_async=document.get("async") is True,
        is_paged=(kind := find_kind(name)) is not None and kind.is_paged,
        is_transform=kind is not None and kind.is_transform,
    )


def _calls(document: Mapping[str, Json], path: str) -> list[dict[str, Json]]:
    single, several = document.get("stepFunction"), document.get("stepFunctions")
    if single is not None and several is not None:
        msg = f"'{path}' has both stepFunction and stepFunctions"
        raise InvalidStep(msg)
    if single is not None:
        return [take_object(single, f"{path}.stepFunction")]
    calls = take_objects(several, f"{path}.stepFunctions")
    if not calls:
        raise missing_field(path=f"{path}.stepFunction")
    if document.get("iterator") is None:
        msg = f"'{path}.stepFunctions' needs an iterator"
        raise InvalidStep(msg)
    return calls


def _compile_call(call: Mapping[str, Json], context: CompileContext, path: str) -> StepFunction:
    name = call.get("functionName")
    if not isinstance(name, str):
        raise missing_field(path=f"{path}.stepFunction.functionName")
    params = take_object(call.get("parameters") or {}, f"{path}.stepFunction.parameters")
    return compile_function(name, str(call.get("version") or "1"), params, context)


def _computed(function: StepFunction, run: Run) -> StepResult:
    """Run a function that waits for nothing."""
    try:
        next(function(run).__await__())
    except StopIteration as done:
        return done.value
    raise AssertionError
