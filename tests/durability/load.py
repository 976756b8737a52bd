"""Clients of a hub that is killed now and then, and what each was told has happened."""

import asyncio
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

from jackfield.sandbox.iterable.server import Sandbox
from tests.durability.processes import Processes

Answer = httpx2.Response
# A write that a kill broke off: whoever repeats it is told that it is under way, until its lease
# ends, and then that it is unknown.
_BROKEN_OFF: Final = {"idempotency_in_flight", "unknown"}
_CREATED: Final = "account.created"
_DELETED: Final = "account.deleted"


@dataclass(slots=True)
class Ledger:
    """What was acknowledged, and what was asked for without an answer."""

    # Events that must arrive: subject, type, and the version that the account had then.
    events: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    # Tokens of connect sessions, ids of what was made, and what was done for a key.
    sessions: dict[str, str] = field(default_factory=dict[str, str])
    endpoints: dict[str, str] = field(default_factory=dict[str, str])
    orders: dict[str, "Order"] = field(default_factory=dict[str, "Order"])
    # The states an account may be in: the last that was acknowledged, and those asked for since.
    accounts: dict[str, list["State"]] = field(default_factory=dict[str, list["State"]])
    deleted: set[str] = field(default_factory=set[str])
    # The owners of links that were refused.
    refused: set[str] = field(default_factory=set[str])
    did: Counter[str] = field(default_factory=Counter[str])


@dataclass(frozen=True, slots=True)
class State:
    """A version of an account: all of it is changed at once."""

    version: str
    region: str

    @classmethod
    def of(cls, account: dict[str, Any]) -> "State":
        assert account["label"] == account["origin_username"], "half a change is there"
        return cls(account["label"], account["setup_information"]["region"])


@dataclass(slots=True)
class Order:
    """A write at the provider that is to be done once."""

    headers: dict[str, str]
    region: str
    is_done: bool = False


