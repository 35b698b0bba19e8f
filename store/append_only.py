"""The database itself refuses what would change the audit log: triggers, made by the migration with its table.

An entry begins without a place in the chain. Two changes are part of the log's life: such an entry gets its place,
once, and an erasure empties the evidence of an entry. Everything else is refused, whoever asks, Sojourn included.
Who owns the tables can take triggers off; what is changed then, the chain shows (see store.chain).
"""

from collections.abc import Sequence

from sqlalchemy import Connection

TABLE = "audit_entry"
_REFUSED = "the audit log is append-only"
_FOR_GOOD = ("id", "kind", "subject", "by", "customer_id", "facts", "evidence_digest", "salt", "at")
_PLACE = ("position", "previous", "earlier", "hash")


def guard(connection: Connection) -> None:
    """Let the database refuse whatever would change, delete or move an entry."""
    for statement in _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE:
        connection.exec_driver_sql(statement)


def unguard(connection: Connection) -> None:
    """Take the triggers off again, for when the table goes."""
    for statement in _WITHOUT_POSTGRESQL if connection.dialect.name == "postgresql" else _WITHOUT_SQLITE:
        connection.exec_driver_sql(statement)


def _same(columns: Sequence[str], equal: str, cast: str) -> str:
    return " AND ".join(f'NEW."{name}"{cast} {equal} OLD."{name}"{cast}' for name in columns)


def _allowed(equal: str, cast: str = "") -> str:
    """What may become of an entry, as a condition. `cast` makes values comparable: PostgreSQL compares no JSON."""
    evidence = f"({_same(['evidence'], equal, cast)} OR NEW.evidence{cast} = '{{}}')"
    chained = f"({_same(_PLACE, equal, cast)} OR OLD.position IS NULL)"
    return f"{_same(_FOR_GOOD, equal, cast)} AND {evidence} AND {chained}"


_AS_ANOTHER = f"EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)"
_IN_PLACE_OF_ANOTHER = (
    f"NEW.position IS NOT OLD.position AND EXISTS (SELECT 1 FROM {TABLE} WHERE position = NEW.position)"
)
"""SQLite's REPLACE takes away what is in its way, and asks no trigger on deletion."""

_SQLITE = (
    f"CREATE TRIGGER {TABLE}_begins BEFORE INSERT ON {TABLE} WHEN NEW.position IS NOT NULL OR {_AS_ANOTHER} "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    f"CREATE TRIGGER {TABLE}_stays BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    f"CREATE TRIGGER {TABLE}_unchanged BEFORE UPDATE ON {TABLE} "
    f"WHEN NOT ({_allowed('IS')}) OR {_IN_PLACE_OF_ANOTHER} "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
)
_WITHOUT_SQLITE = tuple(f"DROP TRIGGER {TABLE}_{name}" for name in ("begins", "stays", "unchanged"))
_POSTGRESQL = (
    f"CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'restrict_violation'; END $$",
    f"CREATE TRIGGER {TABLE}_begins BEFORE INSERT ON {TABLE} FOR EACH ROW "
    f"WHEN (NEW.position IS NOT NULL) EXECUTE FUNCTION {TABLE}_refuse()",
    f"CREATE TRIGGER {TABLE}_stays BEFORE DELETE OR TRUNCATE ON {TABLE} "
    f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()",
    f"CREATE TRIGGER {TABLE}_unchanged BEFORE UPDATE ON {TABLE} FOR EACH ROW "
    f"WHEN (NOT ({_allowed('IS NOT DISTINCT FROM', '::text')})) EXECUTE FUNCTION {TABLE}_refuse()",
)
_WITHOUT_POSTGRESQL = (
    f"DROP TRIGGER {TABLE}_begins ON {TABLE}",
    f"DROP TRIGGER {TABLE}_stays ON {TABLE}",
    f"DROP TRIGGER {TABLE}_unchanged ON {TABLE}",
    f"DROP FUNCTION {TABLE}_refuse()",
)
