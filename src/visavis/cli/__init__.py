"""The command line. Commands import late: `--help` and a usage error load no model and no runtime.

Every command is a `click.Command` in a module of this package, called ``command`` or by its name; an exception of
`visavis.errors` becomes one line on standard error with its code, and its exit status.
"""

import contextlib
import errno
import importlib
import os
import sys
from typing import Final

import click

from visavis import __version__
from visavis.errors import ExitStatus, VisavisError

__all__ = ["main"]

COMMANDS: Final = {
    "compare": ("visavis.cli.compare", "Compare the faces in two pictures, one to one."),
    "pad": ("visavis.cli.pad", "Explain what attack detection finds in a clip, witness by witness."),
    "verify": ("visavis.cli.verify", "Verify that a probe shows the holder of a document, by a policy."),
    "document": ("visavis.cli.document", "Read pictures of an identity document, and show where it says what."),
    "chip": ("visavis.cli.chip", "Check a document's chip against the signature of the issuing state."),
    "attestation": ("visavis.cli.attestation", "Verify the signed answer of a verification service."),
    "challenge": ("visavis.cli.challenge", "Draw a challenge: gestures and colours in an order that nobody can know."),
    "capture": ("visavis.cli.capture", "Record consented captures on this machine's own disk, to measure with."),
    "models": ("visavis.cli.models", "List, pull and verify the models."),
    "evaluate": ("visavis.cli.evaluate", "Measure accuracy, with bounds, on labelled pictures."),
    "policies": ("visavis.cli.policies", "List and check policies."),
    "audit": ("visavis.cli.audit", "Verify that an audit log is whole."),
    "serve": ("visavis.cli.serve", "Serve verifications over HTTP."),
    "party": ("visavis.cli.parties", "Make and list relying parties."),
    "key": ("visavis.cli.parties", "Make, list and revoke API keys."),
    "member": ("visavis.cli.members", "Add, list and disable the people who sign in."),
    "signing": ("visavis.cli.signing", "List, rotate and withdraw the service's signing keys."),
    "db": ("visavis.cli.db", "Make and check the tables of the service's store."),
}

INTERRUPTED: Final = 130
"""What a shell expects after Ctrl-C: 128 and the number of the signal."""


class LateGroup(click.Group):
    """Knows the names of its commands and loads one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        # a module of one command calls it so; one of several calls each by its own name
        command: click.Command = getattr(module, "command", None) or getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=LateGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="visavis")
def cli() -> None:
    """visavis: 1:1 identity verification, face to face. Nothing is kept."""


def main(arguments: list[str] | None = None) -> None:
    """Run, and leave with the exit status of `visavis.errors.ExitStatus`: never a traceback, never another's status.

    Only an answer that was written leaves with the status of an answer. `$VISAVIS_TRACEBACK` shows where a fault of
    visavis itself lies.
    """
    try:
        status = _run(sys.argv[1:] if arguments is None else arguments)
    except VisavisError as error:
        _say(str(error))
        status = int(error.exit_status)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        status = int(ExitStatus.USAGE)
    except click.ClickException as error:
        _say(f"{' '.join(error.format_message().split())} {_help_of(error)} [usage_error]")
        status = int(ExitStatus.USAGE)
    except (click.Abort, KeyboardInterrupt):
        _say("Stopped. [interrupted]")
        status = INTERRUPTED
    except OSError as error:
        _say(f"The answer could not be written: {error.strerror or 'output error'}. [output_failed]")
        _forget_output()
        status = int(ExitStatus.UNFINISHED)
    except Exception:
        if os.environ.get("VISAVIS_TRACEBACK"):
            raise
        _say("This is a fault of visavis. VISAVIS_TRACEBACK=1 shows where; please report it. [internal_error]")
        status = int(ExitStatus.UNFINISHED)
    sys.exit(status)


def _run(arguments: list[str]) -> int:
    """The command itself: click's own `main` would answer a closed pipe with 1, which here means *not the same*."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    try:
        with cli.make_context("visavis", list(arguments)) as context:
            status = cli.invoke(context)
    except click.exceptions.Exit as left:
        status = left.exit_code
    sys.stdout.flush()
    return int(status) if isinstance(status, int) else 0


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        click.echo(f"visavis: {text}", err=True)


def _help_of(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"See `{context.command_path if context else 'visavis'} --help`."


def _forget_output() -> None:
    """What could not be written would be tried again when Python ends, and change the exit status."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
