"""The provider's own answers, as the connector's cases tell them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from jackfield.connectors.connector import Connector
from jackfield.kit.json import Json, as_object, is_list, is_object
from jackfield.sandbox.connector.endpoints import Endpoint
from jackfield.sandbox.connector.envelopes import is_fault
from jackfield.testing.case_files import Answer, Case, read_cases

_NO_ACCESS: Final = ("key_revoked", "key_disabled", "expired", "user_disabled")
_RATE_LIMITED: Final = "provider_rate_limited"
_FIRST_BAD: Final = 300


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that refuses; `name` is the cause that the connector knows it by, if it does."""

    name: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Examples:
    """The cases of a connector; none are needed, but with them answers are the provider's."""

    cases: tuple[Case, ...] = ()
    refusals: tuple[Refusal, ...] = field(default=())

    def answer(self, endpoint: Endpoint) -> Answer | None:
        """
        Return what the provider answered at an endpoint when all was well.

        What it said as credentials were checked goes with them, such as their region.
        """
        fine = [each for each in self.cases if each.error is None and not each.warnings]
        is_inline = endpoint.info is None
        own = (
            each for each in fine if each.action == endpoint.action or (is_inline and each.refresh)
        )
        linked = (each for each in fine if each.link)
        found = _answer(own, endpoint)
        checked = _answer(linked, endpoint)
        if found is None or checked is None:
            return found or checked
        if not is_object(found.json) or not is_object(checked.json):
            return found
        told = {name: value for name, value in checked.json.items() if isinstance(value, str)}
        return Answer(found.status, found.headers, {**found.json, **told})

    def inputs(self, action: str) -> dict[str, Json]:
        """Return inputs that an action was run with."""
        found = (each for each in self.cases if each.action == action and each.error is None)
        case = next(found, None)
        return {} if case is None else dict(case.inputs)

    def credentials(self, method: str, *, is_first: bool) -> dict[str, str]:
        """Return credentials that were taken with an auth method."""
        fine = [each for each in self.cases if each.error is None and each.credentials]
        linked = (each for each in fine if each.link == method and not each.warnings)
        used = (each for each in fine if method in {each.auth, each.refresh, each.revoke})
        usual = (each for each in fine if is_first and each.action and not each.auth)
        case = next((each for found in (linked, used, usual) for each in found), None)
        return {} if case is None else dict(case.credentials)

    def renewed(self, method: str) -> dict[str, str]:
        """Return the credentials that a renewal with an auth method gave."""
        outputs = (each.output for each in self.cases if each.refresh == method and not each.error)
        found = as_object(next(outputs, None))
        return {name: value for name, value in found.items() if isinstance(value, str)}

    def without_access(self, *, is_soap: bool = False) -> Answer | None:
        """Return what is answered to a credential that is not taken; to SOAP, never as JSON."""
        fitting = [each for each in self.refusals if not is_soap or each.answer.json is None]
        causes = {each.name: each.answer for each in reversed(fitting)}
        return next((causes[name] for name in _NO_ACCESS if name in causes), None)

    def find(self, name: str) -> Answer | None:
        return next((each.answer for each in self.refusals if each.name == name), None)

    def with_status(self, status: int) -> Answer | None:
        """Return a refusal of a status, one without a cause first."""
        fitting = [each for each in self.refusals if each.answer.status == status]
        return next(
            (each.answer for each in sorted(fitting, key=lambda each: bool(each.name))), None
        )

    def fault(self) -> Answer | None:
        """Return a SOAP fault that the provider answered with."""
        return next((each.answer for each in self.refusals if is_fault(each.answer.text)), None)

    def issued(self) -> frozenset[str]:
        """Return every text that renewals were answered with: the tokens are among them."""
        return frozenset(
            value
            for case in self.cases
            if case.refresh and case.error is None
            for turn in case.provider
            for value in _texts(turn.answer.json)
        )


def read_examples(connector: Connector) -> Examples:
    """
    Return what the cases of a connector hold.

    Raises:
        InvalidCase: a file does not have the form of cases.
    """
    cases = tuple(case for _, case in read_cases(connector))
    refusals = tuple(
        Refusal(_name(case), case.provider[-1].answer)
        for case in cases
        if case.error is not None and case.provider and not case.refresh
    )
    return Examples(cases, refusals)


def _answer(cases: Iterable[Case], endpoint: Endpoint) -> Answer | None:
    for case in cases:
        for turn in case.provider:
            is_fine = turn.answer.status < _FIRST_BAD
            is_meant = endpoint.match(turn.expect.method, turn.expect.path) is not None
            if is_fine and is_meant and _is_of(endpoint, case, turn.answer):
                return turn.answer
    return None


def _is_of(endpoint: Endpoint, case: Case, answer: Answer) -> bool:
    """Return whether an answer at an address is that of an endpoint: SOAP has several at one."""
    return not endpoint.is_soap or bool(case.action) or endpoint.operation in (answer.text or "")


def _name(case: Case) -> str:
    if case.error is None:
        return ""
    if case.error.code == _RATE_LIMITED:
        return _RATE_LIMITED
    return case.error.cause or ""


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_object(value):
        for inner in value.values():
            yield from _texts(inner)
    elif is_list(value):
        for inner in value:
            yield from _texts(inner)
