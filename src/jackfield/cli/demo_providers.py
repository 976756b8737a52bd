"""`jackfield demo --all`: a sandbox and an account of every provider that comes with Jackfield."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener  # noqa: TID251 - this machine alone

if TYPE_CHECKING:
    from jackfield.sandbox.connector.credentials import Login
    from jackfield.sandbox.connector.server import ConnectorSandbox

# Sends a request to the hub: method, path, and `body` and `headers`.
Ask: TypeAlias = Callable[..., Any]
# Has a sandbox that knows it better, and runs in each demo.
_ITERABLE: Final = "iterable"
_PERSON: Final = "ada"
_SECONDS: Final = 30


@asynccontextmanager
async def serving_providers() -> AsyncGenerator[dict[str, "ConnectorSandbox"]]:
    """Serve a sandbox of each provider that there is, by the connector's key."""
    from jackfield.connectors.catalog import Catalog  # noqa: PLC0415
    from jackfield.connectors.loading.discovery import own_folder  # noqa: PLC0415
    from jackfield.sandbox.connector.server import serve  # noqa: PLC0415

    catalog = Catalog([own_folder()])
    catalog.load()
    async with AsyncExitStack() as stack:
        yield {
            # An invented provider says nothing of how far it was proved.
            each.key: await stack.enter_async_context(serve(each))
            for each in catalog.connectors()
            if each.quality is not None and each.key != _ITERABLE
        }


def link_all(
    sandboxes: Mapping[str, "ConnectorSandbox"], ask: Ask, url: str, owner: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Link an account of each provider, run an action that reads, and return a row for each."""
    rows: list[dict[str, Any]] = []
    for key, sandbox in sandboxes.items():
        login = _login(sandbox)
        session = _session(key, login, ask, owner)
        offered = ask("GET", "/hub/connectors", headers=_token(session))["integrations"][0]
        if login.method.redirects:
            account = _sign_in(sandbox, login, ask, url, session, offered["integration_id"])
        else:
            body = {
                "integration_id": offered["integration_id"],
                "credentials": dict(login.credentials),
            }
            account = ask("POST", "/hub/accounts", headers=_token(session), body=body)["id"]
        connector = sandbox.state.provider.connector
        action = next(
            each for each in connector.actions if each.only_reads and not each.is_internal
        )
        inputs = sandbox.sample_inputs(action.name)
        output = ask(
            "POST",
            "/actions/rpc",
            headers={"x-account-id": account},
            body={"action": action.id, "body": inputs},
        )
        rows.append(
            {
                "provider": connector.title,
                "auth_method": login.method.label,
                "account_id": account,
                "sandbox": sandbox.url,
                "action": action.id,
                "inputs": inputs,
                "result": output["data"],
            }
        )
    return rows


def _login(sandbox: "ConnectorSandbox") -> "Login":
    """Return an auth method that needs no sign-in, or else the first."""
    plain = (each for each in sandbox.logins if not each.method.needs_tokens and not each.setup)
    return next(plain, sandbox.logins[0])


def _session(key: str, login: "Login", ask: Ask, owner: Mapping[str, str]) -> Any:
    if login.setup:
        profile = {
            "connector_key": key,
            "authentication_config_key": login.method.key,
            "setup": dict(login.setup),
            "default": True,
        }
        ask("POST", "/connector_profiles", body=profile)
    return ask("POST", "/connect_sessions", body={**owner, "provider": key})


def _sign_in(
    sandbox: "ConnectorSandbox", login: "Login", ask: Ask, url: str, session: Any, integration: str
) -> str:
    """Go to the provider as a browser does, agree there, come back, and return the account."""
    headers = _token(session)
    attempt = ask(
        "POST", "/hub/connection_attempts", headers=headers, body={"token": session["token"]}
    )
    query = {
        "redirect_uri": f"{url}/embedded/accounts/callback",
        "token": session["token"],
        "connection_attempt_id": attempt["id"],
        **login.credentials,
    }
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    start = f"{url}/connect/oauth2/{integration}?{urlencode(query)}"
    with browser.open(start, timeout=_SECONDS) as page:
        asked = urlsplit(str(page.url)).query
    form = urlencode({"request": asked, "person": _PERSON, "decision": "allow"}).encode()
    with browser.open(f"{sandbox.url}/authorize", form, timeout=_SECONDS) as page:
        page.read()
    ended = ask("GET", f"/hub/connection_attempts/{attempt['id']}", headers=headers)
    return str(ended["account"]["id"])


def _token(session: Any) -> dict[str, str]:
    return {"x-hub-session-token": session["token"]}
