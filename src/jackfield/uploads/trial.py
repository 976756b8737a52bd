"""A trial of an uploaded connector: its own cases, against the providers that they script."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jackfield.connectors.connector import Connector
from jackfield.kit.errors import Fault
from jackfield.testing.case_files import Case, InvalidCase, parse_cases
from jackfield.testing.cases import run_case
from jackfield.uploads.aside import run_aside
from jackfield.uploads.bundle import CASES, Bundle
from jackfield.uploads.models import InvalidUpload

MOST_CASES: Final = 300
_SECONDS: Final = 20.0
_MOST_DIFFERENCES: Final = 20


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case ended; it passed if there are no differences."""

    file: str
    case: str
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.differences


async def try_cases(connector: Connector, bundle: Bundle) -> tuple[CaseResult, ...]:
    """
    Run the cases among the files, without a network; those that have no time left do not pass.

    Raises:
        InvalidUpload: there are too many.
    """
    # In a thread with a loop of its own: an action of a stranger's may compute for long.
    return await run_aside(lambda: asyncio.run(_run(connector, bundle)))


async def _run(connector: Connector, bundle: Bundle) -> tuple[CaseResult, ...]:
    results: list[CaseResult] = []
    cases: list[tuple[str, Case]] = []
    for name, content in bundle.files.items():
        if not name.startswith(CASES):
            continue
        try:
            cases += [(name, case) for case in parse_cases(Path(name), content)]
        except InvalidCase as error:
            results.append(CaseResult(name, "the file", (error.detail,)))
    if len(cases) > MOST_CASES:
        raise InvalidUpload(faults=[Fault("cases", f"are more than {MOST_CASES}")])
    ends = asyncio.get_running_loop().time() + _SECONDS
    for name, case in cases:
        results.append(CaseResult(name, case.case, await _differences(connector, case, ends)))
    return tuple(results)


async def _differences(connector: Connector, case: Case, ends: float) -> tuple[str, ...]:
    try:
        async with asyncio.timeout_at(ends):
            found = await run_case(connector, case)
    except TimeoutError:
        return (f"took too long: all cases have {_SECONDS:g} seconds",)
    except Exception as error:  # noqa: BLE001 - whatever a case makes of the engine, it fails
        return (f"cannot be run: {type(error).__name__}",)
    return tuple(found[:_MOST_DIFFERENCES])
