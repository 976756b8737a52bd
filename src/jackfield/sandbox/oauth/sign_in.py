"""`/authorize` and `/device`: the pages where people decide."""

from http import HTTPStatus

from jackfield.sandbox.oauth import authorization, pages
from jackfield.sandbox.oauth.authority import Authority, Device
from jackfield.sandbox.oauth.people import Person
from jackfield.sandbox.oauth.refusals import OAuthError, Turned, invalid_request
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.oauth.scopes import SCOPES
from jackfield.sandbox.replies import Reply


def authorize(authority: Authority, request: Request) -> Reply:
    """Show what is asked for, or take the decision that the form brings."""
    form = read_form(request) if request.method == "POST" else {}
    raw_query = form.get("request", request.raw_query)
    try:
        consent = authorization.read_consent(authority, raw_query)
        person = authority.people.find(
            form.get("person") or consent.client.conduct.terms.auto_approve
        )
        if form.get("decision") == "deny":
            return redirect(authorization.deny(authority, consent))
        if person is not None:
            return redirect(authorization.approve(authority, consent, person))
    except Turned as turned:
        return redirect(turned.location)
    except OAuthError as error:
        return pages.message("This sign-in cannot go on", f"{error.description}.", error.status)
    scopes = dict.fromkeys([*consent.scopes, *consent.user_scopes])
    return pages.render(
        "consent",
        client=consent.client.name,
        action=request.path,
        hidden={"request": raw_query},
        asks_code=False,
        people=list(authority.people),
        scopes={name: SCOPES.get(name, name) for name in scopes},
    )


def device(authority: Authority, request: Request) -> Reply:
    """Ask for the code of a device, or take the decision on it."""
    form = read_form(request) if request.method == "POST" else request.query
    user_code = form.get("user_code", "")
    if "decision" not in form:
        return pages.render(
            "consent",
            client="A device",
            action=request.path,
            hidden={},
            asks_code=True,
            user_code=user_code,
            people=list(authority.people),
            scopes={},
        )
    person = authority.people.find(form.get("person", ""))
    return decide_device(authority, user_code, person if form["decision"] == "allow" else None)


def decide_device(authority: Authority, user_code: str, person: Person | None) -> Reply:
    """Let a person into a device, or deny it where there is none."""
    waiting = find_device(authority, user_code)
    if waiting is None:
        text = "The code is unknown or has expired. Look at your device and try again."
        return pages.message("No device has this code", text, HTTPStatus.BAD_REQUEST)
    waiting.person, waiting.denied = person, person is None
    if person is None:
        return pages.message("You denied it", "Your device is told so.")
    return pages.message("You are signed in", "Go back to your device.")


def find_device(authority: Authority, user_code: str) -> Device | None:
    """Return the device that waits with a code, however that is written."""
    wanted = "".join(letter for letter in user_code.upper() if letter.isalnum())
    return next(
        (
            each
            for each in authority.devices.values()
            if each.user_code.replace("-", "") == wanted and authority.now() < each.ends_at
        ),
        None,
    )


def read_form(request: Request) -> dict[str, str]:
    """
    Read what the form of one of our pages brings.

    Raises:
        OAuthError: it is another site's.
    """
    if request.headers.get("origin", request.origin) != request.origin:
        msg = "the form is another site's"
        raise invalid_request(msg, HTTPStatus.FORBIDDEN)
    return request.form()


def redirect(location: str) -> Reply:
    headers = {"location": location, "cache-control": "no-store"}
    return Reply(b"", HTTPStatus.SEE_OTHER, headers=headers)
