"""A payment service on a port of its own."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.http_server import serving
from sandbox.payments import Payments

TOKEN = "payments-token"


@asynccontextmanager
async def open_payments(**paid: float) -> AsyncGenerator[Payments]:
    """A service that knows what was paid for each order, for as long as the block lasts."""
    app = Starlette()
    async with serving(app, 0) as port:
        payments = Payments(f"http://127.0.0.1:{port}/refunds", TOKEN, paid)
        app.router.routes.append(Route("/refunds", payments.refund, methods=["POST"]))
        yield payments
