"""The step function `sign_jwt`: a signed token for later steps."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from uuid import uuid4

from jackfield.engine.compat import Mode
from jackfield.engine.credential_faults import faults_of
from jackfield.engine.current_time import now, using_clock
from jackfield.engine.document_reader import require_known, take_choice, take_object
from jackfield.engine.errors import InvalidStep, missing_field
from jackfield.engine.exchange.failure import fail_with
from jackfield.engine.expressions import js
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.ports import Signer
from jackfield.engine.run import Run, StepResult
from jackfield.engine.schema.expressions import Template
from jackfield.engine.schema.kinds import Choice
from jackfield.engine.schema.requests import TEXT
from jackfield.engine.schema.structures import Entry, MapOf, Record
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, as_object

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    "EdDSA", "Ed25519", "HS256", "HS384", "HS512",
)  # fmt: skip
_PARAMETERS: Final = Record(
    "SignJwtParameters",
    {
        "algorithm": Entry(
            Choice(ALGORITHMS), "How to sign; in compat mode only `RS256`.", required=True
        ),
        "privateKey": Entry(
            TEXT,
            "The private key: PEM, base64 of it, or a JSON Web Key. With `HS256`, `HS384` and "
            "`HS512` the shared secret.",
            required=True,
        ),
        "claims": Entry(
            MapOf(Template()),
            "The claims; `iat` and `exp` among them. `{publicKeyFingerprint}` in a text stands for "
            "the key's fingerprint, and in strict mode `{uniqueId}` for an id of this token. Times "
            "are numbers, `now`, or `now+5m` and in strict mode `now-60s`.",
            required=True,
        ),
        "keyId": Entry(TEXT, "The `kid` of the token's header.", ours=True),
        "certificate": Entry(
            TEXT,
            "The certificate that belongs to the key, as PEM: the header's `x5t#S256` is its "
            "thumbprint.",
            ours=True,
        ),
        "headers": Entry(MapOf(Template()), "Further fields of the token's header.", ours=True),
    },
    doc="Makes a signed token.",
)
_FINGERPRINT: Final = "{publicKeyFingerprint}"
_UNIQUE_ID: Final = "{uniqueId}"
_SHARED: Final = "HS"
_RELATIVE: Final = re.compile(r"now(?:([+-])(\d{1,7})([smh]))?")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
TIMES: Final = ("iat", "exp", "nbf")


class TokenNotSigned(HubError):
    """The connector's token could not be signed."""

    code = "token_not_signed"


def compile_sign_jwt(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile a `sign_jwt` step. Its output has no `data`: the token is a key of the output.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    if context.mode == "strict":
        require_known(params, _PARAMETERS.entries)
    allowed = ALGORITHMS if context.mode == "strict" else ALGORITHMS[:1]
    algorithm = take_choice({"algorithm": "RS256", **params}, "algorithm", allowed, "algorithm")
    if "privateKey" not in params:
        raise missing_field(path="privateKey")
    key = compile_value(params["privateKey"], context.mode)
    claims = compile_value(take_object(params.get("claims") or {}, "claims"), context.mode)
    header = _compile_header(params, context)

    async def run_signing(run: Run) -> StepResult:
        text = key(run.scope)
        try:
            if not isinstance(text, str):
                raise TokenNotSigned  # noqa: TRY301 - handled below, like a bad key
            signer = require_signer(run)
            named = {_UNIQUE_ID: str(uuid4())} if run.mode == "strict" else {}
            if not algorithm.startswith(_SHARED):
                named[_FINGERPRINT] = signer.fingerprint(text)
            run.has_stated = True
            with using_clock(run.context.clocks.at(run.statements, run.context.clock)):
                content = _claims(claims(run.scope), named, run.mode)
            token = signer.sign_jwt(content, key=text, algorithm=algorithm, headers=header(run))
        except (ValueError, TokenNotSigned) as error:
            return fail_with(not_signed(run, text, error))
        output: dict[str, Json] = {"token": token, "expiresIn": content["exp"] - content["iat"]}
        if _FINGERPRINT in named:
            output["publicKeyFingerprint"] = named[_FINGERPRINT]
        return StepResult(True, output)

    return run_signing


def _compile_header(
    params: Mapping[str, Json], context: CompileContext
) -> Callable[[Run], dict[str, Json]]:
    further = compile_value(take_object(params.get("headers") or {}, "headers"), context.mode)
    key_id = compile_value(params.get("keyId"), context.mode)
    certificate = compile_value(params.get("certificate"), context.mode)

    def header(run: Run) -> dict[str, Json]:
        fields: dict[str, Json] = dict(as_object(further(run.scope)))
        if (name := key_id(run.scope)) is not None and name is not UNDEFINED:
            fields["kid"] = js.to_text(name)
        pem = certificate(run.scope)
        if pem is not None and pem is not UNDEFINED:
            try:
                fields["x5t#S256"] = require_signer(run).thumbprint(js.to_text(pem))
            except ValueError as error:
                raise not_signed(run, pem, error) from None
        return fields

    return header


def not_signed(run: Run, key: Json, reason: Exception) -> TokenNotSigned:
    """Return the error of a key that signs nothing; it blames the credentials the key is made of."""
    if isinstance(reason, TokenNotSigned) and reason.faults:
        return reason
    faults = faults_of(run.context.credentials, key if isinstance(key, str) else "", str(reason))
    return TokenNotSigned(str(reason), faults=faults, step=run.step_id)


def require_signer(run: Run) -> Signer:
    if run.context.signer is None:
        msg = "this run has no signer"
        raise TokenNotSigned(msg)
    return run.context.signer


def _claims(claims: Json, named: Mapping[str, str], mode: Mode) -> dict[str, Json]:
    """Return the claims with what `named` says put in, and with their times counted."""
    content = {name: _filled(value, named) for name, value in as_object(claims).items()}
    times = {name: claim_time(name, content[name], mode) for name in TIMES if name in content}
    for name in ("iat", "exp"):
        if name not in times:
            raise missing_field(path=f"claims.{name}")
    if times["exp"] <= times["iat"]:
        msg = "The claim 'exp' must be later than 'iat'"
        raise InvalidStep(msg)
    return {**content, **times}


def _filled(value: Json, named: Mapping[str, str]) -> Json:
    if isinstance(value, str):
        for name, text in named.items():
            value = value.replace(name, text)
    return value


def claim_time(name: str, value: Json, mode: Mode) -> int:
    """
    Return a claim that is a time as seconds: a number, `now`, or `now+5m`.

    Raises:
        InvalidStep: it is none of these.
    """
    relative = _RELATIVE.fullmatch(value.strip()) if isinstance(value, str) else None
    if relative and (mode == "strict" or relative[1] != "-"):
        ahead = int(relative[1] + relative[2]) * _SECONDS[relative[3]] if relative[1] else 0
        return int(now().timestamp()) + ahead
    number = js.to_number(value)
    if number != number or abs(number) > js.EXACT:  # noqa: PLR0124 - NaN
        msg = f"The claim '{name}' must be a number, now or now+<N>s, m or h"
        raise InvalidStep(msg)
    return int(number)


SIGN_JWT: Final = StepKind("sign_jwt", _PARAMETERS, {"1": compile_sign_jwt}, is_transform=True)
