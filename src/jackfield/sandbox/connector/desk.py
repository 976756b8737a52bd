"""The way of a request: what it is for, whether it may, whether it is right, and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from jackfield.kit.json import Json, as_object
from jackfield.sandbox.connector.answers import Answers, NoSuchRow
from jackfield.sandbox.connector.checks import check_request, missing_scopes
from jackfield.sandbox.connector.doors import Given
from jackfield.sandbox.connector.endpoints import Endpoint, find_endpoint
from jackfield.sandbox.connector.own_tokens import is_signed_by
from jackfield.sandbox.connector.request import Request, Unreadable
from jackfield.sandbox.connector.state import State
from jackfield.sandbox.replies import Reply, json_reply


@dataclass(frozen=True, slots=True)
class Asked:
    """An endpoint, and what a request says to it."""

    endpoint: Endpoint
    values: Mapping[str, str]


class Desk:
    """Answers requests from a state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._answers = Answers(state.provider, state.store)

    def find(self, request: Request) -> Asked | None:
        """Return what a request is for: of several endpoints of a path the one that fits best."""
        envelope = request.envelope
        operation = "" if envelope is None else envelope.operation
        # Operations of SOAP share an address; some are named by an expression.
        found = [
            each
            for each in find_endpoint(self._state.provider.endpoints, request.method, request.path)
            if each[0].operation in {"", operation}
        ]
        if not found:
            return None
        best = found[0][0].specificity
        body = _readable(request)
        alike = [each for each in found if each[0].specificity == best]
        likeness = max(_likeness(each, request, body) for each, _ in alike)
        alike = [each for each in alike if _likeness(each[0], request, body) == likeness]
        # One address may be asked with several credentials, such as those of an app and a person.
        if any("authorization" in each.parameters for each, _ in alike):
            taken = [each for each in alike if self._given(each[0], request, body) is not None]
            alike = taken or alike
        return Asked(*alike[0])

    def answer(self, asked: Asked | None, request: Request) -> Reply:
        if asked is None:
            return self._without_endpoint(request)
        is_soap = asked.endpoint.is_soap
        try:
            body = request.body()
        except Unreadable as error:
            return self._wrong(400, str(error), is_soap=is_soap)
        if is_soap and request.envelope is None:
            return self._wrong(400, "The body is no SOAP envelope.", is_soap=True)
        refused = self._refused(asked.endpoint, request, body)
        if refused is not None:
            return refused
        try:
            return self._answers.answer(asked.endpoint, request, asked.values, body)
        except NoSuchRow:
            return self._wrong(404, "There is no such thing.", is_soap=is_soap)

    def _wrong(self, status: int, message: str, *, is_soap: bool) -> Reply:
        refusals = self._state.refusals
        return refusals.fault(message) if is_soap else refusals.with_status(status, message)

    def _refused(self, endpoint: Endpoint, request: Request, body: Json) -> Reply | None:
        """Return why a request is refused whatever it is about, if it is."""
        refusals = self._state.refusals
        given = self._given(endpoint, request, body)
        is_open = self._state.provider.doors.is_open
        if given is None and not is_open(endpoint, request, self._state.clock()):
            return refusals.unauthorized(is_soap=endpoint.is_soap)
        if not self._is_in_time(request):
            return refusals.rate_limited()
        wanted = endpoint.info.required_scopes if endpoint.info is not None else ()
        if lacking := self._lacking(given, wanted):
            return refusals.missing_scope(" ".join(lacking))
        wrong = check_request(endpoint, request, body)
        if wrong is None:
            return None
        return self._wrong(wrong.status, wrong.message, is_soap=endpoint.is_soap)

    def _without_endpoint(self, request: Request) -> Reply:
        """Answer what no action asks for: permissions are tried so, and all else is not there."""
        provider = self._state.provider
        if request.method == "GET" and any(map(request.path.endswith, provider.tried)):
            plain = next(iter(provider.endpoints))
            if self._given(plain, request, None) is None:
                return self._state.refusals.unauthorized()
            return json_reply({})
        is_soap = request.envelope is not None
        return self._wrong(404, "There is no such endpoint.", is_soap=is_soap)

    def _given(self, endpoint: Endpoint, request: Request, body: Json) -> Given | None:
        """Return whose credentials a request has, if they are taken."""
        provider = self._state.provider
        candidates = provider.doors.recognize(endpoint, request, body, self._state.clock())
        return next((each for each in candidates if self._is_taken(each)), None)

    def _is_taken(self, given: Given) -> bool:
        if not given.token:
            return True
        token = self._state.authority.grants.find(given.token)
        if token is not None:
            return token.kind == "access" and token.lives(self._state.clock())
        if given.login is not None and is_signed_by(given.login, given.token, self._state.clock()):
            return True
        return given.token in self._state.provider.issued

    def _is_in_time(self, request: Request) -> bool:
        if not self._state.settings.rate_limits:
            return True
        return self._state.limits.admits(request, self._state.clock())

    def _lacking(self, given: Given | None, wanted: tuple[str, ...]) -> list[str]:
        connector = self._state.provider.connector
        token = self._state.authority.grants.find(given.token) if given is not None else None
        if token is None:
            granted = self._state.settings.scopes
            return [] if granted is None else missing_scopes(connector, wanted, granted)
        # Some rights have no scope that a sign-in could ask for.
        client = self._state.authority.clients.get(token.family.client_id)
        known = client.conduct.terms.scopes if client is not None else []
        sought = [each for each in wanted if each in known]
        return missing_scopes(connector, sought, token.scopes)


def _readable(request: Request) -> Mapping[str, Json]:
    try:
        return as_object(request.body())
    except Unreadable:
        return {}


def _likeness(endpoint: Endpoint, request: Request, body: Mapping[str, Json]) -> tuple[int, int]:
    """Return how well a request fits: by its constants first, and then by what else it has."""
    places: dict[str, Mapping[str, Json]] = {"query": request.query, "body": body}
    constants = others = 0
    for argument in endpoint.arguments:
        sent = places.get(argument.place, {}).get(argument.name)
        if argument.place not in places:
            continue
        if argument.constant is not None:
            constants += 1 if str(sent).lower() == argument.constant.lower() else -1
        elif sent is not None:
            others += 1
    return constants, others
