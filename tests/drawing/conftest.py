"""The journeys that are drawn in tests: every example, and one with every kind of step."""

from pathlib import Path

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/journeys/*.yaml"))
EVERY_STEP = Path(__file__).parent / "every-step.yaml"
FILES = [*EXAMPLES, EVERY_STEP]


def name_of(file: Path) -> str:
    return file.stem
