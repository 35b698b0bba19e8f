"""Other words for a message, as `sojourn approval edit` takes them: from options, or from the person's editor."""

from io import StringIO
from pathlib import Path
from typing import Any

from starter.cli.failures import CommandFailed


def edit_of(change: str) -> tuple[str, str]:
    """A field and the words for it, from `FIELD=TEXT` or `FIELD=@FILE`. Raises CommandFailed."""
    field, given, text = change.partition("=")
    if not given:
        raise CommandFailed(f"'{change}' says no words; write FIELD=TEXT, or FIELD=@FILE.")
    if not text.startswith("@"):
        return field, text
    try:
        return field, Path(text[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{text[1:]} cannot be read: {error}.") from error


def edited_by_hand(card: dict[str, Any]) -> dict[str, str]:
    """What a person makes, in their editor, of the texts of an approval: those that they changed.

    Raises CommandFailed.
    """
    import click
    from ruamel.yaml import YAML
    from ruamel.yaml.scalarstring import LiteralScalarString

    texts: dict[str, str] = card["texts"]
    if not texts:
        raise CommandFailed("There is nothing to edit in this; approve it as it is, or reject it.")
    page = StringIO()
    writer: Any = YAML()
    writer.dump({k: LiteralScalarString(v) if "\n" in v else v for k, v in texts.items()}, page)
    written = click.edit(page.getvalue(), extension=".yaml")
    if written is None:
        raise CommandFailed("Nothing was changed, so nothing was decided.")
    reader: Any = YAML(typ="safe")
    read: dict[str, Any] = reader.load(written) or {}
    return {field: str(text) for field, text in read.items() if texts.get(field) != text}
