"""Faults of pages, frames and portals."""

import gzip
from dataclasses import replace
from typing import Any

import pytest

from jackfield.accounts.models import Account
from jackfield.accounts.repo import Accounts
from jackfield.connect import frames
from jackfield.portal import service as portals
from jackfield.portal.repo import PortalSessions
from jackfield.projects.settings import ProjectSettings
from jackfield.ui import assets, rendering
from jackfield.ui.portal import entry, portal_request
from tests.attacks.seeded import fault


@fault("foreign_frames")
def frames_for_any_origin(patch: pytest.MonkeyPatch) -> None:
    """Every page may show the Hub."""
    patch.setattr(frames, "_require_allowed", lambda *_: None)


@fault("foreign_frames")
def origin_by_its_beginning(patch: pytest.MonkeyPatch) -> None:
    """An origin is allowed that begins like one that is."""

    def allows(self: ProjectSettings, origin: str) -> bool:
        return any(origin.startswith(each) for each in self.allowed_origins)

    patch.setattr(ProjectSettings, "allows_origin", allows)


@fault("foreign_frames")
def origin_by_its_end(patch: pytest.MonkeyPatch) -> None:
    """An origin is allowed that ends like one that is."""

    def allows(self: ProjectSettings, origin: str) -> bool:
        return any(origin.endswith(each.partition("://")[2]) for each in self.allowed_origins)

    patch.setattr(ProjectSettings, "allows_origin", allows)


@fault("frame_of_another_session")
def frame_of_any_session(patch: pytest.MonkeyPatch) -> None:
    """A frame takes the token of every session."""

    async def frame_of(hub: Any, _holder: Any, frame_id: str) -> Any:
        return await frames.find_frame(hub.db, frame_id)

    patch.setattr(frames, "frame_of", frame_of)


@fault("framed_pages", "form_in_a_frame")
def pages_in_any_frame(patch: pytest.MonkeyPatch) -> None:
    """The Hub's pages can be framed."""
    patch.setattr(rendering, "_UNFRAMED", {"content-security-policy": "default-src 'self'"})


@fault("markup_in_pages")
def inline_scripts(patch: pytest.MonkeyPatch) -> None:
    """Pages run scripts that stand in them."""
    policy = rendering._UNFRAMED["content-security-policy"]  # noqa: SLF001
    loose = policy.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'")
    patch.setattr(rendering, "_UNFRAMED", {"content-security-policy": loose})


@fault("repeated_portal_link")
def portal_link_works_twice(patch: pytest.MonkeyPatch) -> None:
    """The link of a customer's page opens it again."""
    require = portals.require_link

    async def found(hub: Any, token: Any) -> Any:
        holder = await portals.find_by_token(hub.db, token)
        return holder or await require(hub, token)

    async def opened(*_given: Any, **_more: Any) -> bool:
        return True

    patch.setattr(portals, "require_link", found)
    patch.setattr(PortalSessions, "open", opened)


@fault("forged_portal_opening", "forms_of_another_site")
def portal_opens_from_any_site(patch: pytest.MonkeyPatch) -> None:
    """Another site's form opens a customer's page."""
    patch.setattr(entry, "is_from_here", lambda _: True)


@fault("portal_of_another_customer")
def portal_takes_any_form(patch: pytest.MonkeyPatch) -> None:
    """Another site's form changes accounts on a customer's page."""
    patch.setattr(portal_request, "is_from_here", lambda _: True)


@fault("portal_of_another_customer")
def portal_of_any_customer(patch: pytest.MonkeyPatch) -> None:
    """A customer's page finds every account of the project by its id."""

    async def get(self: Accounts, _owner: str, account_id: str) -> Account:
        return await self.get(account_id)

    patch.setattr(Accounts, "get_of_owner", get)


@fault("messages_of_another_site")
def messages_of_any_window(patch: pytest.MonkeyPatch) -> None:
    """The product's page takes every window for the Hub's frame."""
    script = assets.files()["hub.js"]
    check = b"source !== this.#frame.contentWindow || origin !== this.#base.origin"
    assert check in script.content
    content = script.content.replace(check, b"false")
    loose = replace(script, content=content, zipped=gzip.compress(content, mtime=0))
    changed = {**assets.files(), "hub.js": loose}
    patch.setattr(assets, "files", lambda: changed)
