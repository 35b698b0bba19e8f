"""`sojourn journey migrate` against runs that wait on the real server."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from journeys.loader import load_journey
from store.history import find_runs
from tests.conftest import RETAIL
from tests.retail import SECRET, Shopper

pytestmark = pytest.mark.xdist_group("e2e")


async def test_a_waiting_run_is_shown_first_and_moved_when_told_to(lena: Shopper, tmp_path: Path) -> None:
    await lena.views()
    run = await lena.run()
    await lena.shop.waits(run, "wait_1")
    file = shutil.copytree(RETAIL, tmp_path / "edited") / "journeys" / "browse-abandonment.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("wait: 4h", "wait: 6h"), encoding="utf-8")
    version = load_journey(file).version

    keys = tmp_path / "master-keys"
    keys.write_text(SECRET, encoding="utf-8")

    async def sojourn(*arguments: str) -> str:
        settings = lena.shop.services.settings
        environment = {
            "SOJOURN_PROJECT_DIR": str(file.parents[1]),
            "SOJOURN_STATE_DIR": str(settings.state_dir),
            "SOJOURN_DATABASE_URL": lena.shop.services.database.url,
            "SOJOURN_TEMPORAL_ADDRESS": lena.shop.services.temporal.service_client.config.target_host,
            "SOJOURN_SECRET": settings.secret,
            "SOJOURN_MASTER_KEYS_FILE": str(keys),
        }
        command = [Path(sys.executable).with_name("sojourn"), "journey", *arguments]
        done = await asyncio.to_thread(
            subprocess.run, command, env=os.environ | environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    await sojourn("publish", str(file))
    shown = await sojourn("migrate", "browse-abandonment", "--to", version)
    assert shown.splitlines()[:2] == ["Would move: 1", f"  {run.id}  at wait_1"]
    assert shown.endswith("Nothing was done yet. Say --yes to do it.\n")

    moved = await sojourn("migrate", "browse-abandonment", "--to", version, "--yes")
    assert moved == f"Moved: 1\n  {run.id}  at wait_1\nLeft: 0\n"
    await lena.shop.waits(run, "wait_1")
    async with lena.shop.services.database.reading() as session:
        assert [row.version for row in await find_runs(session, run.id)] == [version]
