"""Revocation: how a provider is told that it shall not accept credentials any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, cast

from jackfield.connectors.compilation import Compilation
from jackfield.engine.connector import CompiledAction
from jackfield.engine.expressions.jexl import Evaluate
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, REFRESH_TOKEN
from jackfield.kit.json import Json, mapping, text

BOTH: Final = "both"


@dataclass(frozen=True, eq=False)
class Revocation:
    """
    The way to revoke credentials: an action, or the `url` that takes tokens (RFC 7009).

    `proof` is the action that must fail afterwards; the test actions without one. With
    `shared_grant` accounts of one user share what is revoked.
    """

    url: str | None
    token: str
    action: str | Mapping[str, Json] | None
    proof: str | None
    shared_grant: bool
    compilation: Compilation

    @cached_property
    def address(self) -> Evaluate:
        return compile_value(self.url, self.compilation.connector.mode)

    @cached_property
    def compiled(self) -> CompiledAction | None:
        return None if self.action is None else self.compilation.action(self.action)

    @cached_property
    def compiled_proof(self) -> CompiledAction | None:
        return None if self.proof is None else self.compilation.action(self.proof)

    def tokens_of(self, credentials: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Return the tokens to revoke of these credentials, each with its name."""
        wanted = (REFRESH_TOKEN, ACCESS_TOKEN) if self.token == BOTH else (self.token,)
        found = tuple(name for name in wanted if credentials.get(name))
        # Not every sign-in gives a refresh token.
        found = found or ((ACCESS_TOKEN,) if credentials.get(ACCESS_TOKEN) else ())
        return tuple((name, credentials[name]) for name in found)


def read_revocation(entry: Mapping[str, Json], compilation: Compilation) -> Revocation | None:
    declared = mapping(entry, "revocation")
    if not declared:
        return None
    return Revocation(
        url=text(declared, "url") or None,
        token=text(declared, "token") or REFRESH_TOKEN,
        action=cast("str | Mapping[str, Json] | None", declared.get("action")),
        proof=text(declared, "proof") or None,
        shared_grant=declared.get("sharedGrant") is True,
        compilation=compilation,
    )
