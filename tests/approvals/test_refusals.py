"""What the approvals API and its service refuse, and what they say then, on both databases."""

from typing import Any

import httpx
import pytest

from project.access import Person
from starter.approvals.decisions import Approvals
from starter.approvals.refusals import NotAllowed, NotFound
from starter.services import Services
from store.approvals import find_approval
from tests.seeding import ADA, MARIA, NOW, OMAR, approval, customer, grant, put

DECISION = "/v1/approvals/a_1/decision"
WRITTEN = "Ada@Northwind.example"
"""Ada's address as a file may write it; her provider tells it in small letters."""


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _decide(api: httpx.AsyncClient, token: str, **body: Any) -> tuple[int, str, str]:
    answer = await api.post(DECISION, json={"decision": "approve", "seen": "hash"} | body, headers=bearer(token))
    return answer.status_code, answer.json()["code"], answer.json()["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic dXNlcg=="},
        bearer("nobody's token"),
        bearer("tökén"),
    ],
    ids=["no token", "an empty one", "not a bearer", "nobody's", "not ASCII"],
)
async def test_whoever_is_not_known_gets_nothing(api: httpx.AsyncClient, headers: dict[str, str]) -> None:
    raw = {name: value.encode() for name, value in headers.items()}
    for answer in (
        await api.get("/v1/approvals", headers=raw),
        await api.get("/v1/approvals/a_1", headers=raw),
        await api.post(DECISION, json={"decision": "approve", "seen": "hash"}, headers=raw),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_the_list_says_who_may_decide(api: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval())

    seen = {}
    for person in (ADA, MARIA, OMAR):
        [row] = (await api.get("/v1/approvals", headers=bearer(person.token))).json()["approvals"]
        seen[person.email] = row["may_decide"]

    assert seen == {ADA.email: True, MARIA.email: False, OMAR.email: False}


async def test_the_list_is_paged_and_by_state(api: httpx.AsyncClient, shop: Services) -> None:
    settled = approval("a_done", state="approved", decided_by=ADA.email, decided_at=NOW)
    await put(shop.database, customer(), settled, *(approval(f"a_{n:02}") for n in range(30)))

    first = (await api.get("/v1/approvals?state=open", headers=bearer(ADA.token))).json()
    second = (await api.get("/v1/approvals?state=open&page=2", headers=bearer(ADA.token))).json()
    done = (await api.get("/v1/approvals?state=approved", headers=bearer(ADA.token))).json()

    assert (len(first["approvals"]), first["more"]) == (25, True)
    assert (len(second["approvals"]), second["more"]) == (5, False)
    assert [row["id"] for row in done["approvals"]] == ["a_done"]


@pytest.mark.parametrize("address", ["/v1/approvals?state=maybe", "/v1/approvals?page=0"])
async def test_a_wrong_question_is_told_what_is_wrong(api: httpx.AsyncClient, address: str) -> None:
    answer = await api.get(address, headers=bearer(ADA.token))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "{}",
        '{"decision": "perhaps"}',
        '{"decision": "approve"}',
        '{"decision": "approve", "by": "me"}',
        '{"decision": "reject", "seen": "hash", "reason": "no", "similar": {"most": 5, "days": 7}}',
    ],
)
async def test_a_malformed_decision_decides_nothing(api: httpx.AsyncClient, shop: Services, body: str) -> None:
    await put(shop.database, customer(), approval())
    headers = bearer(ADA.token) | {"Content-Type": "application/json"}
    answer = await api.post(DECISION, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


async def test_what_does_not_exist_is_not_found(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/approvals/a_1", headers=bearer(ADA.token))).status_code == 404
    assert (await _decide(api, ADA.token))[:2] == (404, "not_found")


async def test_another_group_is_refused(api: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval())
    status, code, message = await _decide(api, OMAR.token)
    assert (status, code) == (403, "not_allowed")
    assert "Only people of the group 'marketing'" in message


async def test_the_author_is_refused(api: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval())
    status, code, message = await _decide(api, MARIA.token)
    assert (status, code) == (403, "not_allowed")
    assert "nobody approves what they wrote" in message


@pytest.mark.parametrize("reason", ["", "   "])
async def test_a_rejection_says_why(api: httpx.AsyncClient, shop: Services, reason: str) -> None:
    await put(shop.database, customer(), approval())
    assert (await _decide(api, ADA.token, decision="reject", reason=reason))[:2] == (400, "reason_needed")


async def test_a_reason_is_not_a_novel(api: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval())
    assert (await _decide(api, ADA.token, reason="a" * 2_001))[:2] == (400, "reason_needed")


async def test_a_second_opinion_comes_too_late(api: httpx.AsyncClient, shop: Services) -> None:
    done = approval(state="rejected", decided_by="lars@northwind.example", decided_at=NOW)
    await put(shop.database, customer(), done)
    status, code, message = await _decide(api, ADA.token)
    assert (status, code) == (409, "already_decided")
    assert message.startswith("lars@northwind.example has already rejected this.")


async def test_nobody_changes_their_mind_afterwards(api: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval(state="approved", decided_by=ADA.email, decided_at=NOW))
    status, code, message = await _decide(api, ADA.token, decision="reject", reason="on second thought")
    assert (status, code) == (409, "already_decided")
    assert message.startswith("You have already approved this.")


async def test_the_same_decision_again_is_fine(api: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval(state="approved", decided_by=ADA.email, decided_at=NOW))
    answer = await api.post(DECISION, json={"decision": "approve", "seen": "hash"}, headers=bearer(ADA.token))
    assert (answer.status_code, answer.json()["state"]) == (200, "approved")


@pytest.mark.parametrize("state", ["expired", "withdrawn"])
async def test_what_is_closed_is_gone(api: httpx.AsyncClient, shop: Services, state: str) -> None:
    await put(shop.database, customer(), approval(state=state, decided_at=NOW))
    assert (await _decide(api, ADA.token))[:2] == (410, "closed")


async def test_when_temporal_is_down_nothing_is_decided(api: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval())

    status, code, message = await _decide(api, ADA.token)

    assert (status, code) == (503, "temporal_unavailable")
    assert "Decide again in a minute" in message
    async with shop.database.reading() as session:
        row = await find_approval(session, "a_1")
    assert row is not None
    assert row.state == "open"


async def test_the_service_refuses_without_any_door(shop: Services) -> None:
    await put(shop.database, customer(), approval())
    with pytest.raises(NotAllowed):
        await Approvals(shop).decide("a_1", OMAR, approve=True, seen="hash")
    with pytest.raises(NotFound):
        await Approvals(shop).decide("a_2", ADA, approve=True, seen="hash")
    assert [row.id for row in (await Approvals(shop).open_for(ADA)).rows] == ["a_1"]
    assert (await Approvals(shop).open_for(OMAR)).rows == []


@pytest.mark.parametrize(
    ("state", "person", "body", "refused"),
    [
        ({"author": WRITTEN}, ADA, {}, (403, "not_allowed", "You wrote this journey")),
        ({"assignee": "lars@northwind.example"}, ADA, {}, (403, "not_allowed", "This was handed to lars")),
        ({"people": 2, "agreed": [WRITTEN]}, ADA, {}, (403, "not_allowed", "You have agreed already; 2 people")),
        ({"content_author": WRITTEN}, ADA, {}, (403, "not_allowed", "You wrote this content")),
        ({"requester": WRITTEN}, ADA, {}, (403, "not_allowed", "You requested this")),
        ({}, MARIA, {"decision": "hand", "to": "support"}, (403, "not_allowed", "You wrote this journey")),
        ({}, OMAR, {"decision": "hand", "to": "support"}, (403, "not_allowed", "Only people of the group")),
        ({}, ADA, {"decision": "hand", "to": "nobody"}, (400, "nobody_there", "Nobody who could decide this")),
        ({}, ADA, {"decision": "hand"}, (400, "nobody_there", "Nobody who could decide this")),
        ({}, ADA, {"decision": "hand", "to": OMAR.email}, (400, "nobody_there", "Nobody who could decide this")),
        ({}, ADA, {"decision": "hand", "to": MARIA.email}, (400, "nobody_there", "Nobody who could decide this")),
        ({"state": "expired"}, ADA, {"decision": "hand", "to": "support"}, (410, "closed", "The time to decide")),
        (
            {"state": "approved", "decided_by": ADA.email, "decided_at": NOW},
            ADA,
            {"decision": "hand", "to": "support"},
            (409, "already_decided", "You have already approved"),
        ),
        (
            {"similar": ""},
            ADA,
            {"similar": {"most": 5, "days": 7}},
            (409, "not_similar", "Each of these is decided"),
        ),
        ({"similar": "x"}, ADA, {"similar": {"most": 5, "days": 91}}, (409, "not_similar", "up to 90 days")),
        (
            {"similar": "x"},
            ADA,
            {"similar": {"most": 0, "days": 1}},
            (400, "invalid", "greater than or equal to 1"),
        ),
    ],
)
async def test_what_may_not_be_done_with_it_is_refused_in_words(
    api: httpx.AsyncClient,
    shop: Services,
    state: dict[str, Any],
    person: Person,
    body: dict[str, Any],
    refused: tuple[int, str, str],
) -> None:
    await put(shop.database, customer(), approval(**state))
    status, code, message = await _decide(api, person.token, **body)
    assert (status, code) == refused[:2]
    assert refused[2] in message


async def test_a_grant_is_ended_by_its_group_only(api: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), approval(), grant())

    missing = await api.post("/v1/approvals/grants/g_2/revoke", headers=bearer(ADA.token))
    foreign = await api.post("/v1/approvals/grants/g_1/revoke", headers=bearer(OMAR.token))
    revoked = [await api.post("/v1/approvals/grants/g_1/revoke", headers=bearer(ADA.token)) for _ in range(2)]
    listed = (await api.get("/v1/approvals/grants", headers=bearer(ADA.token))).json()["grants"]

    assert (missing.status_code, foreign.status_code) == (404, 403)
    assert [answer.json()["revoked_by"] for answer in revoked] == [ADA.email, ADA.email]
    assert listed == []
