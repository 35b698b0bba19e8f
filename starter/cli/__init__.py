"""The command line: `sojourn`, then a noun, then a verb.

Modules here import nothing heavy: a command imports what it needs when it runs, so that `--help` and a
mistyped word answer at once.
"""

import os
import sys
from typing import NoReturn

from starter.cli.failures import explain
from starter.cli.root import app


def main() -> NoReturn:
    """Run the command line and leave with its exit code: 0 done, 1 failed, 2 misused, 130 interrupted."""
    _leave(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code. What it cannot do it says on standard error in a sentence."""
    try:
        app(arguments, prog_name="sojourn")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except Exception as error:  # noqa: BLE001 the edge of the process: nothing above could tell the user
        print(explain(error), file=sys.stderr)
        return 1
    return 0


def _leave(code: int) -> NoReturn:
    """End without running exit handlers: with the Temporal core loaded they can abort, and change the code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            code = code or 1
    os._exit(code)
