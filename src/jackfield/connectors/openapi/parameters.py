"""Parameters of an operation: its path, query, headers and cookies."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.connectors.openapi.call import Call
from jackfield.connectors.openapi.document import LeftOut, OpenApi
from jackfield.connectors.openapi.schemas import Shape, to_input
from jackfield.kit.json import Json, items, mapping, text

VARIABLE: Final = re.compile(r"\{([^{}]+)\}")
# Headers the engine writes itself; documents may not declare them.
_OWN_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})
_SEPARATORS: Final = {"pipeDelimited": "|", "spaceDelimited": " ", "tabDelimited": "\t"}


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    style: str
    explode: bool
    is_json: bool
    shape: Shape
    made: dict[str, Json]

    @property
    def is_required(self) -> bool:
        return self.made.get("required") is True


def add_parameters(
    api: OpenApi,
    call: Call,
    path: str,
    owners: Iterable[Mapping[str, Json]],
    carried: Mapping[tuple[str, str], bool],
) -> tuple[str, list[str]]:
    """
    Take the parameters of a path and its operation, and return the path that holds their values.

    Credentials send what is `carried`, some accounts' or all. The second value names what had to be left out.

    Raises:
        LeftOut: it is something without which there is no request.
    """
    written: dict[str, str] = {}
    left_out: list[str] = []
    # By place, so that an input's name does not depend on the order of the document.
    declared = sorted(_declared(api, owners).items(), key=lambda item: _PLACES.index(item[0][0]))
    for (place, name), document in declared:
        known = carried.get((place, name.lower() if place == "header" else name))
        if known:
            continue
        if place == "path" and f"{{{name}}}" not in path:
            left_out.append(f"its path has no {{{name}}}, which is left out")
            continue
        parameter = _read(api, place, name, document)
        if known is not None:
            parameter.made.pop("required", None)
        try:
            if place == "path":
                written[name] = _in_path(call, parameter)
            else:
                _SENDERS[place](call, parameter)
        except LeftOut as reason:
            if parameter.is_required:
                raise
            left_out.append(f"{reason}, and is left out")
    for name in VARIABLE.findall(path):
        if name not in written:
            left_out.append(f"its path has {{{name}}}, which is not declared: taken as a text")
            made: dict[str, Json] = {"name": name, "type": "string", "required": True}
            written[name] = "${" + call.take(made, "path") + "}"
    return VARIABLE.sub(lambda found: written[found[1]], path), left_out


def _declared(
    api: OpenApi, owners: Iterable[Mapping[str, Json]]
) -> dict[tuple[str, str], Mapping[str, Json]]:
    """Return the parameters by place and name; an operation's come instead of its path's."""
    found: dict[tuple[str, str], Mapping[str, Json]] = {}
    for owner in owners:
        for entry in items(owner, "parameters"):
            parameter = api.follow(entry)
            place, name = text(parameter, "in"), text(parameter, "name")
            is_own = place == "header" and name.lower() in _OWN_HEADERS
            if name and not is_own and place in _PLACES:
                found[place, name] = parameter
    return found


def _read(api: OpenApi, place: str, name: str, document: Mapping[str, Json]) -> _Parameter:
    content = mapping(document, "content")
    media = next(iter(content), "")
    schema = mapping(content, media).get("schema") if media else document.get("schema")
    style = text(document, "style") or ("form" if place in ("query", "cookie") else "simple")
    explode = document.get("explode")
    made = to_input(
        api,
        name,
        schema,
        required=document.get("required") is True or place == "path",
        description=text(document, "description"),
    )
    if made.get("type") == "enum" and "variants" in made:
        # What a query carries is taken for the first type, and a number is no text of a few.
        made["type"] = "string"
        del made["oneOf"]
    shape = {key: made[key] for key in ("type", "array", "variants") if key in made}
    return _Parameter(
        name=name,
        style=style,
        explode=explode if isinstance(explode, bool) else style in ("form", "deepObject"),
        is_json="json" in media,
        shape=shape,
        made=made,
    )


def _in_path(call: Call, parameter: _Parameter) -> str:
    what = f"the path's {parameter.name!r}"
    _refuse_objects(parameter, what)
    separator = _SEPARATORS.get(parameter.style, ",")
    if may_be(parameter.shape, "array") and parameter.explode:
        if parameter.style == "matrix":
            msg = f"{what} is a list written as ;{parameter.name}=…;{parameter.name}=…"
            raise LeftOut(msg)
        separator = "." if parameter.style == "label" else ","
    reference = call.take(parameter.made, "path")
    if separator != ",":
        reference = f"join({reference}, '{separator}')"
    start = {"label": ".", "matrix": f";{parameter.name}="}.get(parameter.style, "")
    return start + "${" + reference + "}"


def _in_query(call: Call, parameter: _Parameter) -> None:
    reference = call.take(parameter.made, "query")
    is_list, is_object = may_be(parameter.shape, "array"), may_be(parameter.shape, "object")
    separator = _SEPARATORS.get(parameter.style)
    if separator and is_list and not parameter.explode:
        value = "{{join(" + reference + f", '{separator}')" + "}}"
        call.send("query", parameter.name, value)
    elif is_list or is_object:
        call.send("query", parameter.name, f"$.{reference}", arrayFormat=_format(parameter))
    else:
        call.send("query", parameter.name, f"$.{reference}")


def _in_header(call: Call, parameter: _Parameter) -> None:
    _refuse_objects(parameter, f"the header {parameter.name!r}")
    call.send("headers", parameter.name, f"$.{call.take(parameter.made, 'headers')}")


def _in_cookie(call: Call, parameter: _Parameter) -> None:
    what = f"the cookie {parameter.name!r}"
    _refuse_objects(parameter, what)
    if any(arg["name"] == "Cookie" for arg in call.args):
        msg = f"{what} is not the only one"
        raise LeftOut(msg)
    reference = call.take(parameter.made, "headers")
    call.send("headers", "Cookie", f"{parameter.name}=${{{reference}}}")


_SENDERS: Final = {"query": _in_query, "header": _in_header, "cookie": _in_cookie}
_PLACES: Final = ("path", *_SENDERS)


def array_format(style: str, *, explode: bool) -> str:
    """Return the format's word for how a style writes lists and objects."""
    if style == "deepObject":
        return "brackets"
    return "repeat" if explode else "comma"


def may_be(shape: Mapping[str, Json], kind: str) -> bool:
    """Say whether a value of this shape may be a list, or may be an object."""
    if "array" in shape:
        return kind == "array"
    variants = any(may_be(each, kind) for each in items(shape, "variants"))
    return variants or shape.get("type") == kind or not shape


def _format(parameter: _Parameter) -> str:
    if parameter.is_json:
        return "stringify"
    if parameter.made.get("array") and parameter.made.get("type") == "object":
        # No style writes a list of objects; this is what those who want one read.
        return "brackets"
    return array_format(parameter.style, explode=parameter.explode)


def _refuse_objects(parameter: _Parameter, what: str) -> None:
    if parameter.shape and may_be(parameter.shape, "object"):
        msg = f"{what} is an object, which is not written there"
        raise LeftOut(msg)
