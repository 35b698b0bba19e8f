"""`sojourn catalogue`: the products on sale, and the feed that tells of them."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.connection import DEFAULT_URL, Token, Url, deciding
from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, has_store, noun, open_store, settings_of
from starter.cli.output import paragraph, print_json, print_listing

if TYPE_CHECKING:
    from content.catalogue import Catalogue, Product
    from settings import Settings

app = noun("catalogue", "The products on sale: load a feed, list them.")
_PART = 500


@app.command()
def load(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="YAML or JSON, as catalogue.yaml; or CSV. Default: catalogue.yaml."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="The feed names all there is: withdraw the others.")
    ] = False,
    sure: Annotated[bool, typer.Option("--sure", help="Even if that is more than half of what is sold.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Take in a feed of products. Those that are not in it stay as they are; with
    --full they are withdrawn, and nothing advertises them any more.

    Without FILE it is the project's own catalogue.yaml, which the API takes in
    when it starts: what it alone declared and no longer names is withdrawn.

    A lower or higher price, and a stock that ran out or came back, become events of
    the customers who looked at the product: Price Dropped, Price Rose, Sold Out,
    Back in Stock, Product Withdrawn, Back on Sale. A CSV file has a header with
    the names of catalogue.yaml.
    """
    from starter.catalogue.feed import read_feed
    from starter.catalogue.loading import some

    own = settings_of(context).project_dir / "catalogue.yaml"
    source = "folder" if file is None or file.resolve() == own.resolve() else "feed"
    feed = _Feed(read_feed(file or own), source, full=full, sure=sure)
    if not feed.products:
        raise CommandFailed(
            f"{file or own} names no product. To take everything off sale, write 'withdrawn: true' with each."
        )
    total = asyncio.run(_load(feed, url, token))
    if output is Format.json:
        print_json(total)
        return
    typer.echo(
        f"{total['products']} products: {total['new']} new, {total['changed']} changed, "
        f"{len(total['withdrawn'])} withdrawn. {total['events']} changes are told to those who looked."
    )
    if total["withdrawn"]:
        typer.echo(paragraph(f"Withdrawn: {some(total['withdrawn'])}."))


@app.command("list")
def list_(context: typer.Context, output: Output = Format.text) -> None:
    """List the products as messages show them, with what goes with each.

    catalogue.yaml comes first; what a feed told since counts before it.
    """
    catalogue = asyncio.run(_catalogue(settings_of(context)))
    rows = [_row(catalogue, product) for product in catalogue.products]
    columns = {"PRODUCT": "product_id", "PRICE": "price", "STOCK": "stock", "NAME": "name"}
    shown = [_line(product) for product in catalogue.products] if output is Format.text else rows
    print_listing(shown, columns, output, "There are no products.")


@dataclass(frozen=True)
class _Feed:
    """What is taken in, and whether what it does not name is withdrawn."""

    products: "list[Product]"
    source: str
    full: bool
    sure: bool


async def _load(feed: _Feed, url: str, token: str) -> dict[str, Any]:
    products, total = feed.products, {"products": 0, "new": 0, "changed": 0, "events": 0}
    async with deciding(url, token) as client:
        for start in range(0, len(products), _PART):
            part = [product.facts for product in products[start : start + _PART]]
            done = await client.catalogue.tell(part, source=feed.source)
            total = {name: count + done[name] for name, count in total.items()}
            if len(products) > _PART:
                typer.echo(f"{total['products']} of {len(products)}", err=True)
        if not feed.full and feed.source != "folder":
            return total | {"withdrawn": []}
        named, of = [product.product_id for product in products], None if feed.full else feed.source
        gone = await client.catalogue.keep_only(named, sure=feed.sure, source=of)
    return total | {"withdrawn": gone["withdrawn"], "events": total["events"] + gone["events"]}


async def _catalogue(settings: "Settings") -> "Catalogue":
    """The project's products; without a store those of its file."""
    from content.catalogue import Catalogue
    from learning.products import FEWEST
    from store.catalogue import read_catalogue

    catalogue = Catalogue.load(settings.project_dir / "catalogue.yaml")
    if has_store(settings):
        async with open_store(settings) as database, database.reading() as session:
            news = await read_catalogue(session, FEWEST)
        catalogue.renew(news.products, news.together, news.trending)
    return catalogue


def _line(product: "Product") -> dict[str, Any]:
    """A product as people read it."""
    from babel.numbers import format_currency

    price = format_currency(product.price, product.currency, locale="en")
    stock = "withdrawn" if product.withdrawn else "" if product.stock is None else product.stock
    return {**product.facts, "price": price, "stock": stock}


def _row(catalogue: "Catalogue", product: "Product") -> dict[str, Any]:
    from content.variables import recommended

    beside = recommended(catalogue, product.product_id)
    return {**product.facts, "margin": product.margin} | {
        name: [each.product_id for each in found] for name, found in beside.items()
    }
