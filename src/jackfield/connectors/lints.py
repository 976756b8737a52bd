"""Lints of valid documents: constructs that are legal and probably not intended."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.connectors.tenants import TENANT_NAME
from jackfield.engine.allowed_hosts import find_addresses, foreign_parts
from jackfield.engine.oauth.tokens import refresh_name, second_name
from jackfield.engine.schema.expressions import is_evaluated
from jackfield.engine.schema.report import At, KeyPath, Report, owner, suggestion, unwind
from jackfield.engine.steps.paginated_request import PAGINATED_REQUEST
from jackfield.engine.steps.registry import find_kind
from jackfield.engine.steps.request import REQUEST
from jackfield.kit.json import Json, items, mapping, text, words

# `steps.name`, or with the name in quotes and brackets; likewise `inputs` and `credentials`.
_REFERENCE: Final = re.compile(
    r"""(?<![\w.])(?:\$\.)?(steps|inputs|credentials)
        (?:\.([A-Za-z_][\w-]*)|\[(?:'([^']+)'|"([^"]+)")\])""",
    re.VERBOSE,
)
# All steps together (`$.steps`, `$..data`), or one that only a run can name.
_ANY_STEP: Final = re.compile(
    r"""(?<![\w.])(?:\$\.)?steps\b(?!\s*(?:\.\s*\w|\[\s*['"]))|^\s*\$\.\."""
)
_ROOT: Final = re.compile(r"\s*\$\.([A-Za-z_]\w*)")
# The names in a step's scope; and the parts of a step that are evaluated in another scope.
_ROOTS: Final = (
    "inputs", "credentials", "steps", "context", "connector", "action", "iterator", "settings",
    "intermediateSteps", "result", "pageIterator", "scopes",
)  # fmt: skip
_OTHER_SCOPES: Final = frozenset(
    {"fields", "fieldConfigs", "response", "customErrors", "iterator", "dataSync", "permissions"}
)
_PLAIN_INPUT: Final = re.compile(r"\$\.inputs\.(\w+)|\{\{\s*(?:\$\.)?inputs\.(\w+)\s*\}\}")
# Inputs every caller may send, declared or not.
CONVENTIONAL: Final = frozenset(
    {"next", "cursor", "page_size", "debug", "raw", "fields", "filter", "proxy"}
)
_SECRET_NAMES: Final = re.compile(
    r"^(?:proxy-)?authorization$|api[-_]?key|token|secret|password", re.IGNORECASE
)
_MEANINGS: Final = {
    "steps": "a step of this action",
    "inputs": "an input of this action",
    "credentials": "a field of any auth method",
}


@dataclass(frozen=True, slots=True)
class _Action:
    at: At
    entries: Mapping[str, Json]
    expressions: tuple[tuple[At, str], ...]
    is_inline: bool


def check(document: Mapping[str, Json], report: Report) -> None:
    """Report warnings; `report` already has the document's expressions."""
    known = _credentials(document)
    for method_at, method in _methods(document):
        _raw_secrets(mapping(method, "authorization"), (method_at, "authorization"), report)
    _any_labels(document, report)
    for at, each in report.expressions:
        if owner(unwind(at)) == ("authentication",):
            _unknown_credentials(each, at, known, report)
    for action in _actions(document, report):
        _unused_steps(action, report)
        _unknown_names(action, known, report)
        _objects(action.entries, "fieldConfigs", action.at, report)
        for at, step in _numbered(action.entries, "steps", action.at):
            for place, call in _calls(step, at):
                parameters = mapping(call, "parameters")
                _check_parameters(action, parameters, (place, "parameters"), report)


