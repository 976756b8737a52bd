"""Rules to read a token endpoint's answer by, compiled from `tokenResponse` and its neighbors."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

from jackfield.engine.compat import Mode
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.templates import compile_safely, compile_value
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list, is_object, items, mapping, text, texts

Find: TypeAlias = Callable[[Json], Json]
Meaning: TypeAlias = Literal["grant", "client", "transient"]

_PART: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an error code of the token endpoint means, and what to say about it."""

    means: Meaning
    message: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerRules:
    """Where the parts of a token endpoint's answer are, and what its errors mean."""

    access_token: Find
    refresh_token: Find
    id_token: Find
    scopes: Find
    expires_in: Find
    expiry_kind: str
    zero_is_never: bool
    refresh_expires_in: Find
    refresh_expiry_kind: str
    expires_by_token: bool
    accepted_types: frozenset[str]
    success: Evaluate | None
    error: Find
    error_description: Find
    error_detail: Find
    refusals: Mapping[str, Refusal]
    additional: Mapping[str, Evaluate]
    default_seconds: Evaluate
    default_refresh_seconds: Evaluate


def compile_answer_rules(content: Mapping[str, Json], mode: Mode) -> AnswerRules:
    """Compile the parts of an `authorization` object that are about the token endpoint's answer."""
    where = mapping(content, "tokenResponse")

    def path(key: str, default: str) -> Find:
        return compile_path(text(where, key) or default, mode)

    return AnswerRules(
        access_token=path("accessToken", "access_token"),
        refresh_token=path("refreshToken", "refresh_token"),
        id_token=path("idToken", "id_token"),
        scopes=path("scopes", "scope"),
        expires_in=path("expiresIn", "expires_in"),
        expiry_kind=text(where, "expiryKind") or "seconds",
        zero_is_never=where.get("zeroIsNever") is True,
        refresh_expires_in=path("refreshExpiresIn", "refresh_token_expires_in"),
        refresh_expiry_kind=text(where, "refreshExpiryKind") or "seconds",
        expires_by_token=where.get("isExpiryInToken") is True,
        accepted_types=frozenset(each.lower() for each in texts(where, "acceptTokenTypes")),
        success=compile_safely(text(where, "success"), mode) if where.get("success") else None,
        error=path("error", "error"),
        error_description=path("errorDescription", "error_description"),
        error_detail=path("errorDetail", "error_detail_is_not_declared"),
        refusals={
            _code(each.get("code")): Refusal(
                cast("Meaning", text(each, "means")), text(each, "message") or None
            )
            for each in items(content, "tokenRefusals")
        },
        additional={
            name: compile_value(expression, mode)
            for name, expression in mapping(content, "additionalTokenFields").items()
        },
        default_seconds=compile_value(content.get("tokenExpiresIn"), mode),
        default_refresh_seconds=compile_value(content.get("tokenRefreshExpiresIn"), mode),
    )


def scope_of(body: Json, scope: EvaluationScope) -> EvaluationScope:
    """Return what expressions about an answer see: its members, and `credentials`."""
    members = body if is_object(body) else {}
    return {**scope, **members, "response": body}


def _code(value: Json) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)


def compile_path(written: str, mode: Mode) -> Find:
    """
    Compile a path to a member of an answer or another body: `data.access_token`, or an expression.

    Only this one place is looked at: a token that is found anywhere may be another's.
    """
    if written.startswith(("$", "{")):
        evaluate = compile_safely(written, mode)

        def by_expression(body: Json) -> Json:
            value = evaluate(scope_of(body, {}))
            return None if value is UNDEFINED else value

        return by_expression
    parts = [name or int(index) for name, index in _PART.findall(written)]

    def by_name(body: Json) -> Json:
        value = body
        for part in parts:
            if isinstance(part, int):
                value = value[part] if is_list(value) and part < len(value) else None
            else:
                value = value.get(part) if is_object(value) else None
        return value

    return by_name
