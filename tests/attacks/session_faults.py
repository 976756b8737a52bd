"""Faults of connect sessions, accounts and projects."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from jackfield.accounts import access
from jackfield.accounts.models import Account
from jackfield.connect import linking, verified_account
from jackfield.connect import sessions as connect
from jackfield.connect.models import SessionTerms
from jackfield.connect.pending import service as pending
from jackfield.connect.repo import ConnectSessions
from jackfield.db.tx import Tx
from jackfield.projects import service as projects
from jackfield.projects.settings import ProjectSettings
from jackfield.ui.hub import routes as hub_pages
from tests.attacks.seeded import fault


@fault("repeated_session")
def session_works_twice(patch: pytest.MonkeyPatch) -> None:
    """A session does not end with the account it links."""

    async def end(*_given: Any, **_more: Any) -> None:
        return None

    patch.setattr(ConnectSessions, "end", end)


@fault("chosen_customer")
def customer_of_the_request(patch: pytest.MonkeyPatch) -> None:
    """Whose account is linked can be chosen in the address."""
    load = hub_pages.load

    async def loaded(request: Any) -> Any:
        found = await load(request)
        owner = request.query_params.get("origin_owner_id")
        if not owner:
            return found
        session = found.holder.session
        terms = replace(session.terms, origin_owner_id=owner, origin_owner_name=owner)
        return replace(found, holder=replace(found.holder, session=replace(session, terms=terms)))

    patch.setattr(hub_pages, "load", loaded)


@fault("token_as_key")
def token_of_a_session_is_a_key(patch: pytest.MonkeyPatch) -> None:
    """A connect session's token does what an API key does."""
    find, known = projects.find_usable_key, list[Any]()

    async def found(hub: Any, token: Any) -> Any:
        if token.reveal().startswith("jf_ct_"):
            return known[-1]
        known.append(await find(hub, token))
        return known[-1]

    patch.setattr(projects, "find_usable_key", found)


@fault("account_of_another_customer")
def account_of_any_customer(patch: pytest.MonkeyPatch) -> None:
    """A session may edit every account of its project."""

    async def editable(tx: Any, hub: Any, _holder: Any, account_id: str) -> Any:
        return await access.load(tx, hub, account_id, method_required=False)

    patch.setattr(linking, "_editable", editable)


@fault("widened_actions", "widened_scopes")
def actions_of_session_forgotten(patch: pytest.MonkeyPatch) -> None:
    """What a session was opened for is not kept with its account."""
    new = verified_account._new  # noqa: SLF001 - a fault is planted inside

    def widened(tx: Tx, candidate: Any, terms: SessionTerms) -> Account:
        return replace(new(tx, candidate, terms), allowed_actions=None)

    patch.setattr(verified_account, "_new", widened)


@fault("forwarded_link", "edit_before_confirmation")
def links_not_confirmed(patch: pytest.MonkeyPatch) -> None:
    """Links are made though the project wants to confirm them."""
    read = linking.projects.project_settings

    async def settings(*given: Any) -> ProjectSettings:
        return replace(await read(*given), confirm_links=False)

    patch.setattr(linking, "projects", SimpleNamespace(project_settings=settings))


@fault("edit_before_confirmation")
def edits_not_confirmed(patch: pytest.MonkeyPatch) -> None:
    """Only new accounts wait to be confirmed; a change of one is made at once."""
    add = pending.add

    async def added(tx: Any, vault: Any, verified: Any, into: Any) -> Any:
        link = await add(tx, vault, verified, into)
        if into.before is not None:
            await verified_account.save_account(tx, vault, verified, into)
        return link

    patch.setattr(pending, "add", added)


@fault("swapped_by_key", "swapped_by_sign_in")
def identity_not_compared(patch: pytest.MonkeyPatch) -> None:
    """Who an account is of at the provider is not compared as it is linked again."""

    async def never(*_given: Any) -> bool:
        return False

    patch.setattr(verified_account, "identity_changes", never)


@fault("swapped_by_sign_in")
def swap_always_confirmed(patch: pytest.MonkeyPatch) -> None:
    """A sign-in counts as confirmation that another account is meant."""
    save = linking.verify_and_save

    async def saved(*given: Any, **more: Any) -> Any:
        return await save(*given, **{**more, "is_confirmed": True})

    patch.setattr(linking, "verify_and_save", saved)


@fault("swap_that_is_not_told")
def swap_not_told(patch: pytest.MonkeyPatch) -> None:
    """The event of an account that was swapped does not say so."""
    replaced = verified_account.accounts.replace_credentials

    async def quiet(*given: Any, **_more: Any) -> Account:
        return await replaced(*given)

    patch.setattr(verified_account.accounts, "replace_credentials", quiet)


@fault("key_of_another_project")
def sessions_of_any_project(patch: pytest.MonkeyPatch) -> None:
    """A connect session is found by its id alone."""
    one = Tx.one

    async def found(self: Tx, sql: Any, /, **values: object) -> Any:
        if "from connect_sessions" in sql and "and id = :id" in sql:
            sql = sql.replace(
                "project_id = :project_id and", "(project_id = :project_id or 1 = 1) and"
            )
        return await one(self, sql, **values)

    patch.setattr(Tx, "one", found)


@fault("session_of_another_project")
def profiles_of_any_project(patch: pytest.MonkeyPatch) -> None:
    """A connector profile is found by its id alone."""
    offer = connect.offer

    async def found(hub: Any, holder: Any, profile_id: str) -> Any:
        rows = await hub.db.unscoped(
            "select project_id from connector_profiles where id = :id", id=profile_id
        )
        return await offer(hub, replace(holder, project_id=rows[0]["project_id"]), profile_id)

    patch.setattr(connect, "offer", found)