def _any_labels(document: Mapping[str, Json], report: Report) -> None:
    """Warn of declared hosts that are not told by the document and the account alone."""
    why = "stands for any name: credentials go to whichever host a caller picks. Name the hosts."
    listed = words(document.get("hosts"))
    for index, host in enumerate(listed):
        if "*" in host:
            report.warning(((None, "hosts"), index), f"'*' in '{host}' {why}")
    for address in () if listed else dict.fromkeys(find_addresses(document)):
        for part in foreign_parts(address):
            at = (None, "baseUrl") if document.get("baseUrl") == address else (None, "actions")
            report.warning(at, f"'{part}' in '{address}' is no credential, and so {why}")


def _check_parameters(
    action: _Action, parameters: Mapping[str, Json], at: At, report: Report
) -> None:
    _raw_secrets(mapping(parameters, "authorization"), (at, "authorization"), report)
    _objects(parameters, "fields", at, report)
    optional = {
        text(each, "name") for each in items(action.entries, "inputs") if not each.get("required")
    }
    for place, arg in _numbered(parameters, "args", at):
        value = text(arg, "value")
        name = text(arg, "name")
        if value and not is_evaluated(value) and _is_secret_header(arg):
            report.warning((place, "value"), f"The document contains the secret '{name}'.")
        match = _PLAIN_INPUT.fullmatch(value)
        input_name = match and (match[1] or match[2])
        if report.mode == "compat" and input_name in optional and not arg.get("condition"):
            report.warning(
                (place, "value"),
                f"'{input_name}' is optional, so this sends 'undefined' when it is not given. "
                f"Add condition: '{{{{present(inputs.{input_name})}}}}'.",
            )


def _is_secret_header(arg: Mapping[str, Json]) -> bool:
    return arg.get("in") == "headers" and bool(_SECRET_NAMES.search(text(arg, "name")))


def _unused_steps(action: _Action, report: Report) -> None:
    if action.is_inline or action.entries.get("result") is None:
        return
    if any(_ANY_STEP.search(each) for _, each in action.expressions):
        return
    used = {
        spelling
        for _, each in action.expressions
        for root, name in _references(each)
        if root == "steps"
        for spelling in _spellings(name)
    }
    for _, step in _numbered(action.entries, "steps", action.at):
        grouped = mapping(mapping(step, "stepFunction"), "parameters").get("stepsDataToGroup")
        used.update(words(grouped))
    for at, step in _numbered(action.entries, "steps", action.at):
        name = text(step, "stepId")
        if name not in used and _is_pure(mapping(step, "stepFunction")):
            message = f"Nothing uses the step '{name}': no later step, and not the result."
            report.warning((at, "stepId"), message)


def _is_pure(call: Mapping[str, Json]) -> bool:
    kind = find_kind(text(call, "functionName"))
    if kind is None or kind.outdated_in(str(call.get("version") or "1")) is not None:
        return False
    return kind.is_transform or (
        kind in (REQUEST, PAGINATED_REQUEST) and mapping(call, "parameters").get("method") == "get"
    )


def _unknown_names(action: _Action, credentials: set[str], report: Report) -> None:
    known = {
        "inputs": {text(each, "name") for each in items(action.entries, "inputs")} | CONVENTIONAL,
        "steps": {text(each, "stepId") for each in items(action.entries, "steps")},
        "credentials": credentials,
    }
    for at, each in action.expressions:
        _unknown_root(each, at, report)
        for root, name in _references(each):
            if known[root].isdisjoint(_spellings(name)):
                _doubt(root, name, known[root], at, report)


def _unknown_root(expression: str, at: At, report: Report) -> None:
    match = _ROOT.match(expression)
    if match is None or match[1] in _ROOTS or not _OTHER_SCOPES.isdisjoint(unwind(at)):
        return
    meant = suggestion(match[1], _ROOTS)
    if meant:
        message = f"A step has no '$.{match[1]}'. Did you mean '$.{meant}'?"
        report.warning(at, message)


def _unknown_credentials(expression: str, at: At, known: set[str], report: Report) -> None:
    for root, name in _references(expression):
        if root == "credentials" and known.isdisjoint(_spellings(name)):
            _doubt(root, name, known, at, report)


