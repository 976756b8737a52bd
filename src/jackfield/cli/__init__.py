"""`jackfield`: run the hub, look after it, use it, and work on connectors."""

import importlib
import traceback
from typing import Any, Final

import click

_BUG: Final = 70

# A command's module is imported only when it is called, so that `--help` stays quick: this is why
# the summaries are repeated here.
_COMMANDS: Final = {
    "demo": ("jackfield.cli.demo:demo", "Try everything on this machine."),
    "serve": ("jackfield.cli.serve:serve", "Serve the API, the Hub and the dashboard."),
    "worker": ("jackfield.cli.worker:worker", "Do background work alone, beside others."),
    "migrate": ("jackfield.cli.migrate:migrate", "Bring the database to this version."),
    "keys": ("jackfield.cli.keys:keys", "Make, list and revoke API keys."),
    "vault": ("jackfield.cli.vault:vault", "Give up keys that are lost for good."),
    "doctor": ("jackfield.cli.doctor:doctor", "Check this installation; sign in."),
    "connect": ("jackfield.cli.connect:connect", "Print a link to connect an account."),
    "accounts": ("jackfield.cli.accounts:accounts", "List and look after linked accounts."),
    "actions": ("jackfield.cli.actions:actions", "List, search and show actions."),
    "webhooks": ("jackfield.cli.webhooks:webhooks", "List webhooks, and replay deliveries."),
    "run": ("jackfield.cli.actions:run", "Run an action with an account."),
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

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            # Click handles these, also a closed pipe such as that of `head`.
            raise
        except Exception:  # noqa: BLE001 - any other error is a bug
            traceback.print_exc()
            click.echo("this is a bug of Jackfield's; please report the traceback above", err=True)
            ctx.exit(_BUG)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jackfield", prog_name="jackfield")
def main() -> None:
    """Link your customers' SaaS accounts and run their providers' actions."""
