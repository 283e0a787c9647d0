"""The command line: one module for each command, imported when it is called.

The group knows the commands by name and first line only, so that `pagelaw --help` needs no solver, no compiler and
no test engine. Errors that a user can mend are one line and exit code 2; nothing here decides a verdict.
"""

from __future__ import annotations

import importlib
import os
import sys

import click

from ... import __version__

#: Command, module in this package, and the line that `--help` shows.
_COMMANDS = {
    "verify": ("verify", "Verify the built-in model under all four judges."),
    "check": ("check", "Judge an implementation: TARGET is a Python factory, a C library or a program."),
    "prove": ("judges", "Prove the laws for memory of any size, with Z3 and a second solver."),
    "explore": ("judges", "Visit every state of a small system."),
    "run": ("judges", "Judge millions of calls on the compiled core."),
    "replay": ("replay", "Re-run a trace, against the target that it was found on or another one."),
    "translate": ("translate", "Show how an address is translated, step by step."),
    "laws": ("laws", "List the laws, with what they say and where they are known from."),
}


class _Commands(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f".{_COMMANDS[name][0]}", __name__)
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = click.utils.make_str(arguments[0])
        if name not in _COMMANDS:
            import difflib

            near = difflib.get_close_matches(name, _COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            context.fail(f"No such command {name!r}.{hint}")
        return super().resolve_command(context, arguments)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="pagelaw")
def command_line() -> None:
    """Judge memory managers against an executable specification of virtual memory.

    \b
    Exit code: 0 every law held, 1 a law is broken,
               2 usage error, harness error or inconclusive.
    """


def main() -> None:
    """Run the command line and end the process with the exit code that tells the truth."""
    from ...spec.contracts import ContractError
    from ...spec.geometries import GeometryError
    from ..targets.target import TargetError
    from ..trace import TraceError

    try:
        code = command_line.main(standalone_mode=False)
    except click.exceptions.Exit as end:
        code = end.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except (ContractError, GeometryError, TargetError, TraceError, LookupError) as error:
        if isinstance(error, KeyError | IndexError):
            raise
        click.echo(f"pagelaw: error: {error.args[0] if error.args else error}", err=True)
        code = 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("pagelaw: interrupted", err=True)
        code = 2
    except BrokenPipeError:
        # The reader of a pipe has gone; keep the interpreter from complaining about it on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 2
    sys.exit(code or 0)
