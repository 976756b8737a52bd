"""Reference checks inside a document: ids that must exist and be unique."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

from jackfield.connectors import patterns
from jackfield.connectors.loading import values
from jackfield.connectors.operator_secrets import (
    find_action,
    may_send,
    secret_setup,
    typed_hosts,
)
from jackfield.engine.inputs.validation import is_pattern
from jackfield.engine.oauth.tokens import second_name
from jackfield.engine.schema.report import At, Report, spell, suggestion, unwind
from jackfield.kit.json import Json, items, mapping, text, texts, words

MAX_TOOL_NAME: Final = 60
_RESERVED_CREDENTIALS: Final = frozenset(
    {
        "accessToken", "refreshToken", "idToken", "clientId", "clientSecret",
        "authentication_config_key", "environment",
    }
)  # fmt: skip

_TOKENS: Final = frozenset({"accessToken", "refreshToken", "idToken"})


def check(document: Mapping[str, Json], report: Report) -> None:
    """Check references between parts. The document's structure may be invalid anywhere."""
    actions = list(items(document, "actions"))
    action_ids = [text(action, "actionId") for action in actions]
    scopes = mapping(document, "scopeDefinitions")
    _once(action_ids, (None, "actions"), "actionId", report)
    for name, scope in scopes.items():
        at = ((None, "scopeDefinitions"), name)
        if isinstance(scope, Mapping):
            _scopes(cast("Mapping[str, Json]", scope), "includes", at, scopes, report)
    for index, method in enumerate(items(document, "authentication")):
        for key, entries in method.items():
            if isinstance(entries, Mapping):
                at = (((None, "authentication"), index), key)
                entries = cast("Mapping[str, Json]", entries)
                _check_method(entries, at, action_ids, scopes, report)
                _check_destinations(document, entries, at, report)
    _once(
        [key for method in items(document, "authentication") for key in method],
        (None, "authentication"),
        None,
        report,
    )
    _check_events(mapping(document, "events"), report)
    key = text(mapping(document, "info"), "key")
    for index, action in enumerate(actions):
        at = ((None, "actions"), index)
        name = f"{key}_{text(action, 'actionId')}"
        if len(name) > MAX_TOOL_NAME:
            message = f"The tool name '{name}' has {len(name)} characters; many clients take 60."
            report.warning((at, "actionId"), message)
        _scopes(action, "requiredScopes", at, scopes, report)
        _check_action(action, at, report)
        for number, other in enumerate(texts(action, "prerequisiteActions")):
            if other not in action_ids:
                place = ((at, "prerequisiteActions"), number)
                report.warning(place, _not_among(other, action_ids, place, "an action"))


def _check_events(events: Mapping[str, Json], report: Report) -> None:
    at: At = (None, "events")
    actions = [text(action, "actionId") for action in items(events, "actions")]
    _once(actions, (at, "actions"), "actionId", report)
    for index, action in enumerate(items(events, "actions")):
        _check_action(action, ((at, "actions"), index), report)


def _check_method(
    method: Mapping[str, Json],
    at: At,
    action_ids: Sequence[str],
    scopes: Mapping[str, Json],
    report: Report,
) -> None:
    environments = [text(environment, "key") for environment in items(method, "environments")]
    if environments and "production" not in environments:
        report.error((at, "environments"), "One of the environments must be 'production'.")
    _scopes(method, "requiredScopes", at, scopes, report)
    for kind in ("config", "setup"):
        _check_form(method, kind, at, report)
    fields = [text(field, "key") for field in items(method, "configFields")]
    for index, test in enumerate(items(method, "testActions")):
        place = (((at, "testActions"), index), "action")
        action = test.get("action")
        if isinstance(action, str):
            _exists(action, action_ids, place, "an action", report)
        elif isinstance(action, Mapping):
            _check_action(cast("Mapping[str, Json]", action), place, report)
    for index, action in enumerate(texts(method, "testActionsIds")):
        _exists(action, action_ids, ((at, "testActionsIds"), index), "an action", report)
    _check_tenants(mapping(method, "tenants"), (at, "tenants"), action_ids, report)
    _check_permissions(method, (at, "permissions"), action_ids, report)
    refresh = mapping(mapping(method, "refreshAuthentication"), "action")
    _check_action(refresh, ((at, "refreshAuthentication"), "action"), report)
    _check_revocation(method, (at, "revocation"), action_ids, report)
    _check_guides(method, at, fields, scopes, report)
    _check_known_errors(method, (at, "credentialErrors"), fields, report)
    if refresh and "secondToken" in mapping(method, "authorization"):
        message = "The steps of 'refreshAuthentication' renew all tokens: leave out 'secondToken'."
        report.error(((at, "authorization"), "secondToken"), message, on_key=True)
    _check_told(mapping(method, "authorization"), (at, "authorization"), report)
    _check_oauth1(method, (at, "authorization"), report)


