"""The columns that a model is read from."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import LiteralString, cast

import msgspec


def columns_of(
    *models: type, also: Sequence[str] = (), without: Sequence[str] = (), alias: str = ""
) -> LiteralString:
    """
    Return the columns with the names of the fields of `models`, as a statement lists them.

    Not all that there are: a later version may add columns, while processes of this one go on.
    """
    names = [name for model in models for name in _fields_of(model) if name not in without]
    prefix = f"{alias}." if alias else ""
    return cast("LiteralString", ", ".join(f"{prefix}{name}" for name in [*names, *also]))


def _fields_of(model: type) -> Sequence[str]:
    if is_dataclass(model):
        return [field.name for field in fields(model)]
    return cast("type[msgspec.Struct]", model).__struct_fields__
