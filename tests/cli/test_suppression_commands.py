"""`sojourn suppression` against the real API: listed, found by the address, taken off; only by those who may."""

import json

import pytest

from tests.cli.conftest import Command
from tests.cli.serving import Api

pytestmark = pytest.mark.xdist_group("cli-api")


def test_an_address_is_put_on_the_list_found_there_and_taken_off(sojourn: Command, api: Api):
    omar = api.person("omar")
    assert "No address is suppressed." in sojourn("suppression", "list", **omar).out

    added = sojourn("suppression", "add", "Lena@Example.com", "--reason", "complaint", **omar)
    assert (added.code, added.err) == (0, "")
    assert added.out.startswith("Nothing is sent to it from now on (complaint, by ")

    (row,) = json.loads(sojourn("suppression", "list", "lena@example.com", "-o", "json", **omar).out)
    assert (row["kind"], row["reason"]) == ("email", "complaint")
    assert "lena" not in json.dumps(row).lower()

    removed = sojourn("suppression", "remove", "lena@example.com", **omar)
    assert removed.out.startswith("It is off the list. It stood there for: complaint")
    again = sojourn("suppression", "remove", "lena@example.com", **omar)
    assert (again.code, again.out) == (1, "")


def test_whoever_may_not_is_told_which_role_it_takes(sojourn: Command, api: Api):
    answer = sojourn("suppression", "add", "lena@example.com", **api.person("maria"))
    assert (answer.code, answer.out) == (1, "")
    assert "privacy_officer" in answer.err
