"""Tenants: what the tokens of one sign-in reach at the provider, of which an account has one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, cast

from jackfield.connectors.compilation import Compilation
from jackfield.connectors.field_validation import evaluate, spell
from jackfield.engine.connector import CompiledAction
from jackfield.engine.expressions.templates import compile_safely
from jackfield.kit.json import Json, is_list, is_object, mapping, text

TENANT_NAME: Final = "tenantName"
_MOST: Final = 500
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant, such as a site, organization or company."""

    id: str
    name: str


@dataclass(frozen=True, eq=False)
class Tenants:
    """The way to list them; the id of an account's own is its credential `credential`."""

    label: str
    action: str | Mapping[str, Json]
    items: str
    id: str
    name: str
    credential: str
    compilation: Compilation

    @cached_property
    def compiled(self) -> CompiledAction:
        return self.compilation.action(self.action)

    def read(self, credentials: Mapping[str, str], output: Json) -> tuple[Tenant, ...]:
        """Return the tenants in what the action gave back, each once."""
        listed = evaluate(self.items, credentials, output=output)
        find_id, find_name = (compile_safely(each, "compat") for each in (self.id, self.name))
        found = dict[str, Tenant]()
        for item in listed[:_MOST] if is_list(listed) else []:
            members = item if is_object(item) else {}
            seen = {**members, "item": item, "credentials": dict(credentials)}
            if id_ := spell(find_id(seen)):
                name = spell(find_name(seen))[:_LONGEST]
                found.setdefault(id_, Tenant(id_, name or id_))
        return tuple(found.values())

    def credentials_of(self, tenant: Tenant) -> dict[str, str]:
        return {self.credential: tenant.id, TENANT_NAME: tenant.name}

    def shown_of(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """Return what is shown of an account's tenant."""
        names = (self.credential, TENANT_NAME)
        return {name: credentials[name] for name in names if name in credentials}

    def identity(self, credentials: Mapping[str, str], identity: frozenset[str]) -> frozenset[str]:
        """Return an account's identity, of which its tenant is a part."""
        tenant = credentials.get(self.credential, "")
        return frozenset(f"{tenant}/{each}" for each in identity or {""})


def read_tenants(entry: Mapping[str, Json], compilation: Compilation) -> Tenants | None:
    declared = mapping(entry, "tenants")
    if not declared:
        return None
    return Tenants(
        label=text(declared, "label") or "Organization",
        action=cast("str | Mapping[str, Json]", declared.get("action")),
        items=text(declared, "items") or "$.output",
        id=text(declared, "id"),
        name=text(declared, "name"),
        credential=text(declared, "credential"),
        compilation=compilation,
    )
