"""Finds the programs of Temporal that come as Python packages, beside the Python that runs this."""

import shutil
import sys
from pathlib import Path


class LocalPartFailed(Exception):
    """A part of the local stack is missing, does not come up, or has ended. The message says what to do."""


def find_program(name: str, what: str) -> str:
    """The path of a program; `what` is what people call it. Raises LocalPartFailed when it is not installed."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        raise LocalPartFailed(f"{what} is not installed. Install it with: pip install 'sojourn[local]'")
    return found
