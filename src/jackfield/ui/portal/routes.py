"""The pages of portals by their paths."""

from typing import Final

from starlette.routing import Route

from jackfield.ui.portal import account, accounts, entry, frames
from jackfield.ui.portal.portal_request import opened

_POST: Final = ("POST",)

ROUTES: Final = (
    Route("/portal.js", frames.element),
    Route("/portal/open", entry.show_link),
    Route("/portal/open", entry.use_link, methods=_POST),
    Route("/portal/frames/{frame_id}", frames.frame),
    Route("/portal/{session_id}", opened(accounts.list_accounts)),
    Route("/portal/{session_id}/link", opened(accounts.link_another), methods=_POST),
    Route("/portal/{session_id}/leave", opened(entry.leave), methods=_POST),
    Route("/portal/{session_id}/accounts/{account_id}", opened(account.show_account)),
    Route(
        "/portal/{session_id}/accounts/{account_id}/{verb}",
        opened(account.change_account),
        methods=_POST,
    ),
)
