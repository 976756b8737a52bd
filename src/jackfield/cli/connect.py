"""`jackfield connect`: an auth link for an origin owner."""

import click

from jackfield.cli.output import json_option, print_json, say


@click.command()
@click.argument("provider")
@click.option("--owner-id", required=True, help="Your customer, in your own system.")
@click.option("--owner-name", help="Your customer's name, for people; the id when left out.")
@click.option("--expires-in", type=int, default=432_000, show_default=True, help="Seconds.")
@click.option("--label", help="Stored on the account.")
@click.option("--account", "account_id", help="Link this account again.")
@json_option
def connect(
    provider: str,
    owner_id: str,
    *,
    owner_name: str | None,
    expires_in: int,
    label: str | None,
    account_id: str | None,
    as_json: bool,
) -> None:
    """
    Print an auth link for PROVIDER, such as iterable.

    One person can link one account with it on behalf of your customer, once.
    """
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`
    from jackfield.client import ConnectSession  # noqa: PLC0415

    session = api.call(
        "POST",
        "/connect_sessions",
        ConnectSession,
        body={
            "provider": provider,
            "origin_owner_id": owner_id,
            "origin_owner_name": owner_name or owner_id,
            "expires_in": expires_in,
            "label": label,
            "account_id": account_id,
        },
    )
    if as_json:
        print_json(session)
    else:
        say(session["auth_link_url"])
