"""The secrets to be typed again where the address they are sent to changes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from jackfield.connectors.fields import Field
from jackfield.engine.address_credentials import AddressCredentials
from jackfield.kit.errors import Fault

_FREE: Final = "The address this is sent to has changed. Type it again."


def secrets_to_retype(
    fields: Sequence[Field],
    addresses: AddressCredentials,
    *,
    before: Mapping[str, str],
    after: Mapping[str, str],
    typed: Collection[str],
    root: str = "credentials",
) -> tuple[Fault, ...]:
    """
    Name the secrets that would go to another address than the one they were entered for.

    A choice among the options of a connector is none: it declares where each leads.
    """
    if not address_changes(fields, addresses, before=before, after=after):
        return ()
    return tuple(
        Fault(f"{root}.{field.key}", _FREE)
        for field in fields
        if field.secret and not _is_derived(field) and field.key in after and field.key not in typed
    )


def address_changes(
    fields: Sequence[Field],
    addresses: AddressCredentials,
    *,
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> bool:
    """Tell whether requests go elsewhere once `after` is in the place of `before`."""
    free = [field.key for field in fields if field.type != "select" and not _is_derived(field)]
    derived = {field.key: field.value for field in fields if field.value is not None}
    return any(before.get(key) != after.get(key) for key in addresses.among(free, derived))


def _is_derived(field: Field) -> bool:
    return field.value is not None and (field.computed or field.read_only)
