"""`jackfield projects …`: the projects of this installation."""

import asyncio
from typing import TYPE_CHECKING

import click

from jackfield.cli.members import opened_hub
from jackfield.cli.output import json_option, print_json, print_table, reporting, say
from jackfield.kit.actor import Actor

if TYPE_CHECKING:
    from jackfield.projects.models import Project


@click.group()
def projects() -> None:
    """
    List and make projects.

    Works on the database of this installation (JACKFIELD_DATA_DIR or JACKFIELD_DATABASE_URL),
    also while the hub is running.
    """


@projects.command("list")
@json_option
@reporting
def list_projects(*, as_json: bool) -> None:
    """List all projects."""

    async def ask() -> list["Project"]:
        from jackfield.projects.repo import all_projects  # noqa: PLC0415 - kept out of `--help`

        async with opened_hub() as hub:
            return await all_projects(hub.db)

    found = asyncio.run(ask())
    if as_json:
        print_json({"data": found, "next": None})
        return
    rows = [(each.id, each.name, f"{each.created_at:%Y-%m-%d %H:%M}") for each in found]
    print_table(["id", "name", "created"], rows, empty="no projects")


@projects.command()
@click.argument("name")
@click.option("--owner", metavar="EMAIL", help="A member of another project who owns this one.")
@json_option
@reporting
def create(name: str, owner: str | None, *, as_json: bool) -> None:
    """Make a project called NAME."""

    async def make() -> "Project":
        from jackfield.members.models import MemberNotFound, normal_email  # noqa: PLC0415 - as above
        from jackfield.members.projects import create_project  # noqa: PLC0415
        from jackfield.members.repo import find_member  # noqa: PLC0415
        from jackfield.profiles import service as profiles  # noqa: PLC0415

        async with opened_hub() as hub:
            member, actor = None, Actor.command("projects create")
            if owner is not None:
                member = await find_member(hub.db, normal_email(owner))
                if member is None:
                    msg = f"there is no member {owner!r}"
                    raise MemberNotFound(msg)
            made = await create_project(hub, name, actor, owner=member)
            await profiles.ensure_defaults(hub, made.id, actor)
            return made

    made = asyncio.run(make())
    if as_json:
        print_json(made)
    else:
        say(made.id)


@projects.command("allow-everywhere")
@click.argument("name")
@reporting
def allow_everywhere(name: str) -> None:
    """Let the project NAME be used from every network again: the way back for who is shut out."""

    async def change() -> None:
        from jackfield.projects import service  # noqa: PLC0415 - kept out of `--help`
        from jackfield.projects.models import ProjectNotFound  # noqa: PLC0415
        from jackfield.projects.repo import find_project  # noqa: PLC0415

        async with opened_hub() as hub:
            project = await find_project(hub.db, name)
            if project is None:
                msg = f"no project {name!r}"
                raise ProjectNotFound(msg)
            async with hub.db.write(project.id, Actor.command("projects allow-everywhere")) as tx:
                await service.change_settings(tx, {"allowed_networks": None})

    asyncio.run(change())
    say(f"project {name!r} is used from everywhere", err=True)
