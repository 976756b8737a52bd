"""Validation of a document before it is compiled."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, cast

from jackfield.connectors import lints
from jackfield.connectors.compilation import Compilation
from jackfield.connectors.diagnostics import Severity
from jackfield.connectors.loading import integrity
from jackfield.connectors.schema.document import DOCUMENT
from jackfield.engine.compat import Mode
from jackfield.engine.expressions.text import check as check_syntax
from jackfield.engine.oauth.oauth1 import compile_oauth1_sign_in
from jackfield.engine.oauth.settings import compile_oauth
from jackfield.engine.schema.report import KeyPath, Problem, Report, owner, spell, unwind
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, items, mapping, text

_SURPRISES: Final = (
    ('\\"', "Between single quotes or without quotes, YAML keeps '\\\"' as two characters."),
    ('{"', "Keys of an object are written without quotes."),
)


def validate(document: Json) -> list[Problem]:
    """Return every problem of a document, in no particular order."""
    report = Report(mode_of(document))
    DOCUMENT.check(document, None, report)
    if isinstance(document, Mapping):
        known = cast("Mapping[str, Json]", document)
        _check_expressions(report)
        integrity.check(known, report)
        lints.check(known, report)
    return report.problems


def compile_all(compilation: Compilation, known: Iterable[Problem]) -> list[Problem]:
    """Compile every action, and return the engine's errors of those without a `known` error."""
    doubtful = {owner(problem.path) for problem in known if problem.severity is Severity.ERROR}
    mode = mode_of(compilation.document)
    problems = list(_oauth_problems(compilation.document, mode))
    for path, action in _actions(compilation.document):
        try:
            compilation.action(action)
        except HubError as error:
            if path not in doubtful:
                message = f"The action cannot be compiled: {error.detail}"
                problems.append(Problem(path, message, fatal=mode == "strict"))
    return problems


def _oauth_problems(document: Mapping[str, Json], mode: Mode) -> Iterator[Problem]:
    for index, entry in enumerate(items(document, "authentication")):
        for key in entry:
            method = mapping(entry, key)
            authorization = mapping(method, "authorization")
            try:
                if text(authorization, "type") == "oauth2":
                    compile_oauth(authorization, text(method, "grantType"), mode)
                elif "signIn" in authorization:
                    compile_oauth1_sign_in(authorization, mode)
            except HubError as error:
                message = f"The OAuth settings cannot be compiled: {error.detail}"
                path = ("authentication", index, key, "authorization")
                yield Problem(path, message, fatal=mode == "strict")


def mode_of(document: Json) -> Mode:
    if isinstance(document, Mapping):
        return (
            "strict" if cast("Mapping[str, Json]", document).get("engine") == "strict" else "compat"
        )
    return "compat"


def _actions(document: Mapping[str, Json]) -> Iterator[tuple[KeyPath, str | Mapping[str, Json]]]:
    for index, action in enumerate(items(document, "actions")):
        yield ("actions", index), text(action, "actionId")
    for index, entry in enumerate(items(document, "authentication")):
        for key in entry:
            method = mapping(entry, key)
            path = ("authentication", index, key)
            for number, test in enumerate(items(method, "testActions")):
                if inline := mapping(test, "action"):
                    yield (*path, "testActions", number, "action"), inline
            for name in ("tenants", "refreshAuthentication", "revocation"):
                if inline := mapping(mapping(method, name), "action"):
                    yield (*path, name, "action"), inline


def _check_expressions(report: Report) -> None:
    for at, expression in report.expressions:
        fault = _fault(expression, report.mode)
        if fault is None:
            continue
        message = f"The expression in '{spell(unwind(at))}' cannot be read: {fault}."
        hint = next((hint for sign, hint in _SURPRISES if sign in expression), None)
        if report.mode == "strict":
            report.error(at, f"{message} {hint}" if hint else message)
        elif hint or not expression.lstrip().startswith("{{"):
            # It is null in the published engine, and connectors rely on that.
            report.warning(at, f"{message} It evaluates to null. {hint or ''}".rstrip())
        else:
            report.error(at, message, fatal=False)


@lru_cache(maxsize=4096)
def _fault(text: str, mode: Mode) -> str | None:
    return check_syntax(text, mode=mode)
