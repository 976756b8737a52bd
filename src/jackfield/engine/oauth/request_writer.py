"""Writer of requests to a token endpoint: parameters in the place and form that its connector says."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

from jackfield.engine.errors import InvalidStep
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.oauth.settings import RequestShape
from jackfield.engine.ports import Request
from jackfield.engine.wire.body import FORM, encode_body
from jackfield.kit.json import Json, encode


def write_request(
    shape: RequestShape,
    url: str,
    parameters: Mapping[str, Json],
    headers: Mapping[str, str],
    scope: EvaluationScope,
) -> Request:
    """
    Return the request, before it is signed; `scope` is what the connector's own body sees.

    Raises:
        InvalidStep: the body cannot be written in its content type.
    """
    is_query = shape.encoding == "query" or shape.method == "GET"
    in_query = {
        name: js.to_text(value)
        for name, value in parameters.items()
        if is_query or name in shape.query_params
    }
    in_body = {name: value for name, value in parameters.items() if name not in in_query}
    if in_query:
        joint = "&" if urlsplit(url).query else "?"
        url = f"{url}{joint}{urlencode(in_query, quote_via=quote)}"
    if shape.method == "GET":
        return Request("GET", url, headers)
    if shape.body is not None:
        typed = {"Content-Type": shape.content_type} if shape.content_type else {}
        headers = {**typed, **headers}
        try:
            body = encode_body(
                shape.body({**scope, "parameters": {**in_body}}), headers, shape.method
            )
        except ValueError as error:
            msg = f"The body of the request for tokens cannot be written: {error}"
            raise InvalidStep(msg) from None
        return Request(shape.method, url, headers, body)
    if shape.encoding == "json":
        return Request(
            shape.method, url, {"Content-Type": "application/json", **headers}, encode(in_body)
        )
    form = urlencode({name: js.to_text(value) for name, value in in_body.items()})
    return Request(shape.method, url, {"Content-Type": FORM, **headers}, form.encode())
