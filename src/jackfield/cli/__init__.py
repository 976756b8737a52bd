"""`jackfield`: run the hub, look after it, use it, and work on connectors."""

import importlib
from typing import Final

import click

# Each command's module is imported when the command is, so that `--help` stays quick.
_COMMANDS: Final = {
    "connectors": "jackfield.cli.connectors:connectors",
    "sandbox": "jackfield.cli.sandbox:sandbox",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jackfield", prog_name="jackfield")
def main() -> None:
    """Link your customers' SaaS accounts and run their providers' actions."""
