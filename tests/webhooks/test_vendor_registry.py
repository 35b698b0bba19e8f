"""Which vendors may call stands in `sojourn.yaml`; what is wrong there is told at its line."""

from pathlib import Path

import pytest

import yamlfile
from sandbox.callbacks.model import Caller
from starter.webhooks.registry import known_vendors, load_vendors, path_of


def test_the_sandbox_plays_every_vendor(callers: dict[str, Caller]) -> None:
    assert callers.keys() == known_vendors().keys()


def problems_of(text: str, folder: Path) -> list[str]:
    file = folder / "sojourn.yaml"
    file.write_text(text, encoding="utf-8")
    document = yamlfile.plain(yamlfile.read(file).root)
    with pytest.raises(yamlfile.FileProblems) as raised:
        load_vendors(document["webhooks"], file)
    return [str(problem).removeprefix(f"{file}:") for problem in raised.value.problems]


def test_what_is_wrong_is_told_at_its_line(tmp_path: Path) -> None:
    text = "webhooks:\n  sendgird: {}\n  twilio:\n    auth_token: short\n  whatsapp: {app_secret: long enough}\n"
    assert problems_of(text, tmp_path) == [
        "2:3: 'sendgird' is not a vendor that calls (did you mean 'sendgrid'?)",
        "4:5: a secret has at least 8 characters",
        "5:13: 'verify_token' is missing",
    ]


def test_without_webhooks_nobody_may_call(tmp_path: Path) -> None:
    assert load_vendors({}, tmp_path / "there-is-none.yaml") == {}


def test_each_vendor_and_each_installation_has_an_address_of_its_own() -> None:
    addresses = {path_of(vendor, secret * 32) for vendor in known_vendors() for secret in "ab"}
    assert len(addresses) == 2 * len(known_vendors())
    assert all(len(address.rpartition("/")[2]) == 22 for address in addresses)
