"""Providers are found by themselves, and wrong settings are told at their line."""

from pathlib import Path
from typing import Any

import pytest

from activities.channels.registry import known_providers, load_providers
from project.model import load_project
from sandbox.server import Sandbox
from settings import Settings
from tests.conftest import RETAIL
from yamlfile import FileProblems, plain, read

SMTP = "{provider: smtp, host: localhost, sender: Shop <hello@shop.example>}"


def test_a_file_with_a_provider_is_all_it_takes() -> None:
    assert {("email", "smtp"), ("push", "fcm"), ("whatsapp", "whatsapp_cloud")} <= known_providers().keys()


def test_one_provider_may_serve_several_channels() -> None:
    served = {channel for channel, name in known_providers() if name == "surface"}

    assert served == {"inbox", "banner", "checklist", "tooltip"}


def test_the_retail_example_has_its_three_providers(sandbox: Sandbox) -> None:
    providers = load_providers(load_project(Settings(project_dir=RETAIL)).channels, RETAIL / "sojourn.yaml")

    assert {channel: p.provider for channel, p in providers.items()} == {
        "email": "smtp",
        "push": "fcm",
        "whatsapp": "whatsapp_cloud",
    }


def load(tmp_path: Path, text: str) -> dict[str, Any]:
    file = tmp_path / "sojourn.yaml"
    file.write_text(text)
    return load_providers(plain(read(file).root)["channels"], file)


@pytest.mark.parametrize(
    ("channels", "told"),
    [
        ("  email: {provider: smpt}", "2:11: 'smpt' is not a provider for email (did you mean 'smtp'?)"),
        ("  email: {host: x}", "2:3: email has no provider (there are: postmark, sendgrid, ses, smtp)"),
        ("  push: {provider: smtp}", "2:10: 'smtp' is not a provider for push (there are: apns, fcm)"),
        ("  fax: {provider: smtp}", "2:9: 'smtp' is not a provider for fax (there are: none)"),
        (f"  email: {SMTP[:-1]}, prot: 25}}", "unknown key 'prot' (did you mean 'port'?)"),
        ("  email:\n    provider: smtp\n    host: x\n    sender: nobody", "5:5: 'nobody' is not a sender"),
        ("  email:\n    provider: smtp\n    sender: a@b.example", "'host' is missing"),
        (
            "  push:\n    provider: fcm\n    service_account: nowhere.json",
            "4:5: cannot read the service account's key",
        ),
    ],
)
def test_a_wrong_setting_is_told_at_its_line(channels: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(FileProblems) as problems:
        load(tmp_path, f"channels:\n{channels}\n")

    assert told in str(problems.value)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileProblems) as problems:
        load(tmp_path, "channels:\n  email: {provider: x}\n  push: {provider: y}\n")

    assert len(problems.value.problems) == 2
