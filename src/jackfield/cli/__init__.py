"""`jackfield`: run the hub, look after it, use it, and work on connectors."""

import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

# A command's module is imported only when it is called, so that `--help` stays quick: this is why
# the summaries are repeated here.
_COMMANDS: Final = {
    "demo": ("jackfield.cli.demo:demo", "Try everything on this machine."),
    "serve": ("jackfield.cli.serve:serve", "Serve the API, the Hub and the dashboard."),
    "worker": ("jackfield.cli.worker:worker", "Do background work alone, beside others."),
    "migrate": ("jackfield.cli.migrate:migrate", "Bring the database to this version; move it."),
    "backup": ("jackfield.cli.backup:backup", "Copy all but the keyring into an encrypted file."),
    "restore": ("jackfield.cli.restore:restore", "Restore a backup into an empty installation."),
    "keys": ("jackfield.cli.keys:keys", "Make, list and revoke API keys."),
    "members": ("jackfield.cli.members:members", "Invite and look after people."),
    "projects": ("jackfield.cli.projects:projects", "List and make projects."),
    "vault": ("jackfield.cli.vault:vault", "Move accounts to another hub; give up lost keys."),
    "audit": ("jackfield.cli.audit:audit", "Verify and export the audit log."),
    "doctor": ("jackfield.cli.doctor:doctor", "Check this installation; sign in."),
    "connect": ("jackfield.cli.connect:connect", "Print a link to connect an account."),
    "portal": ("jackfield.cli.portal:portal", "Print a link to a customer's own page."),
    "accounts": ("jackfield.cli.accounts:accounts", "List and look after linked accounts."),
    "revoke": ("jackfield.cli.revoke:revoke", "End credentials at their providers, with proof."),
    "issues": ("jackfield.cli.issues:issues", "List what is wrong with accounts; resolve, mute."),
    "actions": ("jackfield.cli.actions:actions", "List, search and show actions."),
    "webhooks": ("jackfield.cli.webhooks:webhooks", "List, test and replay webhooks."),
    "run": ("jackfield.cli.run:run", "Run an action with an account."),
    "logs": ("jackfield.cli.logs:logs", "Find runs in the log, or follow them."),
    "mcp": ("jackfield.cli.mcp:mcp", "Offer accounts as MCP tools to a local client."),
    "connectors": ("jackfield.cli.connectors:connectors", "Write, check and try connectors."),
    "sandbox": ("jackfield.cli.sandbox:sandbox", "Simulate a provider on this machine."),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run a command, also from a shell whose streams or character set are unusual."""
        _open_streams()
        given = [_as_typed(each) for each in (sys.argv[1:] if args is None else args)]
        try:
            return super().main(given, *rest, **extra)
        except Exception as error:  # noqa: BLE001 - Click ends the command for those of its own
            from jackfield.cli.failure import end  # noqa: PLC0415 - kept out of `--help`

            end(error, command=next(iter(given), ""))


def _open_streams() -> None:
    """
    Open what is closed of the standard streams, and let text out whatever the character set.

    A file or a socket would take the number of a stream that is closed.
    """
    for name, mode in (("stdin", "r"), ("stdout", "r"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            # Not open for writing: a result that cannot be written is an error.
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - to the end
            setattr(sys, name, nothing)
        elif name != "stdin" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _as_typed(argument: str) -> str:
    """Return an argument as it was typed, where the locale knows ASCII alone."""
    if argument.isascii() or Path(argument).exists():
        return argument
    try:
        return os.fsencode(argument).decode()
    except UnicodeError:
        return argument


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jackfield", prog_name="jackfield")
def main() -> None:
    """Link your customers' SaaS accounts and run their providers' actions."""
