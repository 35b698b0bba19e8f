"""Who someone is: by token, and by a session that cannot be forged, outlived or carried past a new token."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from project.access import Person
from project.model import Brand, Project
from starter.identity.people import SESSION_LIFE, Sessions, person_with_token
from tests.seeding import ADA, MARIA, SECRET


def project(*people: Person) -> Project:
    brand = Brand(name="Northwind", address="Hamburg", url="https://northwind.example")
    return Project(brand=brand, write_keys=("key",), people=people, channels={})


def test_a_token_names_its_person() -> None:
    assert person_with_token(project(MARIA, ADA), ADA.token) == ADA


@pytest.mark.parametrize("token", ["", "token", "token-ada ", "TOKEN-ADA"])
def test_any_other_token_names_nobody(token: str) -> None:
    assert person_with_token(project(MARIA, ADA), token) is None


def test_a_session_is_read_back() -> None:
    sessions = Sessions(project(ADA), SECRET)
    session = sessions.read(sessions.open(ADA, datetime.now(UTC)))
    assert session is not None
    assert session.person == ADA


def test_two_sessions_have_two_form_tokens() -> None:
    sessions = Sessions(project(ADA), SECRET)
    tokens = {sessions.read(sessions.open(ADA, datetime.now(UTC))).form_token for _ in range(2)}  # pyright: ignore[reportOptionalMemberAccess] both were just opened
    assert len(tokens) == 2


def test_a_session_ends_after_twelve_hours() -> None:
    sessions = Sessions(project(ADA), SECRET)
    assert sessions.read(sessions.open(ADA, datetime.now(UTC) - SESSION_LIFE - timedelta(seconds=1))) is None


def test_a_session_of_another_installation_is_nothing() -> None:
    cookie = Sessions(project(ADA), "the secret of another installation").open(ADA, datetime.now(UTC))
    assert Sessions(project(ADA), SECRET).read(cookie) is None


def test_a_session_without_a_signature_is_nothing() -> None:
    claims = {"sub": ADA.email, "sid": "1", "token": "t", "exp": datetime.now(UTC) + SESSION_LIFE}
    assert Sessions(project(ADA), SECRET).read(jwt.encode(claims, None, algorithm="none")) is None


def test_a_new_token_ends_the_old_sessions() -> None:
    cookie = Sessions(project(ADA), SECRET).open(ADA, datetime.now(UTC))
    renewed = ADA.model_copy(update={"token": "a new one"})
    assert Sessions(project(renewed), SECRET).read(cookie) is None


def test_whoever_leaves_the_project_is_signed_out() -> None:
    cookie = Sessions(project(ADA), SECRET).open(ADA, datetime.now(UTC))
    assert Sessions(project(MARIA), SECRET).read(cookie) is None