def _check_tenants(
    tenants: Mapping[str, Json], at: At, action_ids: Sequence[str], report: Report
) -> None:
    action = tenants.get("action")
    if isinstance(action, str):
        _exists(action, action_ids, (at, "action"), "an action", report)
    else:
        _check_action(mapping(tenants, "action"), (at, "action"), report)
    credential = text(tenants, "credential")
    if credential in _RESERVED_CREDENTIALS:
        report.error((at, "credential"), f"A tenant must not set '{credential}'.")


def _check_destinations(
    document: Mapping[str, Json], method: Mapping[str, Json], at: At, report: Report
) -> None:
    """Check that an operator's secrets go to no host that people type."""
    secrets, authorization = secret_setup(method), mapping(method, "authorization")
    for name in ("refreshAuthentication", "revocation"):
        action = find_action(document, mapping(method, name).get("action"))
        if not may_send(action, authorization, secrets):
            continue
        for address in typed_hosts(document, method, action):
            message = (
                f"A secret of 'setupFields' may be sent to '{address}', which people type. Send it "
                "to a host that the document names, at least in part, or list the 'hosts'."
            )
            report.error(((at, name), "action"), message, on_key=True)


def _check_told(authorization: Mapping[str, Json], at: At, report: Report) -> None:
    """Check the credentials that the provider names itself."""
    for name, target in mapping(authorization, "callbackParams").items():
        if target in _RESERVED_CREDENTIALS:
            place = ((at, "callbackParams"), name)
            report.error(place, f"A callback parameter must not set '{target}'.")
    webhook = mapping(mapping(authorization, "callback"), "codeByWebhook")
    if webhook:
        told = [str(each) for each in mapping(authorization, "callbackParams").values()]
        place = (((at, "callback"), "codeByWebhook"), "credential")
        _exists(webhook.get("credential"), told, place, "a credential of 'callbackParams'", report)
    for name in mapping(authorization, "additionalTokenFields"):
        if name in _RESERVED_CREDENTIALS - _TOKENS:
            place = ((at, "additionalTokenFields"), name)
            report.error(place, f"A token response must not set '{name}'.", on_key=True)
    second = text(mapping(authorization, "secondToken"), "name")
    if second and second_name(second) in _RESERVED_CREDENTIALS:
        place = ((at, "secondToken"), "name")
        report.error(place, f"A second token must not set '{second_name(second)}'.")


def _check_oauth1(method: Mapping[str, Json], at: At, report: Report) -> None:
    authorization = mapping(method, "authorization")
    signing, is_oauth1 = mapping(authorization, "signing"), text(method, "type") == "oauth1"
    is_complete = (
        "signIn" in authorization
        and signing.get("strategy") == "oauth1"
        and signing.get("token") == "$.credentials.accessToken"
        and signing.get("tokenSecret") == "$.credentials.accessTokenSecret"
    )
    if is_oauth1 and not is_complete:
        message = (
            "A method of type 'oauth1' needs 'signIn', and 'signing' by the strategy 'oauth1' with "
            "the token '$.credentials.accessToken' and the tokenSecret "
            "'$.credentials.accessTokenSecret'."
        )
        report.error(at, message, on_key=True)
    elif not is_oauth1 and "signIn" in authorization:
        report.error((at, "signIn"), "'signIn' is for methods of type 'oauth1'.", on_key=True)


def _check_form(method: Mapping[str, Json], kind: str, at: At, report: Report) -> None:
    fields = list(items(method, f"{kind}Fields"))
    _check_fields(fields, (at, f"{kind}Fields"), report)
    keys = [text(field, "key") for field in fields]
    for index, notice in enumerate(items(method, f"{kind}Notices")):
        _anchor(notice, ((at, f"{kind}Notices"), index), keys, report)


