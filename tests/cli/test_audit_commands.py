"""`sojourn audit` on a log of four entries."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlmodel import col, update

from settings import Settings
from starter.auditing.anchor import Anchor
from store.database import Database
from store.tables import AuditEntry, Customer
from tests.audit.conftest import AT, tampering, written
from tests.cli.conftest import Command
from tests.seeding import SECRET, put


@pytest.fixture
def there(tmp_path: Path, sqlite_url: str) -> dict[str, str]:
    """The environment of an installation with a log; its customers are c_lena and nobody else."""

    async def fill() -> None:
        database = Database(sqlite_url)
        await put(database, Customer(id="c_lena", traits={}, created_at=AT))
        await written(database, Anchor(Settings(state_dir=tmp_path, secret=SECRET)), 4)
        await database.close()

    asyncio.run(fill())
    return {"SOJOURN_DATABASE_URL": sqlite_url, "SOJOURN_STATE_DIR": str(tmp_path), "SOJOURN_SECRET": SECRET}


def change(url: str, position: int) -> None:
    async def do() -> None:
        database = Database(url)
        async with tampering(database) as session:
            await session.exec(update(AuditEntry).where(col(AuditEntry.position) == position).values(by="nobody"))
        await database.close()

    asyncio.run(do())


def test_list_tells_who_did_what(sojourn: Command, there: dict[str, str]) -> None:
    listed = sojourn("audit", "list", "--kind", "login", **there)
    assert listed.out.splitlines() == [
        "AT (UTC)          KIND   BY                     SUBJECT",
        "2026-03-01 09:02  login  ana@northwind.example  thing:2",
    ]


def test_list_tells_of_a_period(sojourn: Command, there: dict[str, str]) -> None:
    listed = sojourn("audit", "list", "--from", "2026-03-01T09:02:00", "--to", "2026-03-01T09:03:00", **there)
    assert [line[:16] for line in listed.out.splitlines()[1:]] == ["2026-03-01 09:02"]


def test_list_knows_no_stranger(sojourn: Command, there: dict[str, str]) -> None:
    listed = sojourn("audit", "list", "--customer", "c_nobody", **there)
    assert (listed.code, "customer" in listed.err) == (1, True)


def test_an_unknown_kind_is_told_with_the_known_ones(sojourn: Command, there: dict[str, str]) -> None:
    told = sojourn("audit", "list", "--kind", "logins", **there)
    assert (told.code, "there are: decision, verdict" in told.err) == (1, True)


def test_verify_finds_a_whole_log_whole(sojourn: Command, there: dict[str, str]) -> None:
    found = sojourn("audit", "verify", **there)
    assert (found.code, found.out) == (0, "Nothing was changed, deleted or moved in 4 chained entries.\n")


def test_verify_names_the_entry_that_was_changed(sojourn: Command, there: dict[str, str]) -> None:
    change(there["SOJOURN_DATABASE_URL"], 2)
    found = sojourn("audit", "verify", **there)
    assert found.code == 1
    assert "entry 2: login of thing:2: it says something else than when it was chained" in found.out


def test_verify_as_json(sojourn: Command, there: dict[str, str]) -> None:
    change(there["SOJOURN_DATABASE_URL"], 2)
    found = json.loads(sojourn("audit", "verify", "-o", "json", **there).out)
    assert (found["entries"], [fault["position"] for fault in found["faults"]]) == (4, [2])


def test_a_head_that_was_kept_elsewhere_is_looked_for(sojourn: Command, there: dict[str, str]) -> None:
    head = sojourn("audit", "head", **there).out.strip()
    later = f"5:{head.partition(':')[2]}"
    assert sojourn("audit", "verify", "--head", head, **there).code == 0
    found = sojourn("audit", "verify", "--head", later, **there)
    assert (found.code, "entry 5 is missing; the log was cut short" in found.out) == (1, True)


def test_a_forged_file_with_the_head_is_a_fault(sojourn: Command, there: dict[str, str]) -> None:
    file = Path(there["SOJOURN_STATE_DIR"]) / "audit-head"
    file.write_text(file.read_text().replace('"count": 4', '"count": 3'))
    found = sojourn("audit", "verify", **there)
    assert (found.code, "was not signed by this installation" in found.out) == (1, True)


def test_export_gives_one_customers_entries_with_the_links_between_them(
    sojourn: Command, there: dict[str, str]
) -> None:
    lines = sojourn("audit", "export", "--customer", "c_lena", **there).out.splitlines()
    given = [json.loads(line) for line in lines]
    assert [(line.get("position"), line.get("customer_id")) for line in given] == [
        (None, None), (1, "c_lena"), (2, None), (3, "c_lena"), (4, None), (None, None)
    ]  # fmt: skip


def test_an_extract_in_a_file_of_ones_own_is_verified_where_there_is_no_log(
    sojourn: Command, there: dict[str, str], tmp_path: Path
) -> None:
    file, head = tmp_path / "for-the-regulator.jsonl", sojourn("audit", "head", **there).out.strip()
    done = sojourn("audit", "export", "--from", "2026-03-01T09:03:00", "--file", file, "--head", head, **there)
    assert (file.stat().st_mode & 0o777, "2 entries" in done.err) == (0o600, True)
    found = sojourn("audit", "verify", file, "--head", head)
    assert (found.code, found.out.splitlines()) == (
        0,
        [
            "Nothing was changed or moved in 2 entries.",
            "They stand at 3 to 4 in the log; 0 between them are left out.",
            f"They lead through {head}.",
            f"They lead to {head}.",
        ],
    )
    file.write_text(file.read_text().replace("thing:3", "thing:9"))
    forged = sojourn("audit", "verify", file, "-o", "json")
    assert (forged.code, [fault["what"] for fault in json.loads(forged.out)["faults"]]) == (
        1, ["line 2: it says something else than when it was chained"]
    )  # fmt: skip


def test_a_file_that_is_no_extract_is_told(sojourn: Command, tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_text('{"n": 1}\n')
    told = sojourn("audit", "verify", tmp_path / "other.jsonl")
    assert (told.code, told.out.splitlines()[0]) == (1, "line 1: this is no line of an extract of an audit log")
    assert "cannot be read" in sojourn("audit", "verify", tmp_path / "none.jsonl").err


def test_export_says_what_it_needs(sojourn: Command, there: dict[str, str]) -> None:
    told = sojourn("audit", "export", **there)
    assert (told.code, "--customer ID, or from when with --from DAY" in told.err) == (1, True)
