"""`jackfield members …`: people with access to the dashboard, in this installation's database."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from jackfield.cli.output import json_option, print_json, print_table, reporting, say
from jackfield.kit.actor import Actor
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.members.models import Member, ProjectMember
    from jackfield.projects.models import Project
    from jackfield.runtime import Hub

T = TypeVar("T")

_ROLES = click.Choice(["owner", "admin", "viewer"])
_project = click.option(
    "--project", default="default", show_default=True, help="The project it is about."
)


@click.group()
def members() -> None:
    """
    Invite, list and look after the people who use the dashboard.

    Works on the database of this installation (JACKFIELD_DATA_DIR or JACKFIELD_DATABASE_URL),
    also while the hub is running. The hub sends no e-mail: links are printed.
    """


@members.command("list")
@_project
@json_option
@reporting
def list_members(project: str, *, as_json: bool) -> None:
    """List the members of a project, and its open invites."""

    async def ask(
        hub: "Hub", owner: "Project"
    ) -> tuple[list["ProjectMember"], list[dict[str, object]]]:
        from jackfield.members.invites.repo import Invites  # noqa: PLC0415 - kept out of `--help`
        from jackfield.members.repo import Memberships  # noqa: PLC0415

        async with hub.db.read(owner.id) as tx:
            invites = await Invites(tx).open()
            waiting: list[dict[str, object]] = [
                {"email": each.email, "role": each.role, "expires_at": each.expires_at}
                for each in invites
            ]
            return await Memberships(tx).all(), waiting

    listed, invites = asyncio.run(_with(project, ask))
    if as_json:
        print_json({"data": listed, "invites": invites, "next": None})
        return
    rows: list[tuple[object, ...]] = [
        (
            each.email,
            each.name,
            each.role,
            "second factor" if each.has_factor else "password" if each.has_password else "sso",
            each.signed_in_at and f"{each.signed_in_at:%Y-%m-%d %H:%M}",
        )
        for each in listed
    ]
    rows += [(each["email"], None, each["role"], "invited", None) for each in invites]
    columns = ["email", "name", "role", "sign-in", "last signed in"]
    print_table(columns, rows, empty=f"project {project!r} has no members")


@members.command()
@click.argument("email")
@click.option(
    "--role", type=_ROLES, default="viewer", show_default=True, help="What they may do there."
)
@_project
@json_option
@reporting
def invite(email: str, role: str, project: str, *, as_json: bool) -> None:
    """Invite EMAIL to a project, and print the link to send: once, for seven days.

    An open invite of the same address is replaced.
    """

    async def make(hub: "Hub", owner: "Project") -> dict[str, object]:
        from jackfield.members import service  # noqa: PLC0415 - kept out of `--help`
        from jackfield.members.models import Role  # noqa: PLC0415

        async with hub.db.write(owner.id, Actor.command("members invite")) as tx:
            made = await service.invite(tx, service.Authority(), email, Role(role), replaces=True)
        url = f"{hub.public_url}/dashboard/invite?token={made.token.reveal()}"
        return {"url": url, "email": made.email, "role": made.role, "expires_at": made.expires_at}

    _print_link(asyncio.run(_with(project, make)), as_json=as_json)


@members.command()
@click.argument("email")
@click.option(
    "--role", type=_ROLES, default="viewer", show_default=True, help="What they may do there."
)
@_project
@reporting
def add(email: str, role: str, project: str) -> None:
    """Add EMAIL with a password from standard input, such as for an installation without hands."""
    if sys.stdin.isatty():
        password: str = click.prompt(
            "Password", hide_input=True, confirmation_prompt=True, err=True
        )
    else:
        password = sys.stdin.readline().rstrip("\r\n")

    async def make(hub: "Hub", owner: "Project") -> "Member":
        from jackfield.members import direct  # noqa: PLC0415 - kept out of `--help`
        from jackfield.members.models import Role  # noqa: PLC0415

        return await direct.add(
            hub, owner, Actor.command("members add"), email, Role(role), password
        )

    member = asyncio.run(_with(project, make))
    say(f"{member.email} is {role} of project {project!r}", err=True)


@members.command("role")
@click.argument("email")
@click.argument("role", type=_ROLES)
@_project
@reporting
def change_role(email: str, role: str, project: str) -> None:
    """Give the member EMAIL another ROLE. A project keeps at least one owner."""

    async def change(hub: "Hub", owner: "Project") -> None:
        from jackfield.members import service  # noqa: PLC0415 - kept out of `--help`
        from jackfield.members.models import Role  # noqa: PLC0415

        async with hub.db.write(owner.id, Actor.command("members role")) as tx:
            member = await service.find(hub, tx, email)
            await service.change_role(tx, service.Authority(), member.id, Role(role))

    asyncio.run(_with(project, change))
    say(f"{email} is {role} of project {project!r}", err=True)


@members.command()
@click.argument("email")
@_project
@reporting
def remove(email: str, project: str) -> None:
    """Remove the member EMAIL from a project, at once. A sign-in does not bring them back."""

    async def change(hub: "Hub", owner: "Project") -> None:
        from jackfield.members import service  # noqa: PLC0415 - kept out of `--help`

        async with hub.db.write(owner.id, Actor.command("members remove")) as tx:
            member = await service.find(hub, tx, email)
            await service.remove(tx, service.Authority(), member.id)

    asyncio.run(_with(project, change))
    say(f"removed {email} from project {project!r}", err=True)


@members.command("reset-password")
@click.argument("email")
@click.option("--second-factor", is_flag=True, help="Remove the second factor as well.")
@_project
@json_option
@reporting
def reset_password(email: str, project: str, *, second_factor: bool, as_json: bool) -> None:
    """Take the password of EMAIL away, end their sessions, and print a link to set a new one."""

    async def change(hub: "Hub", owner: "Project") -> dict[str, object]:
        from jackfield.members import direct, service  # noqa: PLC0415 - kept out of `--help`

        actor = Actor.command("members reset-password")
        async with hub.db.read(owner.id) as tx:
            member = await service.find(hub, tx, email)
        url = await direct.reset_password(hub, owner, member, actor, second_factor=second_factor)
        return {"url": url, "email": member.email}

    _print_link(asyncio.run(_with(project, change)), as_json=as_json)


@members.command("sign-in-link")
@click.argument("email")
@_project
@json_option
@reporting
def sign_in_link(email: str, project: str, *, as_json: bool) -> None:
    """Print a link that signs EMAIL in once, whatever else is broken or forbidden."""

    async def make(hub: "Hub", owner: "Project") -> dict[str, object]:
        from jackfield.members import service  # noqa: PLC0415 - kept out of `--help`
        from jackfield.members.sessions.service import make_link  # noqa: PLC0415

        async with hub.db.read(owner.id) as tx:
            member = await service.find(hub, tx, email)
        url = await make_link(hub, owner.id, member, Actor.command("members sign-in-link"))
        return {"url": url, "email": member.email}

    _print_link(asyncio.run(_with(project, make)), as_json=as_json)


def _print_link(made: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(made)
    else:
        say(str(made["url"]))


async def _with(project: str, work: Callable[["Hub", "Project"], Awaitable[T]]) -> T:
    from jackfield.projects.service import get_project  # noqa: PLC0415 - kept out of `--help`

    async with opened_hub() as hub:
        return await work(hub, await get_project(hub.db, project))


@asynccontextmanager
async def opened_hub() -> AsyncGenerator["Hub"]:
    """Open this installation, which must be there and at this version."""
    from jackfield.app import open_hub  # noqa: PLC0415 - kept out of `--help`

    settings = Settings.read()
    async with open_hub(settings, public_url=settings.url, creates=False) as hub:
        yield hub