def _check_permissions(
    method: Mapping[str, Json], at: At, action_ids: Sequence[str], report: Report
) -> None:
    probes = list(items(method, "permissions"))
    _once([text(probe, "key") for probe in probes], at, "key", report)
    for index, probe in enumerate(probes):
        place = (at, index)
        for number, action in enumerate(texts(probe, "actions")):
            _exists(action, action_ids, ((place, "actions"), number), "an action", report)
        if not probe.get("actions") and not probe.get("tags"):
            report.missing(place, "tags")
        writes = mapping(probe, "request").get("method", "get") != "get"
        if writes and not probe.get("refusedWith"):
            message = (
                "A request that could change something must be refused by the provider: list the "
                "statuses in 'refusedWith'."
            )
            report.error((place, "request"), message, on_key=True)


def _check_guides(
    method: Mapping[str, Json],
    at: At,
    fields: Sequence[str],
    scopes: Mapping[str, Json],
    report: Report,
) -> None:
    guides = mapping(mapping(method, "support"), "guides")
    for name in ("config", "setup"):
        base: At = ((((at, "support"), "guides"), name), "sections")
        for number, section in enumerate(items(mapping(guides, name), "sections")):
            place = (base, number)
            _scopes(section, "applicableScopes", place, scopes, report)
            for index, step in enumerate(items(section, "steps")):
                inner = ((place, "steps"), index)
                _scopes(step, "applicableScopes", inner, scopes, report)
                if name == "config" and "field" in step:
                    _exists(step["field"], fields, (inner, "field"), "a config field", report)


def _check_revocation(
    method: Mapping[str, Json], at: At, action_ids: Sequence[str], report: Report
) -> None:
    revocation = mapping(method, "revocation")
    action = revocation.get("action")
    if isinstance(action, str):
        _exists(action, action_ids, (at, "action"), "an action", report)
    elif isinstance(action, Mapping):
        _check_action(cast("Mapping[str, Json]", action), (at, "action"), report)
    if "proof" in revocation:
        _exists(revocation["proof"], action_ids, (at, "proof"), "an action", report)
    if revocation and len({"url", "action"} & revocation.keys()) != 1:
        report.error(at, "Give either 'url' or 'action'.", on_key=True)
    elif "url" in revocation and mapping(method, "authorization").get("type") != "oauth2":
        message = "Tokens are revoked at a 'url' where 'authorization' is oauth2; give an 'action'."
        report.error((at, "url"), message, on_key=True)


def _check_known_errors(
    method: Mapping[str, Json], at: At, fields: Sequence[str], report: Report
) -> None:
    guide = mapping(mapping(mapping(method, "support"), "guides"), "config")
    titles = [
        text(step, "title")
        for section in items(guide, "sections")
        for step in items(section, "steps")
    ]
    for index, error in enumerate(items(method, "credentialErrors")):
        if "field" in error:
            _exists(error["field"], fields, ((at, index), "field"), "a config field", report)
        if "step" in error:
            what = "the title of a step of the config guide"
            _exists(error["step"], titles, ((at, index), "step"), what, report)


def _check_fields(fields: Sequence[Mapping[str, Json]], at: At, report: Report) -> None:
    _once([text(field, "key") for field in fields], at, "key", report)
    for index, field in enumerate(fields):
        place = (at, index)
        is_select = field.get("type") == "select"
        if is_select and not field.get("options"):
            report.missing(place, "options")
        if is_select and field.get("validation"):
            message = "A select checks its own options; it takes no validation."
            report.flaw((place, "validation"), message, on_key=True)
        validation = mapping(field, "validation")
        if validation and not {"pattern", "format"} & validation.keys():
            report.missing((place, "validation"), "pattern")
        for name in ("validation", "advice"):
            _pattern(mapping(field, name).get("pattern"), ((place, name), "pattern"), report)


