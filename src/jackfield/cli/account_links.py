"""`jackfield accounts links`: a link for each account of a search, with which it is linked again."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import click

from jackfield.cli.account_jobs import search_options, search_query
from jackfield.cli.output import USAGE, fail, json_option, print_json, print_table

if TYPE_CHECKING:
    from jackfield.client import Hub

_PAGE: Final = 1000
_FIVE_DAYS: Final = 5 * 86_400


@click.command()
@search_options
@click.option(
    "--expires-in",
    type=int,
    default=_FIVE_DAYS,
    show_default=True,
    help="For how many seconds each link can be used.",
)
@json_option
def links(*, expires_in: int, as_json: bool, **chosen: Any) -> None:
    """
    Make a link for each account that a search finds, to send to who linked it.

    Whoever opens it links that account again, which keeps its id. For accounts whose credentials
    are lost: --reason credentials_unreadable
    """
    from jackfield.cli import api, progress  # noqa: PLC0415 - kept out of `--help`

    query = search_query(chosen)
    if not query:
        fail("say which accounts, such as --status error", status=USAGE)
    made = list[dict[str, Any]]()
    with api.hub() as hub, progress.shown() as tell:
        # All of them first: what a link changes is not to move an account to another page.
        for account in list(_found(hub, query)):
            tell(f"{len(made)} links made")
            place = f"/jackfield/accounts/{quote(account['id'], safe='')}/reconnect_link"
            link = api.send(hub, "POST", place, query={"expires_in": expires_in})
            made.append(
                {
                    "account_id": account["id"],
                    "origin_owner_id": account["origin_owner_id"],
                    "origin_owner_name": account["origin_owner_name"],
                    "provider": account["provider"],
                    "auth_link_url": link["auth_link_url"],
                    "expires_at": link["expires_at"],
                }
            )
    if as_json:
        print_json(made)
        return
    print_table(
        ["account", "provider", "owner", "link"],
        [
            (
                each["account_id"],
                each["provider"],
                f"{each['origin_owner_name']} ({each['origin_owner_id']})",
                each["auth_link_url"],
            )
            for each in made
        ],
        empty="no account matches; see them all: jackfield accounts list",
    )


def _found(hub: "Hub", query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    page = 1
    while True:
        paged = {**query, "page": page, "page_size": _PAGE}
        accounts = api.send(hub, "GET", "/jackfield/accounts", query=paged)["data"]
        yield from accounts
        if len(accounts) < _PAGE:
            return
        page += 1
