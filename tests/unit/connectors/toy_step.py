"""A kind of step of the tests' own: `countdown` asks the provider and gives back a number a page.

Run as a program, it is `jackfield` with this kind in its list.
"""

from collections.abc import Mapping

from jackfield.cli import main
from jackfield.engine.exchange.failure import fail
from jackfield.engine.exchange.perform import Exchange, perform
from jackfield.engine.exchange.remap import compile_custom_errors
from jackfield.engine.run import Position, Run, StepResult
from jackfield.engine.schema.kinds import Number
from jackfield.engine.schema.requests import ARGS, CUSTOM_ERRORS, METHOD, URL
from jackfield.engine.schema.structures import Entry, Record
from jackfield.engine.steps import registry
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.steps.request_template import compile_request_template


def compile_countdown(params: Mapping[str, object], context: CompileContext) -> StepFunction:
    template = compile_request_template(params, context)
    exchange = Exchange(compile_custom_errors(params.get("customErrors"), context.mode))

    async def run_countdown(run: Run) -> StepResult:
        draft = template.draft(run)
        reply = await perform(run, template.finish(run, draft, None), exchange)
        if reply.failed:
            return fail(reply, run)
        at = run.resume.get(run.step_index, Position(str(params["from"]))).token
        if int(at) > 0:
            run.positions[run.step_index] = Position(str(int(at) - 1))
        return StepResult(True, {"data": [int(at)]})

    return run_countdown


COUNTDOWN = StepKind(
    "countdown",
    Record(
        "CountdownParameters",
        {
            "url": URL,
            "method": Entry(METHOD, "The HTTP method."),
            "args": ARGS,
            "customErrors": CUSTOM_ERRORS,
            "from": Entry(Number(minimum=0), "Where to begin.", required=True),
        },
        doc="Counts down.",
    ),
    {"1": compile_countdown},
    is_request=True,
    is_paged=True,
)


if __name__ == "__main__":
    registry.STEP_KINDS = (*registry.STEP_KINDS, COUNTDOWN)
    main()
