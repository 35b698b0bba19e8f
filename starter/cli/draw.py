"""`sojourn journey draw`: a journey file as a picture."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from starter.cli.failures import CommandFailed


class Picture(StrEnum):
    mermaid = "mermaid"
    svg = "svg"


def draw(
    path: Annotated[Path, typer.Argument(help="A journey file.", metavar="PATH")],
    form: Annotated[
        Picture | None,
        typer.Option("--format", "-f", help="mermaid for Markdown, svg to look at. Default: as FILE ends."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to. Mermaid is printed without it."),
    ] = None,
) -> None:
    """Draw a journey: every step, and every way it may take."""
    from journeys.drawing.mermaid import draw_mermaid
    from journeys.drawing.svg import draw_svg
    from journeys.loader import load_journey

    if not path.is_file():
        raise CommandFailed(f"There is no file at {path}; name a journey file, such as journeys/welcome.yaml.")
    journey = load_journey(path)
    wanted = form or (Picture.svg if output and output.suffix == ".svg" else Picture.mermaid)
    if wanted is Picture.mermaid and output is None:
        typer.echo(draw_mermaid(journey), nl=False)
        return
    file = output or Path(f"{journey.journey}.svg")
    _write(file, draw_svg(journey) if wanted is Picture.svg else draw_mermaid(journey))
    typer.echo(f"Drawn: {file}")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}.") from error
