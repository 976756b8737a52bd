"""Running one action against its provider, and evaluating single cases."""

import asyncio
from codecs import BOM_UTF8
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import msgspec
from msgspec import structs

from jackfield.accounts.credentials import Credentials, secrets_of
from jackfield.accounts.provider import ProviderTransport, safe, safe_result
from jackfield.actions.dry_run import DryRunTransport, masked_headers
from jackfield.cli.connector_check import main_files
from jackfield.cli.output import fail, print_json, say
from jackfield.connectors import yaml
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.connectors.loading.loader import load
from jackfield.egress import rewrite
from jackfield.egress.client import Egress
from jackfield.engine.connector import CompiledAction
from jackfield.engine.ports import Request, Response, Signer, StepState
from jackfield.engine.run_context import ActionResult, RunContext
from jackfield.engine.schema.report import suggestion
from jackfield.kit.errors import HubError, InvalidRequest
from jackfield.kit.json import DecodeError, Json, decode
from jackfield.kit.redaction import Redactor
from jackfield.kit.secret_names import named_secrets
from jackfield.settings import Settings
from jackfield.testing.vectors import evaluate_case
from jackfield.vault.signing import KeySigner

_UNREADABLE: Final = 2
_SHOWN: Final = 2000
_NAMED: Final = 12
_PROBES: Final = "check"


@dataclass(frozen=True, slots=True)
class Options:
    credentials: Path
    input: Path | None
    dry_run: bool
    trace: bool


@dataclass(frozen=True, slots=True)
class _CredentialsFile:
    """The content of the credentials file: the user's, the operator's, and issued tokens."""

    opened: Credentials
    secrets: Collection[str]

    @property
    def values(self) -> Mapping[str, str]:
        return self.opened.values

    @property
    def redactor(self) -> Redactor:
        return self.opened.redactor


def run_action(path: Path, action: str, options: Options) -> None:
    """Run `action` of the connector at `path` and print what it gives back."""
    connector = _connector(path)
    content = dict(_read_mapping(options.credentials))
    method = _auth_method(connector, content.pop("auth_method", None))
    credentials = _credentials(method, content)
    inputs: Mapping[str, Json] = _read_mapping(options.input) if options.input else {}
    runs = _runs(connector, method, action, credentials.values, inputs)
    asyncio.run(_run(connector, method, credentials, runs, options))


async def _run(
    connector: Connector,
    method: AuthMethod,
    credentials: _CredentialsFile,
    runs: list[tuple[CompiledAction, dict[str, Json]]],
    options: Options,
) -> None:
    settings = Settings.read()
    egress = Egress(
        rewrites=rewrite.parse(settings.provider_rewrite),
        allow_private=settings.allow_private_networks,
        proxy=settings.egress_proxy,
    )
    # Its own redactor, since it learns more: what is called a token may be the action's result.
    veil = _Veil(Redactor(credentials.secrets), credentials.secrets)
    dry_run = DryRunTransport() if options.dry_run else None
    provider = ProviderTransport(egress, connector.compiled, credentials.opened)
    context = RunContext(
        inputs={},
        credentials=credentials.values,
        transport=dry_run or provider,
        auth_method=method.key,
        environment="production",
        identifiers={},
        limiter=None,
        signer=KeySigner(),
        trace=_Printed(veil) if options.trace else None,
        explain=_Printed(veil).explained if options.trace else None,
    )
    try:
        for compiled, inputs in runs:
            running = compiled.run(structs.replace(context, inputs=inputs))
            result = await (dry_run.first_request(running) if dry_run else running)
            if isinstance(result, Request):
                say(veil.spell(result))
                return
            _print_outcome(await safe_result(result, credentials.redactor))
    except HubError as error:
        raise safe(error, credentials.redactor) from None
    finally:
        await egress.close()


def evaluate_batch(file: Path) -> None:
    """Evaluate each line of `file`; exit 2 if it is not a list of cases."""
    try:
        lines = file.read_bytes().removeprefix(BOM_UTF8).splitlines()
        cases = [decode(line, dict[str, Json]) for line in lines if line]
    except DecodeError as error:
        fail(f"{file} is not one JSON object a line: {error}", status=_UNREADABLE)
    signer = KeySigner()
    for case in cases:
        print_json(_answer(case, signer))


def _answer(case: dict[str, Json], signer: Signer) -> dict[str, Json]:
    try:
        return evaluate_case(case, signer=signer)
    except Exception as error:  # noqa: BLE001 - whatever is in a line, the next ones are answered
        return {"id": case.get("id"), "error": f"the case cannot be run: {error}"}


def _connector(path: Path) -> Connector:
    files = list(main_files(path))
    if len(files) > 1:
        fail(f"there are {len(files)} connectors below {path}; name one's folder or main file")
    return load(files[0])


