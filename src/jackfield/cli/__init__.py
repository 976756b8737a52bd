"""`jackfield`: run the hub, look after it, use it, and work on connectors."""

import importlib
from typing import Final

import click

# Each command's module is imported when the command is called, so that `--help` stays quick:
# that is why the summaries stand here and not only in the modules.
_COMMANDS: Final = {
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


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jackfield", prog_name="jackfield")
def main() -> None:
    """Link your customers' SaaS accounts and run their providers' actions."""
