"""The command line. Commands import late: `--help` and a usage error load no model and no runtime.

Every command is a module of this package with a ``command`` (a `click.Command`); an exception of `visavis.errors`
becomes one line on standard error with its code, and its exit status.
"""

import importlib
import sys
from typing import Final

import click

from visavis import __version__
from visavis.errors import ExitStatus, VisavisError

__all__ = ["main"]

COMMANDS: Final = {
    "compare": ("visavis.cli.compare", "Compare the faces in two pictures, one to one."),
    "verify": ("visavis.cli.verify", "Verify that a probe shows the holder of a document, by a policy."),
    "models": ("visavis.cli.models", "List, pull and verify the models."),
    "evaluate": ("visavis.cli.evaluate", "Measure accuracy, with bounds, on labelled pictures."),
    "policies": ("visavis.cli.policies", "List and check policies."),
}


class LateGroup(click.Group):
    """Knows the names of its commands and loads one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=LateGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="visavis")
def cli() -> None:
    """visavis: 1:1 identity verification, face to face. Nothing is kept."""


def main(arguments: list[str] | None = None) -> None:
    """Run, and leave with the exit status of `visavis.errors.ExitStatus`; never a traceback for a foreseen error."""
    try:
        status = cli.main(args=arguments, prog_name="visavis", standalone_mode=False)
    except VisavisError as error:
        click.echo(f"visavis: {error}", err=True)
        sys.exit(int(error.exit_status))
    except click.ClickException as error:
        error.show()
        sys.exit(int(ExitStatus.USAGE))
    except (click.Abort, KeyboardInterrupt):
        click.echo("visavis: stopped. [interrupted]", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    sys.exit(int(status) if isinstance(status, int) else 0)