def _credentials(method: AuthMethod, content: Mapping[str, Json]) -> _CredentialsFile:
    """
    Check the file's content.

    A method whose provider issues tokens accepts them too: names that are not fields, nor look like
    a misspelled field.
    """
    prepared = {field.key for field in method.setup_fields}
    fields = {field.key for field in method.config_fields} | prepared
    tokens = {
        name: str(value)
        for name, value in content.items()
        if _has_tokens(method) and name not in fields and not suggestion(name, fields)
    }
    setup = method.check_setup({n: v for n, v in content.items() if n in prepared})
    checked = method.check(
        {name: v for name, v in content.items() if name not in prepared and name not in tokens}
    )
    faults = (*checked.faults, *(setup.faults if prepared & content.keys() else ()))
    if faults:
        msg = "the credentials do not fit the auth method"
        raise InvalidRequest(msg, faults=faults)
    for warning in (*checked.warnings, *setup.warnings):
        say(f"warning: {warning.path}: {warning.message}", err=True)
    hidden = {field.key for field in method.setup_fields if field.secret}
    secrets = [
        *secrets_of(method, checked.values).values(),
        *(value for name, value in setup.values.items() if name in hidden),
        *tokens.values(),
    ]
    values = {**setup.values, **checked.values, **tokens}
    return _CredentialsFile(Credentials(values, Redactor(secrets)), secrets)


def _has_tokens(method: AuthMethod) -> bool:
    return method.type != "custom" or method.refresh is not None


def _auth_method(connector: Connector, key: Json) -> AuthMethod:
    methods = {method.key: method for method in connector.auth_methods}
    only = next(iter(methods)) if len(methods) == 1 else None
    method = methods.get(str(only if key is None else key))
    if method is None:
        known = ", ".join(methods)
        fail(f"name one of the auth methods as auth_method in the credentials file: {known}")
    return method


def _runs(
    connector: Connector,
    method: AuthMethod,
    action: str,
    credentials: Mapping[str, str],
    inputs: Mapping[str, Json],
) -> list[tuple[CompiledAction, dict[str, Json]]]:
    if action == _PROBES:
        return [(probe.compiled, {}) for probe in method.test_actions if probe.applies(credentials)]
    found = connector.find_action(action) or connector.find_action(f"{connector.key}_{action}")
    if found is None:
        names = [each.name for each in connector.actions]
        meant = suggestion(action, names)
        hint = f"; did you mean {meant!r}?" if meant else ""
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        known = ", ".join(names[:_NAMED])
        fail(
            f"the connector {connector.key!r} has no action {action!r}{hint}\n  it has: {known}{more}"
        )
    return [(found.compiled, found.compiled.accept({"body": inputs}))]


def _read_mapping(file: Path) -> Mapping[str, Json]:
    try:
        value = yaml.read_any(file.read_bytes())
    except (yaml.Malformed, UnicodeDecodeError) as error:
        fail(f"{file}: {error}")
    if not isinstance(value, Mapping):
        fail(f"{file}: expected names and values")
    return cast("Mapping[str, Json]", value)


def _print_outcome(outcome: ActionResult) -> None:
    for warning in outcome.warnings:
        say(f"warning: {warning}", err=True)
    if outcome.file:
        size = f"{len(outcome.file.content)} bytes of {outcome.file.content_type}"
        say(f"{outcome.file.name or 'file'}: {size}", err=True)
        return
    shown = {"data": outcome.data, **outcome.extra}
    print_json(shown if outcome.next is None else {**shown, "next": outcome.next})


@dataclass(frozen=True, slots=True)
class _Veil:
    """Spells out requests without the account's secrets, however short they are."""

    redactor: Redactor
    secrets: Collection[str]

    def spell(self, request: Request) -> str:
        for secret in request.secrets:
            self.redactor.learn(secret)
        headers = masked_headers(request.headers, self.redactor, secrets=self.secrets)
        lines = [f"{request.method} {self.redactor.url(request.url)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if request.body:
            lines += ["", self.redactor.body(request.body, _SHOWN)]
        return "\n".join(lines)


class _Printed:
    """Prints what happens on standard error."""

    def __init__(self, veil: _Veil) -> None:
        self._veil = veil

    def step_started(self, step_id: str, function: str) -> None:
        self._print(f"step {step_id}: {function}", bold=True)

    def explained(self, place: str, text: str, value: Json) -> None:
        shown = msgspec.json.encode(self._veil.redactor.value(value), enc_hook=repr).decode()
        self._print(f"  {place}: {text} → {shown[:_SHOWN]}")

    def requested(self, step_id: str, request: Request) -> None:
        self._print(self._veil.spell(request))

    def not_sent(self, step_id: str) -> None:
        self._print("< not sent")

    def answered(self, step_id: str, response: Response, *, seconds: float) -> None:
        self._print(f"< {response.status} after {seconds * 1000:.0f} ms")
        body = response.body.decode("utf-8", "replace")
        for secret in named_secrets(body):
            self._veil.redactor.learn(secret)
        self._print(self._veil.redactor.body(response.body, _SHOWN))

    def step_ended(self, step_id: str, state: StepState, output: Mapping[str, Json]) -> None:
        shown = {name: value for name, value in output.items() if name != "raw"}
        redacted = self._veil.redactor.value(shown)
        text = msgspec.json.encode(redacted, enc_hook=repr).decode()
        self._print(f"step {step_id}: {state} {text[:_SHOWN]}")

    def _print(self, text: str, *, bold: bool = False) -> None:
        say(text, err=True, bold=bold)
