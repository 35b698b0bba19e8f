"""The suppression list's door: whole addresses in, digests out, and only for those who may."""

import httpx
import pytest

from starter.services import Services
from store.audit import list_entries
from tests.customers.conftest import PRIYA, bearer
from tests.seeding import MARIA

PATH = "/v1/suppressions"


async def test_an_address_is_put_on_the_list_found_however_it_is_written_and_taken_off(
    shop: Services, api: httpx.AsyncClient
) -> None:
    put = await api.post(PATH, json={"address": "Lena.Koch@Example.com"}, headers=bearer(PRIYA))
    assert (put.json()["reason"], put.json()["source"]) == ("manual", PRIYA.email)
    found = await api.post(f"{PATH}/search", json={"address": "lena.koch@example.com"}, headers=bearer(MARIA))
    assert found.json() == put.json()
    listed = (await api.get(PATH, headers=bearer(MARIA))).json()["suppressions"]
    assert listed == [put.json()]
    assert "lena" not in str(listed).lower()
    off = await api.post(f"{PATH}/release", json={"address": "lena.koch@example.com"}, headers=bearer(PRIYA))
    assert (off.status_code, (await api.get(PATH, headers=bearer(MARIA))).json()["suppressions"]) == (200, [])
    async with shop.database.reading() as session:
        noted = (await list_entries(session, kind="change")).rows
    assert [(entry.facts["what"], entry.by) for entry in noted] == [
        ("released", PRIYA.email),
        ("suppressed", PRIYA.email),
    ]


async def test_phones_are_listed_too_and_each_reason_by_itself(api: httpx.AsyncClient) -> None:
    for body in ({"address": "+49 151 12345642", "reason": "complaint"}, {"address": "omar@example.com"}):
        await api.post(PATH, json=body, headers=bearer(PRIYA))
    complaints = (await api.get(PATH, params={"reason": "complaint"}, headers=bearer(MARIA))).json()
    assert [row["kind"] for row in complaints["suppressions"]] == ["phone"]


async def test_what_is_there_already_stays_as_it_is(api: httpx.AsyncClient) -> None:
    first = await api.post(PATH, json={"address": "a@example.com", "reason": "hard_bounce"}, headers=bearer(PRIYA))
    again = await api.post(PATH, json={"address": "a@example.com"}, headers=bearer(PRIYA))
    assert again.json() == first.json()


@pytest.mark.parametrize(
    ("path", "address", "person", "status"),
    [
        (PATH, "a@example.com", MARIA, 403),
        (f"{PATH}/release", "a@example.com", MARIA, 403),
        (f"{PATH}/release", "a@example.com", PRIYA, 404),
        (f"{PATH}/search", "a@example.com", MARIA, 404),
        (PATH, "somebody", PRIYA, 422),
        (PATH, "0151 12345642", PRIYA, 422),
    ],
)
async def test_what_makes_no_sense_or_is_not_allowed_is_refused(
    api: httpx.AsyncClient, path: str, address: str, person: object, status: int
) -> None:
    answer = await api.post(path, json={"address": address}, headers=bearer(person))  # pyright: ignore[reportArgumentType] people
    assert answer.status_code == status
    assert answer.json()["message"]