def _check_action(action: Mapping[str, Json], at: At, report: Report) -> None:
    inputs = list(items(action, "inputs"))
    names = [text(each, "name") for each in inputs]
    _once(names, (at, "inputs"), "name", report, fatal=report.mode == "strict")
    for index, each in enumerate(inputs):
        _check_input(each, ((at, "inputs"), index), report)
    for index, rule in enumerate(items(action, "validationRules")):
        place = ((at, "validationRules"), index)
        for number, name in enumerate(texts(rule, "fields")):
            _exists(name, names, ((place, "fields"), number), "an input", report)
        if "field" in rule:
            _exists(rule["field"], names, (place, "field"), "an input", report)
    steps = list(items(action, "steps"))
    _once([text(step, "stepId") for step in steps], (at, "steps"), "stepId", report)
    for index, step in enumerate(steps):
        _check_step(step, ((at, "steps"), index), report)


def _check_input(each: Mapping[str, Json], at: At, report: Report) -> None:
    pattern = mapping(each, "rules").get("pattern")
    place = ((at, "rules"), "pattern")
    _pattern(pattern, place, report)
    if isinstance(pattern, str) and patterns.fault(pattern) is None and not is_pattern(pattern):
        report.flaw(place, f"The pattern in '{spell(unwind(place))}' is not one of JSON Schema.")
    if each.get("type") == "enum" and not each.get("oneOf"):
        report.flaw((at, "oneOf"), f"'{spell(unwind((at, 'oneOf')))}' says which values there are.")
    one_of = mapping(each, "oneOf")
    if "oneOf" in each and len({"values", "ref"} & one_of.keys()) != 1:
        report.flaw((at, "oneOf"), "Give either 'values' or 'ref'.")
    for key in ("properties", "variants"):
        for index, inner in enumerate(items(each, key)):
            _check_input(inner, ((at, key), index), report)
    values.check(each, at, report)


def _check_step(step: Mapping[str, Json], at: At, report: Report) -> None:
    one, many = "stepFunction" in step, "stepFunctions" in step
    if not one and not many:
        report.missing(at, "stepFunction")
    elif one and many:
        report.error((at, "stepFunctions"), "Give either 'stepFunction' or 'stepFunctions'.")
    elif many and "iterator" not in step:
        report.error((at, "stepFunctions"), "'stepFunctions' needs an 'iterator'.", on_key=True)


def _anchor(notice: Mapping[str, Json], at: At, fields: Sequence[str], report: Report) -> None:
    if "anchor" not in notice:
        return
    _exists(notice["anchor"], fields, (at, "anchor"), "a field", report, fatal=False)
    if notice.get("position", "top") != "top":
        report.flaw((at, "anchor"), "An anchor needs the position 'top'.", on_key=True)


def _scopes(
    owner: Mapping[str, Json], name: str, at: At, known: Mapping[str, Json], report: Report
) -> None:
    for scope in words(owner.get(name)):
        if scope not in known:
            message = _not_among(scope, known, (at, name), "one of 'scopeDefinitions'")
            report.flaw((at, name), message)


def _exists(
    name: Json, known: Iterable[str], at: At, what: str, report: Report, *, fatal: bool = True
) -> None:
    """Report an unknown name; one that is not `fatal` is refused in strict mode only."""
    known = list(known)
    if isinstance(name, str) and name and name not in known:
        (report.error if fatal else report.flaw)(at, _not_among(name, known, at, what))


def _not_among(name: str, known: Iterable[str], at: At, what: str) -> str:
    meant = suggestion(name, known)
    message = f"'{name}' in '{spell(unwind(at))}' is not {what}."
    return f"{message} Did you mean '{meant}'?" if meant else message


def _pattern(pattern: Json, at: At, report: Report) -> None:
    if isinstance(pattern, str) and (reason := patterns.fault(pattern)):
        message = f"The pattern in '{spell(unwind(at))}' {reason}."
        report.flaw(at, message)


def _once(
    names: Sequence[str], at: At, key: str | None, report: Report, *, fatal: bool = True
) -> None:
    """Report every repeated name."""
    counts = Counter(names)
    seen: set[str] = set()
    for index, name in enumerate(names):
        if counts[name] > 1 and name in seen and name:
            place = ((at, index), key) if key else (at, index)
            message = f"'{name}' occurs twice in '{spell(unwind(at))}'."
            report.error(place, message, fatal=fatal)
        seen.add(name)
