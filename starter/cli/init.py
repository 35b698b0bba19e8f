"""`sojourn init`: a working project to start from, written where there is none yet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from starter.cli.failures import CommandFailed

_TEMPLATE = Path(__file__).parents[2] / "examples" / "starter"
_NEXT = """\
A project with one journey, 'welcome', is in {folder}.

  sojourn journey check {folder}
      tells every mistake at its line
  sojourn journey rehearse {folder}
      plays the journey for made-up customers: days pass in seconds
  sojourn --project {folder} dev
      runs it on this machine, with a sandbox in the place of the vendors

Begin with {folder}/sojourn.yaml: your name, your address, your people."""


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; it is made if it is not there.")],
) -> None:
    """Write a working project to start from. A file that is there is never touched."""
    files = {file: folder / file.relative_to(_TEMPLATE) for file in _template()}
    if taken := [str(target) for target in files.values() if target.exists()]:
        raise CommandFailed(f"Nothing was written: {', '.join(taken)} {_is(taken)} there already.")
    for file, target in files.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        # Exclusively: what someone else writes at the same time stays, too.
        with target.open("x", encoding="utf-8") as new:
            new.write(file.read_text(encoding="utf-8"))
    typer.echo(_NEXT.format(folder=folder))


def _template() -> Iterator[Path]:
    return (file for file in sorted(_TEMPLATE.rglob("*")) if file.is_file())


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
