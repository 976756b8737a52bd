"""The step function `sign_jwt`: a signed token for later steps."""

import re
from collections.abc import Mapping
from typing import Final

from jackfield.engine.credential_faults import faults_of
from jackfield.engine.current_time import now
from jackfield.engine.document_reader import require_known, take_object
from jackfield.engine.errors import InvalidStep, invalid_value, missing_field
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
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, as_object

_PARAMETERS: Final = Record(
    "SignJwtParameters",
    {
        "algorithm": Entry(Choice(("RS256",)), "How to sign.", required=True),
        "privateKey": Entry(TEXT, "The private key, as PEM.", required=True),
        "claims": Entry(
            MapOf(Template()), "The claims; `iat` and `exp` among them.", required=True
        ),
    },
    doc="Makes a signed token.",
)
_FINGERPRINT: Final = "{publicKeyFingerprint}"
_RELATIVE: Final = re.compile(r"now(?:\+(\d{1,7})([smh]))?")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_TIMES: Final = ("iat", "exp", "nbf")


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
    algorithm = params.get("algorithm", "RS256")
    if algorithm != "RS256":
        raise invalid_value(path="algorithm", value=algorithm, allowed=("RS256",))
    if "privateKey" not in params:
        raise missing_field(path="privateKey")
    key = compile_value(params["privateKey"], context.mode)
    claims = compile_value(take_object(params.get("claims") or {}, "claims"), context.mode)

    async def run_signing(run: Run) -> StepResult:
        pem = key(run.scope)
        try:
            if not isinstance(pem, str):
                raise TokenNotSigned  # noqa: TRY301 - handled below, like a bad key
            return StepResult(True, _sign(pem, claims(run.scope), require_signer(run)))
        except (ValueError, TokenNotSigned) as error:
            return fail_with(not_signed(run, pem, error))

    return run_signing


def not_signed(run: Run, key: Json, reason: Exception) -> TokenNotSigned:
    """Return the error of a key that signs nothing; it blames the credentials the key is made of."""
    faults = faults_of(run.context.credentials, key if isinstance(key, str) else "", str(reason))
    return TokenNotSigned(str(reason), faults=faults, step=run.step_id)


def require_signer(run: Run) -> Signer:
    if run.context.signer is None:
        msg = "this run has no signer"
        raise TokenNotSigned(msg)
    return run.context.signer


def _sign(private_key: str, claims: Json, signer: Signer) -> dict[str, Json]:
    fingerprint = signer.fingerprint(private_key)
    content = {
        name: value.replace(_FINGERPRINT, fingerprint) if isinstance(value, str) else value
        for name, value in as_object(claims).items()
    }
    times = {name: _moment(name, content[name]) for name in _TIMES if name in content}
    for name in ("iat", "exp"):
        if name not in times:
            raise missing_field(path=f"claims.{name}")
    if times["exp"] <= times["iat"]:
        msg = "The claim 'exp' must be later than 'iat'"
        raise InvalidStep(msg)
    return {
        "token": signer.sign_jwt({**content, **times}, private_key=private_key),
        "expiresIn": times["exp"] - times["iat"],
        "publicKeyFingerprint": fingerprint,
    }


def _moment(name: str, value: Json) -> int:
    relative = _RELATIVE.fullmatch(value.strip()) if isinstance(value, str) else None
    if relative:
        ahead = int(relative[1]) * _SECONDS[relative[2]] if relative[1] else 0
        return int(now().timestamp()) + ahead
    number = js.to_number(value)
    if number != number or abs(number) > js.EXACT:  # noqa: PLR0124 - NaN
        msg = f"The claim '{name}' must be a number, now or now+<N>s, m or h"
        raise InvalidStep(msg)
    return int(number)


SIGN_JWT: Final = StepKind("sign_jwt", _PARAMETERS, {"1": compile_sign_jwt}, is_transform=True)
