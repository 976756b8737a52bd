"""The bodies of paths that are this hub's own take no fields they do not know."""

from collections.abc import Iterator

import msgspec
import pytest
from msgspec import inspect

from jackfield.http.routes import ROUTES
from jackfield.http.routing import Route
from jackfield.kit.decoding import fault_of
from jackfield.kit.json import ValidationError, decode

_OWN = [r for r in ROUTES if r.path.startswith("/jackfield/") and "body" in r.parameters]


def lenient(type_: inspect.Type) -> Iterator[str]:
    """Yield the objects of a type that ignore unknown fields."""
    match type_:
        case inspect.UnionType(types):
            for each in types:
                yield from lenient(each)
        case inspect.Metadata(inner):
            yield from lenient(inner)
        case inspect.StructType(cls, fields, forbid_unknown_fields=forbids):
            if not forbids:
                yield cls.__name__
            for field in fields:
                yield from lenient(field.type)
        case inspect.DictType():
            yield from lenient(type_.value_type)
        case inspect.CollectionType():
            yield from lenient(type_.item_type)
        case _:
            pass


@pytest.mark.parametrize("route", _OWN, ids=lambda route: route.handler.__name__)
def test_a_misspelled_field_is_never_ignored(route: Route) -> None:
    assert [*lenient(inspect.type_info(route.parameters["body"]))] == []


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    color: str = ""


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    name: str = ""
    look: Inner | None = None
    looks: list[Inner] = []


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b'{"nmae": 1}', "; did you mean 'name'?"),
        (b'{"look": {"colour": 1}}', "; did you mean 'color'?"),
        (b'{"look": {"name": 1}}', ""),
        (b'{"looks": [{"colour": 1}]}', ""),
        (b'{"q": 1}', ""),
    ],
)
def test_the_closest_name_at_the_same_place_is_suggested(body: bytes, hint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        decode(body, Outer)

    message = fault_of(refused.value, Outer).message
    assert message.partition("`")[2].partition("`")[2] == hint
