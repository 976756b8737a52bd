"""`jackfield portal`: a link to a customer's own page."""

import click

from jackfield.cli.output import json_option, print_json, say


@click.command()
@click.argument("owner_id")
@click.option("--owner-name", help="Your customer's name; that of their newest account.")
@click.option("--expires-in", type=int, default=1800, show_default=True, help="Seconds.")
@click.option(
    "--allow",
    type=click.Choice(["read", "pause", "relink", "remove", "link"]),
    multiple=True,
    help="What may be done there, several times; everything when left out.",
)
@click.option("--lang", type=click.Choice(["en", "de", "fr", "es", "ja"]), help="The language.")
@json_option
def portal(
    owner_id: str,
    *,
    owner_name: str | None,
    expires_in: int,
    allow: tuple[str, ...],
    lang: str | None,
    as_json: bool,
) -> None:
    """
    Print a link to the page of OWNER_ID, your customer in your own system.

    There they see what they have linked and what ran, pause, link again and remove. It opens once.
    """
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`
    from jackfield.client import PortalSession  # noqa: PLC0415

    session = api.call(
        "POST",
        "/jackfield/portal_sessions",
        PortalSession,
        body={
            "origin_owner_id": owner_id,
            "origin_owner_name": owner_name,
            "expires_in": expires_in,
            "allow": list(allow) or None,
            "locale": lang,
        },
    )
    if as_json:
        print_json(session)
    else:
        say(session["url"])
