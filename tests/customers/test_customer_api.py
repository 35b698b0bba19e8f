"""The API of customers: found by any id, shown with everything in one place, and only for those who may."""

import httpx
import pytest

from starter.services import Services
from store.customers import find_customer
from store.tables import Customer, Identity
from tests.customers.conftest import PRIYA, bearer
from tests.customers.filling import LENA, TOLD, fill, told_in
from tests.seeding import MARIA, NOW


@pytest.fixture(autouse=True)
async def _lena(shop: Services) -> None:
    await fill(shop.database)


@pytest.mark.parametrize(
    "named",
    [LENA, "shop-user-4711", "visitor-0815", "lena.koch@example.com", "Lena.Koch@Example.com", "+4915112345642"],
)
async def test_a_customer_is_found_by_any_id_or_address(api: httpx.AsyncClient, named: str) -> None:
    found = await api.post("/v1/customers/search", json={"named": named}, headers=bearer(MARIA))
    assert [row["id"] for row in found.json()["customers"]] == [LENA]


async def test_half_an_id_finds_nobody(api: httpx.AsyncClient) -> None:
    found = await api.post("/v1/customers/search", json={"named": "shop-user"}, headers=bearer(MARIA))
    assert found.json() == {"customers": [], "page": 1, "more": False}


async def test_a_profile_says_where_someone_is_reached_and_what_they_allow(api: httpx.AsyncClient) -> None:
    profile = (await api.get("/v1/customers/c_lena", headers=bearer(MARIA))).json()
    assert (profile["id"], profile["traits"]["plan"], profile["time_zone"]) == (LENA, "pro", "Europe/Berlin")
    assert {row["kind"]: row["active"] for row in profile["addresses"]} == {
        "email": True,
        "phone": True,
        "push_token": True,
    }
    assert [(row["channel"], row["granted"]) for row in profile["consents"]] == [("email", True)]
    assert [(row["segment"], row["member"]) for row in profile["segments"]] == [("vips", True)]


async def test_the_timeline_has_everything_in_one_place_the_latest_first(api: httpx.AsyncClient) -> None:
    answer = (await api.get(f"/v1/customers/{LENA}/timeline", headers=bearer(MARIA))).json()
    told = [entry["at"] for entry in answer["entries"]]
    assert told == sorted(told, reverse=True)
    assert {entry["kind"] for entry in answer["entries"]} == {
        "event", "run", "message", "action", "approval", "decision", "consent",
    }  # fmt: skip
    assert answer["more"] is False


async def test_an_export_has_everything_that_is_known(shop: Services, api: httpx.AsyncClient) -> None:
    answer = await api.get(f"/v1/customers/{LENA}/export", headers=bearer(PRIYA))
    assert told_in(answer.text) == list(TOLD)
    document = answer.json()
    assert {name: len(document[name]) for name in document if name not in ("customer", "timeline")} == {
        "consent_statements": 1, "events": 1, "runs": 1, "deliveries": 1, "actions": 1, "approvals": 1,
        "spans": 14, "identities": 3, "addresses": 3, "consents": 1, "memberships": 1, "surface_messages": 1,
        "planner_decisions": 0, "product_touches": 1, "identity_changes": 1, "edit_labels": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v1/customers/{LENA}/export"),
        ("POST", f"/v1/customers/{LENA}/erase"),
        ("POST", f"/v1/customers/{LENA}/merge"),
        ("POST", "/v1/merges/1/undo"),
        ("GET", "/v1/erasures"),
        ("GET", f"/v1/erasures/{LENA}"),
    ],
)
async def test_other_groups_export_erase_and_merge_nobody(
    shop: Services, api: httpx.AsyncClient, method: str, path: str
) -> None:
    bodies = {"erase": {"confirm": LENA}, "merge": {"gone": "c_tom", "reason": "one"}}
    body = bodies.get(path.rpartition("/")[2])
    answer = await api.request(method, path, json=body, headers=bearer(MARIA))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    async with shop.database.reading() as session:
        lena = await find_customer(session, LENA)
    assert lena is not None
    assert lena.erased_at is None


@pytest.mark.parametrize("path", ["/v1/customers", f"/v1/customers/{LENA}", f"/v1/customers/{LENA}/timeline"])
async def test_whoever_is_not_known_sees_nobody(api: httpx.AsyncClient, path: str) -> None:
    assert (await api.get(path)).status_code == 401


async def test_an_erasure_is_confirmed_by_the_customers_own_id(api: httpx.AsyncClient) -> None:
    answer = await api.post(f"/v1/customers/{LENA}/erase", json={"confirm": "c_tom"}, headers=bearer(PRIYA))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_confirmed")


async def test_an_erasure_begins_though_temporal_is_away(api: httpx.AsyncClient) -> None:
    answer = await api.post(f"/v1/customers/{LENA}/erase", json={"confirm": LENA}, headers=bearer(PRIYA))
    assert (answer.status_code, answer.json()["done_at"]) == (202, None)
    found = await api.post("/v1/customers/search", json={"named": "shop-user-4711"}, headers=bearer(PRIYA))
    assert found.json()["customers"] == []
    gone = await api.get(f"/v1/customers/{LENA}", headers=bearer(PRIYA))
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert "was erased on" in gone.json()["message"]


async def test_an_address_of_two_finds_both(shop: Services, api: httpx.AsyncClient) -> None:
    async with shop.database.transaction() as session:
        session.add(Customer(id="c_tom", traits={}, created_at=NOW))
        await session.flush()
        session.add(Identity(kind="user", value="lena.koch@example.com", customer_id="c_tom", since=NOW))
    search = {"named": "lena.koch@example.com"}
    found = await api.post("/v1/customers/search", json=search, headers=bearer(MARIA))
    assert {row["id"] for row in found.json()["customers"]} == {LENA, "c_tom"}


async def test_two_customers_are_made_one_by_a_person_and_two_again(
    shop: Services, api: httpx.AsyncClient
) -> None:
    async with shop.database.transaction() as session:
        session.add(Customer(id="c_tom", traits={"city": "Kiel"}, created_at=NOW))
    body = {"gone": "c_tom", "reason": "she called us"}
    merged = await api.post(f"/v1/customers/{LENA}/merge", json=body, headers=bearer(PRIYA))
    assert merged.status_code == 200
    explained = (await api.get(f"/v1/customers/{LENA}/explain", headers=bearer(PRIYA))).json()
    told = explained["identity"]["chain"][-1]
    assert (told["rule"], told["merge_id"]) == ("person", merged.json()["merge"])
    assert told["reason"] == "priya@northwind.example merged them: she called us"
    undone = await api.post(f"/v1/merges/{merged.json()['merge']}/undo", headers=bearer(PRIYA))
    assert sorted(undone.json()["customers"]) == [LENA, "c_tom"]


async def test_a_merge_that_cannot_be_says_why(api: httpx.AsyncClient) -> None:
    body = {"gone": "c_nobody", "reason": "a slip"}
    answer = await api.post(f"/v1/customers/{LENA}/merge", json=body, headers=bearer(PRIYA))
    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_merge")
    assert answer.json()["message"] == "There is no customer c_nobody. Nothing was merged."
