"""The tenant at the provider that an account is linked in, where one sign-in reaches several."""

from dataclasses import replace
from typing import Final

from jackfield.accounts.provider import safe
from jackfield.accounts.verification import account_of, probe_context
from jackfield.connect.linking import Prepared
from jackfield.connect.sign_in.models import NoTenant
from jackfield.connectors.tenants import Tenant
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub

_SECONDS: Final = 30


async def in_tenant(hub: Hub, prepared: Prepared) -> Prepared | tuple[Tenant, ...]:
    """
    Return what is to be linked, in its tenant; or the tenants, if its user has to choose.

    An account that is linked again stays in its tenant, if the sign-in still reaches that.

    Raises:
        NoTenant: the sign-in reaches none.
        HubError: the provider does not tell.
    """
    candidate = prepared.candidate
    tenants = candidate.method.tenants
    if tenants is None:
        return prepared
    account = await account_of(hub, candidate)
    try:
        context = probe_context(hub, account, candidate.method, tenants.action, seconds=_SECONDS)
        result = await tenants.compiled.run(context)
    except HubError as error:
        raise safe(error, account.credentials.redactor) from None
    found = tenants.read(account.credentials.values, result.data)
    linked = candidate.account
    before = None if linked is None else linked.public_values.get(tenants.credential)
    kept = [each for each in found if each.id == before]
    if not found:
        raise NoTenant
    if len(found) == 1 or kept:
        return of_tenant(prepared, (kept or found)[0])
    return found


def of_tenant(prepared: Prepared, tenant: Tenant) -> Prepared:
    """Return what is to be linked, in a tenant."""
    candidate = prepared.candidate
    tokens, tenants = candidate.tokens, candidate.method.tenants
    if tokens is None or tenants is None:
        return prepared
    tokens = replace(tokens, values={**tokens.values, **tenants.credentials_of(tenant)})
    return replace(prepared, candidate=replace(candidate, tokens=tokens))
