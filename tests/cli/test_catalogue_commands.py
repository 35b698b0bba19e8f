"""`sojourn catalogue`: what a project sells, and a feed that tells of it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.serving import Api
from tests.conftest import RETAIL

pytestmark = pytest.mark.xdist_group("cli-api")


def test_the_products_of_the_file_are_listed_with_what_goes_with_them(sojourn: Command):
    listed = sojourn("--project", RETAIL, "catalogue", "list")
    rows = json.loads(sojourn("--project", RETAIL, "catalogue", "list", "-o", "json").out)

    assert "lumen-2        €329.00         Lumen 2 tent" in listed.out
    [tent] = [row for row in rows if row["product_id"] == "lumen-2"]
    assert tent["related"] == ["lumen-3", "perch-tarp"]


def test_a_feed_is_taken_in_by_whoever_may(sojourn: Command, api: Api, tmp_path: Path):
    file = tmp_path / "feed.csv"
    file.write_text(
        "product_id,name,price,currency,category,url\nmug,Mug,9,EUR,Kitchen,https://shop.example/mug\n"
    )

    done = sojourn("catalogue", "load", file, **api.person("omar"))
    file.write_text(file.read_text().replace("Mug,9", "Mug,7"))
    again = sojourn("catalogue", "load", file, "-o", "json", **api.person("omar"))

    assert done.out.startswith("1 products: 1 new, 0 changed, 0 withdrawn.")
    assert json.loads(again.out) == {"products": 1, "new": 0, "changed": 1, "withdrawn": [], "events": 1}


def test_a_full_feed_withdraws_what_it_does_not_name_if_one_is_sure(sojourn: Command, api: Api, tmp_path: Path):
    head, mug, pot = (
        "product_id,name,price,currency,category,url\n",
        "mug,Mug,9,EUR,Kitchen,https://shop.example/mug\n",
        "pot,Pot,19,EUR,Kitchen,https://shop.example/pot\n",
    )
    file = tmp_path / "feed.csv"
    file.write_text(head + pot)
    sojourn("catalogue", "load", file, **api.person("omar"))

    file.write_text(head + mug)
    refused = sojourn("catalogue", "load", file, "--full", **api.person("omar"))
    done = sojourn("catalogue", "load", file, "--full", "--sure", "-o", "json", **api.person("omar"))

    assert refused.code != 0
    assert "are not among them" in refused.err
    assert "pot" in json.loads(done.out)["withdrawn"]