def _doubt(root: str, name: str, known: set[str], at: At, report: Report) -> None:
    meant = suggestion(name, sorted(known))
    if root == "credentials" and meant is None:
        # A provider may issue credentials that no field has.
        return
    message = f"'{root}.{name}' is not {_MEANINGS[root]}."
    report.warning(at, f"{message} Did you mean '{meant}'?" if meant else message)


def _references(expression: str) -> Iterator[tuple[str, str]]:
    for root, plain, single, double in _REFERENCE.findall(expression):
        yield root, plain or single or double


def _spellings(name: str) -> set[str]:
    """A dash may be part of a name or a minus after it."""
    return {name, name.partition("-")[0]}


def _objects(owner: Mapping[str, Json], key: str, at: At, report: Report) -> None:
    for place, field in _numbered(owner, key, at):
        if field.get("type") == "object" and not field.get("properties"):
            name = text(field, "targetFieldKey")
            message = f"The object '{name}' has no 'properties', so it is left out of the result."
            report.warning(place, message)
        _objects(field, "properties", place, report)


def _raw_secrets(authorization: Mapping[str, Json], at: At, report: Report) -> None:
    for name in ("token", "password", "value"):
        value = text(authorization, name)
        if value and not is_evaluated(value):
            message = "The document contains a secret; take it from '$.credentials'."
            report.warning((at, name), message)


def _actions(document: Mapping[str, Json], report: Report) -> Iterator[_Action]:
    expressions: dict[KeyPath, list[tuple[At, str]]] = {}
    for at, each in report.expressions:
        expressions.setdefault(owner(unwind(at)), []).append((at, each))
    places = [(at, each, False) for at, each in _numbered(document, "actions", None)]
    for method_at, method in _methods(document):
        places.extend(
            ((at, "action"), mapping(test, "action"), True)
            for at, test in _numbered(method, "testActions", method_at)
        )
        for name in ("tenants", "refreshAuthentication", "revocation"):
            inline = mapping(mapping(method, name), "action")
            places.append((((method_at, name), "action"), inline, True))
    for at, entries, is_inline in places:
        yield _Action(at, entries, tuple(expressions.get(unwind(at), ())), is_inline)


def _credentials(document: Mapping[str, Json]) -> set[str]:
    known = {"accessToken", "refreshToken", "expiresIn", "refreshExpiresIn", "idToken", "scopes"}
    for _, method in _methods(document):
        for name in ("configFields", "setupFields"):
            known.update(text(field, "key") for field in items(method, name))
        authorization = mapping(method, "authorization")
        known.update(mapping(authorization, "additionalTokenFields"))
        if second := text(mapping(authorization, "secondToken"), "name"):
            token = second_name(second)
            known.update({token, refresh_name(token)})
        if "signIn" in authorization:
            known.add("accessTokenSecret")
        if tenants := mapping(method, "tenants"):
            known.update({text(tenants, "credential"), TENANT_NAME})
        known.update(str(name) for name in mapping(authorization, "callbackParams").values())
    return known


def _methods(document: Mapping[str, Json]) -> Iterator[tuple[At, Mapping[str, Json]]]:
    for index, entry in enumerate(items(document, "authentication")):
        for key in entry:
            yield (((None, "authentication"), index), key), mapping(entry, key)


def _calls(step: Mapping[str, Json], at: At) -> Iterator[tuple[At, Mapping[str, Json]]]:
    if "stepFunction" in step:
        yield (at, "stepFunction"), mapping(step, "stepFunction")
    yield from _numbered(step, "stepFunctions", at)


def _numbered(
    owner: Mapping[str, Json], key: str, at: At
) -> Iterator[tuple[At, Mapping[str, Json]]]:
    for index, item in enumerate(items(owner, key)):
        yield ((at, key), index), item
