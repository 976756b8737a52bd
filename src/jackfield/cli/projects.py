"""`jackfield projects …`: the projects of this installation."""

import asyncio
from typing import TYPE_CHECKING

import click

from jackfield.cli.members import opened_hub
from jackfield.cli.output import fail, json_option, print_json, print_table, reporting, say
from jackfield.kit.actor import Actor

if TYPE_CHECKING:
    from jackfield.members.project_deletion.models import Doomed
    from jackfield.projects.models import Project


@click.group()
def projects() -> None:
    """
    List, make and delete projects.

    Works on the database of this installation (JACKFIELD_DATA_DIR or JACKFIELD_DATABASE_URL),
    also while the hub is running.
    """


@projects.command("list")
@json_option
@reporting
def list_projects(*, as_json: bool) -> None:
    """List all projects."""

    async def ask() -> tuple[list["Project"], list["Project"]]:
        from jackfield.members.project_deletion.repo import unfinished  # noqa: PLC0415 - kept out
        from jackfield.projects.repo import all_projects  # noqa: PLC0415 - of `--help`

        async with opened_hub() as hub:
            return await all_projects(hub.db), await unfinished(hub.db)

    found, begun = asyncio.run(ask())
    for each in begun:
        again = f"jackfield projects delete {_quoted(each.name)}"
        say(f"{each.name!r} is being deleted; to finish that now: {again}", err=True)
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


@projects.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@reporting
def delete(name: str, *, yes: bool, as_json: bool) -> None:
    r"""
    Delete the project NAME for good, with all that it has but its audit log.

    Its keys are destroyed first, so that nothing opens its credentials any more, in no backup
    either, and nobody gets in: its API keys, sessions and links end within a second, also in a hub
    that runs. Then its rows go, beside the work of others. Cut off, it is gone on with by a running
    hub, or by the same command. Members who are in other projects, too, stay there.

    At the providers the credentials stay valid: end them first, with `jackfield revoke`.

    \b
    jackfield revoke --project staging
    jackfield projects delete staging
    """

    async def work() -> "Doomed":
        from jackfield.cli import progress  # noqa: PLC0415 - kept out of `--help`
        from jackfield.members.project_deletion import service  # noqa: PLC0415

        async with opened_hub() as hub:
            doomed = await service.look_at(hub, name)
            _confirm(doomed, yes=yes)
            with progress.shown() as show:
                await service.delete_project(hub, doomed, Actor.command("projects delete"), show)
            return doomed

    doomed = asyncio.run(work())
    if as_json:
        project = doomed.project
        print_json({"id": project.id, "name": project.name, "deleted": doomed.contents})
    else:
        say(f"the project {name!r} is deleted", err=True)


def _confirm(doomed: "Doomed", *, yes: bool) -> None:
    project = doomed.project
    if doomed.is_begun:
        say(f"the deletion of {project.name!r} had begun; going on with it", err=True)
        return
    say(
        f"This deletes the project {project.name!r} ({project.id}) for good: "
        f"{doomed.contents}. Its credentials are destroyed here; they stay valid at the "
        f"providers, unless this was done before: jackfield revoke --project {_quoted(project.name)}",
        err=True,
    )
    if yes:
        return
    typed = click.prompt("Type the name of the project to go on", err=True, default="")
    if typed.strip() != project.name:
        fail("nothing was changed")


def _quoted(name: str) -> str:
    import shlex  # noqa: PLC0415 - kept out of `--help`

    return shlex.quote(name)
