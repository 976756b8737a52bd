"""Faults on the way to a provider and back."""

from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.responses import RedirectResponse

from jackfield.connect.sign_in import exchange
from jackfield.connect.sign_in import service as sign_ins
from jackfield.connect.sign_in.models import Stage
from jackfield.connect.sign_in.repo import SignIns
from jackfield.engine.oauth.sign_in import SignInRequest
from jackfield.engine.oauth.token_endpoint import TokenEndpoint
from jackfield.kit.errors import HubError
from jackfield.ui import rendering
from jackfield.ui.hub import sign_in as sign_in_pages
from tests.attacks.seeded import fault


@fault("state_of_another_browser", "forged_callback", "sign_in_in_a_victims_window")
def state_of_any_browser(patch: pytest.MonkeyPatch) -> None:
    """The state is not bound to the browser that was sent to the provider."""
    patch.setattr(sign_ins, "hmac", SimpleNamespace(compare_digest=lambda _a, _b: True))


@fault("repeated_state")
def state_works_twice(patch: pytest.MonkeyPatch) -> None:
    """A state can be used again."""
    found, keep = sign_ins.find_by_state, sign_ins.keep

    async def find(*given: Any) -> Any:
        each = await found(*given)
        return each and (replace(each[0], stage=Stage.STARTED), each[1])

    async def redeem(*_given: Any, **_more: Any) -> bool:
        return True

    async def kept(tx: Any, hub: Any, sign_in: Any, each: Any) -> None:
        if each.request is not None or sign_in.stage is Stage.PREPARED:
            await keep(tx, hub, sign_in, each)

    async def keep_all(*_given: Any) -> None:
        return

    patch.setattr(sign_ins, "find_by_state", find)
    patch.setattr(sign_ins, "keep", kept)
    patch.setattr(sign_ins, "keep_form_alone", keep_all)
    patch.setattr(SignIns, "redeem", redeem)


@fault("repeated_code")
def code_sent_again(patch: pytest.MonkeyPatch) -> None:
    """A code is sent a second time to make sure."""
    exchange_code = TokenEndpoint.exchange_code

    async def exchanged(*given: Any) -> Any:
        tokens = await exchange_code(*given)
        with suppress(HubError):
            await exchange_code(*given)
        return tokens

    patch.setattr(TokenEndpoint, "exchange_code", exchanged)


@fault("repeated_start")
def start_works_twice(patch: pytest.MonkeyPatch) -> None:
    """The address that leads to the provider can be used again, by whoever has it."""
    found, start = sign_ins.find_by_key, SignIns.start

    async def find(*given: Any) -> Any:
        each = await found(*given)
        return each and replace(each, stage=Stage.PREPARED)

    async def started(*given: Any, **more: Any) -> bool:
        await start(*given, **more)
        return True

    patch.setattr(sign_ins, "find_by_key", find)
    patch.setattr(SignIns, "start", started)


@fault("weakened_pkce", "injected_code")
def no_pkce(patch: pytest.MonkeyPatch) -> None:
    """The hub signs in without PKCE."""
    made = exchange.new_request
    patch.setattr(exchange, "new_request", lambda *a, **k: replace(made(*a, **k), verifier=""))


@fault("weakened_pkce")
def readable_challenge(patch: pytest.MonkeyPatch) -> None:
    """The challenge is the verifier itself."""
    patch.setattr(SignInRequest, "challenge", property(lambda self: self.verifier))


@fault("weakened_pkce", "injected_code")
def same_challenge(patch: pytest.MonkeyPatch) -> None:
    """All sign-ins have the same verifier."""
    made = exchange.new_request
    patch.setattr(
        exchange, "new_request", lambda *a, **k: replace(made(*a, **k), verifier="v" * 64)
    )


@fault("mixed_up_providers")
def callback_of_any_provider(patch: pytest.MonkeyPatch) -> None:
    """The callback of one provider takes the answer to a sign-in at another."""
    finish = sign_ins.finish

    async def finished(hub: Any, key: str, parameters: Any, browser: Any) -> Any:
        found = await sign_ins.find_by_state(hub.db, sign_ins.State(parameters.get("state", "")))
        asked = found[0].connector_key if found and found[0].connector_key else key
        return await finish(hub, asked, parameters, browser)

    patch.setattr(sign_ins, "finish", finished)


@fault("mixed_up_issuers")
def issuer_not_compared(patch: pytest.MonkeyPatch) -> None:
    """An answer is taken from whatever server it says that it is of."""
    patch.setattr(exchange, "require_issuer", lambda *_: None)


@fault("chosen_parameters")
def parameters_go_along(patch: pytest.MonkeyPatch) -> None:
    """Parameters of the request that begins a sign-in are handed on to the provider."""
    keep = sign_in_pages.keep_browser

    def kept(request: Any, response: Any, browser: Any) -> None:
        keep(request, response, browser)
        added = urlencode(dict(request.query_params))
        response.headers["location"] += f"&{added}"

    patch.setattr(sign_in_pages, "keep_browser", kept)


@fault("headers_of_another_host")
def host_of_the_request(patch: pytest.MonkeyPatch) -> None:
    """The redirect URI is made of the host that a request names."""
    keep = sign_in_pages.keep_browser

    def kept(request: Any, response: Any, browser: Any) -> None:
        keep(request, response, browser)
        host, own = request.headers["host"], request.app.state.hub.public_url.partition("://")[2]
        place = response.headers["location"]
        response.headers["location"] = place.replace(own, host)

    patch.setattr(sign_in_pages, "keep_browser", kept)


@fault("open_redirects")
def redirect_to_anywhere(patch: pytest.MonkeyPatch) -> None:
    """Where a sign-in is not known, the browser is sent where the query says."""
    refused = sign_in_pages._refused  # noqa: SLF001 - a fault is planted inside

    def sent_on(request: Any, error: Any) -> Any:
        to = request.query_params.get("next")
        return RedirectResponse(to) if to else refused(request, error)

    patch.setattr(sign_in_pages, "_refused", sent_on)


@fault("leaking_addresses")
def referrer_is_told(patch: pytest.MonkeyPatch) -> None:
    """Pages with a token in their address tell other sites where a browser was."""
    told = {**rendering._HEADERS, "referrer-policy": "unsafe-url"}  # noqa: SLF001
    patch.setattr(rendering, "_HEADERS", told)


@fault("attempt_of_another_session", "sign_in_of_another_project")
def attempt_of_any_session(patch: pytest.MonkeyPatch) -> None:
    """A sign-in is found for every session that names it."""

    async def find(hub: Any, _holder: Any, sign_in_id: str) -> Any:
        rows = await hub.db.unscoped(
            "select project_id from sign_ins where id = :id", id=sign_in_id
        )
        async with hub.db.read(rows[0]["project_id"]) as tx:
            return await SignIns(tx).get(sign_in_id)

    patch.setattr(sign_ins, "find", find)
