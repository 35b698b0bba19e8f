"""Which role opens which door: every door that people have, with every role."""

from typing import get_args

import httpx
import pytest

from project.access import PERMISSIONS, Group, Permission, Person, Role, groups_of, permissions_of
from starter.services import Services
from store.database import Database
from tests import seeding
from tests.access.conftest import browser_of, services_with

ROLES: tuple[Role, ...] = get_args(Role)
PEOPLE = tuple(
    Person(email=f"{role}@northwind.example", name=role, groups=(f"all-{role}",), token=role) for role in ROLES
)
EVERYONE = set(ROLES)
DECIDERS = {"approver", "content_owner", "strategy_owner"}
OFFICERS = {"privacy_officer"}

DOORS: list[tuple[str, str, set[str]]] = [
    ("GET", "/v1/approvals", EVERYONE),
    ("GET", "/v1/approvals/a_1", EVERYONE),
    ("POST", "/v1/approvals/a_1/decision", DECIDERS),
    ("GET", "/v1/changes", EVERYONE),
    ("GET", "/v1/changes/ch_1", EVERYONE),
    ("POST", "/v1/changes/ch_1/decision", DECIDERS),
    ("POST", "/v1/changes/ch_1/rollback", DECIDERS),
    ("GET", "/v1/customers", EVERYONE),
    ("POST", "/v1/customers/search", EVERYONE),
    ("GET", "/v1/customers/c_1", EVERYONE),
    ("GET", "/v1/customers/c_1/timeline", EVERYONE),
    ("GET", "/v1/customers/c_1/explain", EVERYONE),
    ("GET", "/v1/customers/c_1/export", OFFICERS),
    ("POST", "/v1/customers/c_1/erase", OFFICERS),
    ("POST", "/v1/customers/c_1/merge", OFFICERS | {"ops"}),
    ("POST", "/v1/merges/1/undo", OFFICERS | {"ops"}),
    ("GET", "/v1/erasures", OFFICERS),
    ("GET", "/v1/erasures/c_1", OFFICERS),
    ("GET", "/v1/events", EVERYONE),
    ("GET", "/v1/events/refused", EVERYONE),
    ("GET", "/v1/events/dead", EVERYONE),
    ("POST", "/v1/events/dead/retry", {"ops"}),
    ("GET", "/v1/events/status", EVERYONE),
    ("GET", "/v1/guardrails", EVERYONE),
    ("GET", "/v1/guardrails/winback", EVERYONE),
    ("POST", "/v1/guardrails/winback/rearm", {"ops", "strategy_owner"}),
    ("GET", "/v1/suppressions", EVERYONE),
    ("POST", "/v1/suppressions/search", EVERYONE),
    ("POST", "/v1/suppressions", OFFICERS | {"ops"}),
    ("POST", "/v1/suppressions/release", OFFICERS | {"ops"}),
    ("POST", "/codec/decode", OFFICERS | {"ops"}),
]
BODIES = {
    "/v1/approvals/a_1/decision": {"decision": "approve", "seen": "hash"},
    "/v1/changes/ch_1/decision": {"decision": "approve"},
    "/v1/customers/search": {"named": "x"},
    "/v1/customers/c_1/erase": {"confirm": "c_1"},
    "/v1/customers/c_1/merge": {"gone": "c_2", "reason": "one person"},
    "/v1/events/dead/retry": {"all": True},
    "/v1/guardrails/winback/rearm": {"reason": "the list is mended"},
    "/v1/suppressions": {"address": "a@example.com"},
    "/v1/suppressions/search": {"address": "a@example.com"},
    "/v1/suppressions/release": {"address": "a@example.com"},
    "/codec/decode": {"payloads": []},
}


@pytest.fixture
async def shop(sqlite_database: Database) -> Services:
    """A shop with one person for each role."""
    services = await seeding.services(sqlite_database)
    groups = {f"all-{role}": Group(roles=(role,)) for role in ROLES}
    project = services.project.model_copy(update={"people": PEOPLE, "groups": groups})
    return services_with(services, project=project)


async def asked(browser: httpx.AsyncClient, method: str, path: str, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await browser.request(method, path, json=BODIES.get(path), headers=headers)


async def test_each_door_opens_to_its_roles_and_to_no_other(browser: httpx.AsyncClient) -> None:
    opened: dict[tuple[str, str], set[str]] = {}
    for method, path, _ in DOORS:
        answers = {role: await asked(browser, method, path, role) for role in ROLES}
        opened[method, path] = {role for role, answer in answers.items() if answer.status_code not in (401, 403)}
    assert opened == {(method, path): roles for method, path, roles in DOORS}


async def test_no_door_opens_to_nobody(browser: httpx.AsyncClient) -> None:
    for method, path, _ in DOORS:
        for token in ("", "guess", "Reader", "reader "[:3]):
            assert (await asked(browser, method, path, token)).status_code == 401, (method, path, token)


async def test_whoever_may_not_is_told_which_role_may(browser: httpx.AsyncClient) -> None:
    answer = await asked(browser, "POST", "/v1/customers/c_1/erase", "ops")
    assert answer.json()["code"] == "forbidden"
    assert "privacy_officer" in answer.json()["message"]


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("approver", 404)])
async def test_the_console_lets_only_deciders_decide(shop: Services, role: str, status: int) -> None:
    async with browser_of(shop) as browser:
        await browser.post("/sign-in", data={"token": role})
        token = (await browser.get("/")).text.partition('name="form_token" value="')[2][:64]
        data = {"form_token": token, "decision": "approve"}
        answer = await browser.post("/approvals/a_1/decision", data=data)
    assert answer.status_code == status


def test_a_group_that_is_not_described_is_of_approvers() -> None:
    assert permissions_of({}, ("anything",)) == PERMISSIONS["approver"]


def test_whoever_is_in_no_group_may_only_look() -> None:
    assert permissions_of({}, ()) == PERMISSIONS["reader"]


def test_the_roles_of_several_groups_add_up() -> None:
    groups = {"a": Group(roles=("ops",)), "b": Group(roles=("privacy_officer",))}
    assert {"events:retry", "customers:erase"} <= permissions_of(groups, ("a", "b"))


def test_some_role_has_each_permission_that_people_need() -> None:
    of_services = {"events:write", "runs:write"}
    assert of_services.union(*PERMISSIONS.values()) == set(get_args(Permission))


def test_a_group_without_members_of_is_nobodys_at_the_provider() -> None:
    assert groups_of({"marketing": Group()}, frozenset({"marketing", ""})) == ()