class Client:
    """A product's code for one customer: does one thing after the other, and looks at each."""

    def __init__(
        self, name: str, hub: Processes, key: str, sandbox: Sandbox, ledger: Ledger, seed: int
    ) -> None:
        self._name = name
        self._hub = hub
        self._sandbox = sandbox
        self._ledger = ledger
        self._chosen = random.Random(seed)  # noqa: S311 - so that a seed repeats it
        self._count = itertools.count()
        self._api = httpx2.AsyncClient(auth=(key, ""))
        self._account = ""

    @property
    def _possible(self) -> list[State]:
        return self._ledger.accounts[self._account]

    async def run(self, done: asyncio.Event) -> None:
        """Go on until `done`, and leave no request under way."""
        while not done.is_set():
            if not self._account:
                await self._link()
                continue
            await self._look()
            does = (self._change, self._change, self._order, self._order, self._read)
            rarely = (self._delete, self._open_session, self._make_endpoint)
            await self._chosen.choice((*does, *does, *rarely))()
        await self._api.aclose()

    async def ask(self, method: str, path: str, **sent: Any) -> Answer | None:
        """Return the hub's answer; nothing if it was killed before there was one."""
        self._hub.count_request()
        try:
            answer = await self._api.request(method, f"{self._hub.url}{path}", **sent)
        except httpx2.TransportError:
            await self._hub.up.wait()
            return None
        assert answer.status_code < 500, answer.text
        return answer

    async def _insist(self, method: str, path: str) -> Answer:
        """Ask until there is an answer."""
        while (answer := await self.ask(method, path)) is None:
            pass
        return answer

    async def _link(self) -> None:
        owner, state = f"{self._name}-{next(self._count)}", State("v0", "us")
        session = await self._open_link(owner, state)
        if session is None:
            return
        linked = await self._fill_in(session["token"])
        if linked is None:
            found = await self._insist("GET", f"/accounts?origin_owner_id={owner}")
            (linked,) = found.json()
        self._account = linked["id"]
        self._acknowledge(_CREATED, state)

    async def _open_link(self, owner: str, state: State) -> dict[str, Any] | None:
        terms = {"origin_owner_id": owner, "origin_owner_name": owner, "provider": "iterable"}
        terms |= {"label": state.version, "origin_username": state.version}
        session = await self.ask("POST", "/connect_sessions", json=terms)
        assert session is None or session.status_code == 201, session.text
        return None if session is None else session.json()

    async def _fill_in(self, token: str) -> dict[str, Any] | None:
        """Link; return nothing if the first try came so far, and its answer did not."""
        headers = {"x-hub-session-token": token}
        while True:
            offered = await self.ask("GET", "/hub/connectors", headers=headers)
            if offered is None:
                continue
            if offered.status_code != 200:
                return None
            integration = offered.json()["integrations"][0]["integration_id"]
            body = {"integration_id": integration, "credentials": self._credentials("us")}
            linked = await self.ask("POST", "/hub/accounts", headers=headers, json=body)
            if linked is None:
                continue
            if linked.status_code == 201:
                return linked.json()
            # Between two requests the first has been done after all.
            assert linked.json()["code"] == "connect_session_used", linked.text
            return None

    async def _look(self) -> None:
        found = await self.ask("GET", f"/accounts/{self._account}")
        if found is None:
            return
        assert found.status_code == 200, found.text
        state = State.of(found.json())
        assert state in self._possible, (state, self._possible)
        self._possible[:] = [state]

    async def _change(self) -> None:
        region = self._chosen.choice(("us", "eu"))
        state = State(f"v{next(self._count)}", region)
        self._possible.append(state)
        changed = await self.ask(
            "PATCH",
            f"/accounts/{self._account}",
            json={
                "label": state.version,
                "origin_username": state.version,
                "credentials": self._credentials(region),
                "confirm_identity_change": True,
            },
        )
        if changed is None:
            return
        assert changed.status_code == 200, changed.text
        self._acknowledge("account.updated", state)

    async def _order(self) -> None:
        if len(self._possible) > 1:
            return
        name = f"{self._name}-order-{next(self._count)}"
        headers = {"x-account-id": self._account, "idempotency-key": name}
        order = self._ledger.orders[name] = Order(headers, self._possible[0].region)
        await self.repeat(name, order, times=3)

    async def repeat(self, name: str, order: Order, *, times: int = 1) -> None:
        """Ask for an order, and again where no answer came."""
        sent = {"action": "iterable_create_list", "body": {"name": name}}
        for _ in range(times):
            done = await self.ask("POST", "/actions/rpc", headers=order.headers, json=sent)
            if done is None:
                continue
            if done.status_code == 409:
                assert done.json()["code"] in _BROKEN_OFF, done.text
            else:
                assert done.status_code in (200, 201), done.text
                order.is_done = True
                self._ledger.did["order"] += 1
            return

    async def _read(self) -> None:
        headers = {"x-account-id": self._account}
        sent = {"action": "iterable_list_channels"}
        read = await self.ask("POST", "/actions/rpc", headers=headers, json=sent)
        assert read is None or read.status_code == 200, read.text
        self._ledger.did["read"] += read is not None

    async def _delete(self) -> None:
        gone = await self._insist("DELETE", f"/accounts/{self._account}")
        # Not found: the first try came so far, and its answer did not.
        assert gone.status_code in (200, 404), gone.text
        self._ledger.deleted.add(self._account)
        self._ledger.accounts.pop(self._account)
        self._acknowledge(_DELETED, None)
        self._account = ""

    async def _open_session(self) -> None:
        name = f"{self._name}-session-{next(self._count)}"
        terms = {"origin_owner_id": name, "origin_owner_name": name, "expires_in": 86_400}
        if session := await self._make("/connect_sessions", terms, name):
            self._ledger.sessions[name] = session["token"]

    async def _make_endpoint(self) -> None:
        name = f"{self._name}-endpoint-{next(self._count)}"
        wanted = {"url": "http://127.0.0.1:9/", "events": ["connector.updated"]}
        if endpoint := await self._make(
            "/jackfield/webhooks", {**wanted, "description": name}, name
        ):
            self._ledger.endpoints[name] = endpoint["id"]

    async def _make(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any] | None:
        for _ in range(3):
            made = await self.ask("POST", path, json=body, headers={"idempotency-key": key})
            if made is None:
                continue
            if made.status_code == 409:
                assert made.json()["code"] in _BROKEN_OFF, made.text
                return None
            assert made.status_code == 201, made.text
            self._ledger.did[path] += 1
            return made.json()
        return None

    def _credentials(self, region: str) -> dict[str, str]:
        origin = self._sandbox.us if region == "us" else self._sandbox.eu
        return {"api_key": origin.api_keys["server_side"], "region": region}

    def _acknowledge(self, event: str, state: State | None) -> None:
        self._ledger.events.append((self._account, event, "" if state is None else state.version))
        self._ledger.did[event] += 1
        if state is not None:
            self._ledger.accounts[self._account] = [state]


class Confirmer(Client):
    """A product's code that confirms or refuses each link; its project asks for that."""

    async def run(self, done: asyncio.Event) -> None:
        while not done.is_set():
            await self._link()
        await self._api.aclose()

    async def _link(self) -> None:
        owner, state = f"{self._name}-{next(self._count)}", State("v0", "us")
        session = await self._open_link(owner, state)
        if session is None:
            return
        left = await self._fill_in(session["token"])
        if left is None:
            shown = await self._insist("GET", f"/jackfield/connect_sessions/{session['id']}")
            link_id = shown.json()["pending_link_id"]
        else:
            link_id = left["id"]
        verb, status = self._chosen.choice((("confirm", "confirmed"), ("refuse", "refused")))
        decided = await self._insist("POST", f"/jackfield/pending_links/{link_id}/{verb}")
        if decided.status_code == 409:
            # The first try came so far, and its answer did not.
            assert decided.json()["code"] == "pending_link_decided", decided.text
            decided = await self._insist("GET", f"/jackfield/pending_links/{link_id}")
        assert decided.json()["status"] == status, decided.text
        if verb == "confirm":
            self._account = decided.json()["account_id"]
            self._acknowledge(_CREATED, state)
            await self._look()
        else:
            self._ledger.refused.add(owner)
        self._ledger.did[status] += 1
