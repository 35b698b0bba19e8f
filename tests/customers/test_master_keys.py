"""Where master keys come from: the environment, a file, or one that is made and kept beside the database."""

from pathlib import Path

import pytest

from keys.installation import MasterKeysMissing, SecretTooShort, master_keys
from settings import Settings

ONE, TWO = "1" * 32, "2" * 40


def test_the_first_of_the_environment_comes_first() -> None:
    assert master_keys(Settings(master_keys=f"{ONE}, {TWO}")) == [ONE, TWO]


def test_a_file_holds_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{TWO}\n\n{ONE}\n", encoding="utf-8")
    assert master_keys(Settings(master_keys_file=file)) == [TWO, ONE]


def test_without_any_one_is_made_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path / "state")
    [made] = master_keys(settings)
    assert master_keys(settings) == [made]
    assert (tmp_path / "state" / "master-keys").stat().st_mode & 0o777 == 0o600


def test_a_file_that_was_named_and_is_gone_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(MasterKeysMissing, match="SOJOURN_MASTER_KEYS_FILE names it"):
        master_keys(Settings(master_keys_file=tmp_path / "gone"))


@pytest.mark.parametrize("given", ["short", f"{ONE},short", ","])
def test_a_key_that_could_be_guessed_is_refused(given: str) -> None:
    with pytest.raises(SecretTooShort, match="at least 32 characters"):
        master_keys(Settings(master_keys=given))
