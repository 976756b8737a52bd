"""`/api/v2/`: the API of Fernwood, the invented provider, as far as its connector's reading goes."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, TypeAlias

from jackfield.kit.json import Json
from jackfield.sandbox.numbers import is_number
from jackfield.sandbox.oauth.access import admit
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.people import TENANTS, Tenant
from jackfield.sandbox.oauth.refusals import OAuthError, invalid_request
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.replies import JSON, Reply, json_reply

PREFIX: Final = "/api/v2/"
DOMAIN: Final = ".fernwood.example"
# The id and secret of a service key of every company.
SERVICE_KEY: Final = ("fernwood-key", "fernwood-key-secret")
_STATES: Final = {"active": ("employed", "onboarding"), "inactive": ("left",)}
_NAMES: Final = (
    ("Ada", "Byron"), ("Max", "Roe"), ("Ines", "Moreau"), ("Jonas", "Weber"), ("Lin", "Chen"),
    ("Mara", "Rossi"), ("Omar", "Said"), ("Priya", "Nair"), ("Tom", "Keller"), ("Uma", "Iyer"),
)  # fmt: skip
_ABSENCES: Final = 2
_Handler: TypeAlias = Callable[[Request, Tenant], Reply]


def answer(authority: Authority, request: Request) -> Reply:
    """Answer a call for the company that the token's person belongs to, or the host names."""
    name, _, rest = request.path.removeprefix(PREFIX).partition("/")
    scope, handler = _HANDLERS.get(name, ("", None))
    tenant = _admit(authority, request, scope)
    if name == "employees" and rest:
        return json_reply(_employee(tenant, rest))
    if handler is None or rest or request.method != "GET":
        raise _not_found()
    return handler(request, tenant)


def _admit(authority: Authority, request: Request, scope: str) -> Tenant:
    if request.basic == SERVICE_KEY:
        tenants = TENANTS
    else:
        access = admit(authority, request, scope=scope)
        tenants = access.person.tenants if access.person else ()
    host = request.headers.get("host", "").partition(":")[0]
    if host.endswith(DOMAIN):
        tenants = tuple(each for each in tenants if each.subdomain == host.removesuffix(DOMAIN))
    if not tenants:
        error = "forbidden"
        raise OAuthError(error, "no access to this company", HTTPStatus.FORBIDDEN)
    return tenants[0]


def _company(_request: Request, tenant: Tenant) -> Reply:
    return json_reply({"id": tenant.id, "name": tenant.name, "employees": len(_NAMES)})


def _employees(request: Request, tenant: Tenant) -> Reply:
    query = request.query
    wanted = _STATES.get(query.get("state", ""), ())
    people = [each for each in _all(tenant) if not wanted or each["state"] in wanted]
    start, limit = _number(query.get("after", "0")), _number(query.get("limit", "50"))
    end = start + max(limit, 1)
    following = str(end) if end < len(people) else None
    return json_reply({"employees": people[start:end], "paging": {"next": following}})


def _absences(request: Request, tenant: Tenant) -> Reply:
    query = request.query
    page = _number(query.get("page", "1"))
    first = query.get("from", "")
    start = (max(page, 1) - 1) * _ABSENCES
    shown: list[Json] = [
        {"id": number + 1, "employee": f"{tenant.id}-{number + 1}", "day": first}
        for number in range(start, min(start + _ABSENCES, 5))
    ]
    headers: dict[str, str] = {}
    if start + _ABSENCES < 5:  # noqa: PLR2004 - absences there are
        headers["link"] = f'<{request.path}?from={first}&page={page + 1}>; rel="next"'
    return Reply(json_reply(shown).body, HTTPStatus.OK, JSON, headers)


def _employee(tenant: Tenant, id_: str) -> Json:
    found = next((each for each in _all(tenant) if each["uuid"] == id_), None)
    if found is None:
        raise _not_found()
    return found


def _all(tenant: Tenant) -> list[dict[str, Json]]:
    return [
        {
            "uuid": f"{tenant.id}-{number}",
            "first_name": first,
            "last_name": last,
            "email": f"{first.lower()}@{tenant.subdomain}.example",
            "state": "left" if number % 5 == 0 else "employed",
            "hired_on": f"20{10 + number}-03-01",
            "hours": "38.5",
            "manages": "true" if number == 1 else "false",
            "address": {"town": "Graz", "country": "AT"},
            "phones": [{"value": f"+43 316 {number:04d}"}],
            "cost_center": f"R{number}",
        }
        for number, (first, last) in enumerate(_NAMES, 1)
    ]


def _number(value: str) -> int:
    if not is_number(value):
        msg = "after, limit or page is no number"
        raise invalid_request(msg)
    return int(value)


def _not_found() -> OAuthError:
    return OAuthError("not_found", "there is no such thing", HTTPStatus.NOT_FOUND)


# The scope that a call needs, and what answers it.
_HANDLERS: Final[dict[str, tuple[str, _Handler | None]]] = {
    "company": ("", _company),
    "employees": ("people.read", _employees),
    "absences": ("absence.read", _absences),
}
