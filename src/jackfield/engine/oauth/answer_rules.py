"""Rules to read a token endpoint's answer by, compiled from `tokenResponse` and its neighbors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from jackfield.engine.compat import Mode
from jackfield.engine.expressions.jexl import Evaluate
from jackfield.engine.expressions.templates import compile_safely, compile_value
from jackfield.engine.oauth.answer_path import Find, compile_path
from jackfield.engine.oauth.second_token import SecondToken
from jackfield.engine.oauth.tokens import second_name
from jackfield.kit.json import Json, items, mapping, text, texts

Meaning: TypeAlias = Literal["grant", "client", "transient"]


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
    second: SecondToken | None


def compile_answer_rules(content: Mapping[str, Json], mode: Mode) -> AnswerRules:
    """Compile the parts of an `authorization` object that are about the token endpoint's answer."""
    where = mapping(content, "tokenResponse")

    def path(key: str, default: str) -> Find:
        return compile_path(text(where, key) or default, mode)

    second = mapping(content, "secondToken")
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
        second=None
        if not second
        else SecondToken(second_name(text(second, "name")), compile_path(text(second, "at"), mode)),
    )


def _code(value: Json) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)
