"""Reads a feed of products: YAML or JSON in the form of `catalogue.yaml`, or CSV with the same names as header."""

import csv
from pathlib import Path

from pydantic import ValidationError

from content.catalogue import Catalogue, Product
from yamlfile import FileProblems, Problem, instead_of

_LISTS = ("categories", "restricted")


def read_feed(file: Path) -> list[Product]:
    """The products of a feed. Raises yamlfile.FileProblems with every problem at its line."""
    if not file.is_file():
        raise FileProblems([Problem(file, 1, 1, "there is no such file")])
    return _read_csv(file) if file.suffix.lower() == ".csv" else Catalogue.load(file).products


def _read_csv(file: Path) -> list[Product]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        known = list(Product.model_fields)
        unknown = [name for name in rows.fieldnames or [] if name not in known]
        if unknown:
            fix = instead_of(unknown[0], known)
            raise FileProblems([Problem(file, 1, 1, f"unknown column '{unknown[0]}'", fix)])
        found, problems = list[Product](), list[Problem]()
        for row in rows:
            try:
                found.append(Product.model_validate(_facts(row)))
            except ValidationError as error:
                first = error.errors()[0]
                problems.append(Problem(file, rows.line_num, 1, f"{first['loc'][0]}: {first['msg']}"))
    if problems:
        raise FileProblems(problems)
    return found


def _facts(row: dict[str, str | None]) -> dict[str, object]:
    """A row without its empty cells; what may be several is separated by `|`."""
    given = {name: text.strip() for name, text in row.items() if text and text.strip()}
    return {name: text.split("|") if name in _LISTS else text for name, text in given.items()}
