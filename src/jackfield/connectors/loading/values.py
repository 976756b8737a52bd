"""Check of the values that an input declares: its default, and the closed set of its values."""

from collections.abc import Mapping

from jackfield.engine.errors import InvalidStep
from jackfield.engine.inputs.schema import object_schema
from jackfield.engine.inputs.validation import Validator
from jackfield.engine.schema.report import At, Report, spell, unwind
from jackfield.kit.json import Json, as_list, encode, mapping


def check(entry: Mapping[str, Json], at: At, report: Report) -> None:
    """Report values that no caller could send, of an input whose structure may be invalid."""
    path = unwind(at)
    if any(problem.path[: len(path)] == path for problem in report.problems):
        return
    plain = {key: entry[key] for key in ("type", "nullable") if key in entry}
    known: set[bytes] = set()
    for index, value in enumerate(as_list(mapping(entry, "oneOf").get("values"))):
        place = (((at, "oneOf"), "values"), index)
        _require_fit(plain, value, place, report)
        if (spelled := encode(value)) in known:
            report.flaw(place, f"'{spell(unwind(place))}' is there twice.")
        known.add(spelled)
    if "default" in entry:
        _require_fit(entry, entry["default"], (at, "default"), report)


def _require_fit(entry: Mapping[str, Json], value: Json, at: At, report: Report) -> None:
    try:
        schema = object_schema([{**entry, "name": "value"}])
        faults = Validator(schema, {}).faults({"value": value}, {"value": "it"})
    except InvalidStep:
        # What is wrong with the input is told where the action is compiled.
        return
    if faults:
        inner = faults[0].path.removeprefix("it.value")
        hint = " Put it in quotes." if faults[0].message == "must be a string" else ""
        report.flaw(at, f"'{spell(unwind(at))}{inner}' {faults[0].message}.{hint}")
