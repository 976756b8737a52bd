"""Reading the parameters of a request for tokens, as strictly as its client's rules say."""

from http import HTTPStatus
from urllib.parse import parse_qsl

from jackfield.kit.json import Json
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.conduct import TokenRules
from jackfield.sandbox.oauth.refusals import OAuthError, invalid_request
from jackfield.sandbox.oauth.request import FORM, Request


def read_parameters(request: Request, client: Client) -> dict[str, Json]:
    """
    Return the parameters by their usual names.

    Raises:
        OAuthError: they come in another way, or under other names.
    """
    rules = client.conduct.token
    if request.method != rules.method:
        msg = f"the request has to be a {rules.method}"
        raise invalid_request(msg, HTTPStatus.METHOD_NOT_ALLOWED)
    query, body = _query(request), _body(request, rules)
    if rules.encoding != "query":
        _check_places(rules, query, body)
    params = {**query, **body}
    for usual, name in rules.names.items():
        if name != usual and usual in params:
            msg = f"{usual} is called {name} here"
            raise invalid_request(msg)
    usual_names = {name: usual for usual, name in rules.names.items()}
    read = {usual_names.get(name, name): value for name, value in params.items()}
    if client.conduct.refresh.bearer and request.bearer:
        _add_bearer(request, read)
    return read


def read_grant_type(params: dict[str, Json], client: Client) -> str:
    """
    Return the grant type by its usual name.

    Raises:
        OAuthError: there is none.
    """
    spoken = client.conduct.token.grant_types
    given = params.get("grant_type")
    for usual, name in spoken.items():
        if given == name:
            return usual
    if not isinstance(given, str):
        msg = "grant_type is missing"
        raise invalid_request(msg)
    if given in spoken:
        error = "unsupported_grant_type"
        raise OAuthError(error, f"{given} is called {spoken[given]} here")
    return given


def check_required(client: Client, params: dict[str, Json], required: dict[str, Json]) -> None:
    """
    Check that the parameters that have to come have come, with their values.

    Raises:
        OAuthError: one has not, or has another value, or in JSON another type.
    """
    for name, value in required.items():
        expected = value if client.conduct.token.encoding == "json" else str(value)
        given = params.get(name)
        if given != expected or type(given) is not type(expected):
            msg = f"{name} has to be {expected!r}"
            raise invalid_request(msg)


def _query(request: Request) -> dict[str, Json]:
    pairs = parse_qsl(request.raw_query, keep_blank_values=True)
    if len(dict(pairs)) != len(pairs):
        msg = "a parameter comes twice"
        raise invalid_request(msg)
    return dict(pairs)


def _body(request: Request, rules: TokenRules) -> dict[str, Json]:
    kind = {"form": FORM, "json": "application/json", "xml": "application/xml", "query": ""}
    expected = kind[rules.encoding]
    if not expected:
        if request.body:
            msg = "parameters belong in the query; the body has to be empty"
            raise invalid_request(msg)
        return {}
    if request.content_type != expected:
        msg = f"the body has to be {expected}"
        raise invalid_request(msg, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    if rules.encoding == "form":
        return dict(request.form())
    return request.json() if rules.encoding == "json" else dict(request.xml())


def _check_places(rules: TokenRules, query: dict[str, Json], body: dict[str, Json]) -> None:
    for name in query:
        if name not in rules.in_query:
            msg = f"{name} belongs in the body"
            raise invalid_request(msg)
    for name in rules.in_query:
        if name in body:
            msg = f"{name} belongs in the query"
            raise invalid_request(msg)


def _add_bearer(request: Request, params: dict[str, Json]) -> None:
    if "refresh_token" in params:
        msg = "the refresh token belongs in the header alone"
        raise invalid_request(msg)
    params["refresh_token"] = request.bearer
