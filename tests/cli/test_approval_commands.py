"""`sojourn approval` against the real API: what waits, and decisions that count or do not."""

import asyncio
import json
from datetime import timedelta
from io import StringIO

import pytest

from starter.cli.editing import edited_by_hand
from store.database import Database
from store.tables import EditLabel
from tests import seeding
from tests.cli.conftest import Command
from tests.cli.serving import Api

pytestmark = pytest.mark.xdist_group("cli-api")


class Terminal(StringIO):
    """Someone at a terminal, with what they type."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module", autouse=True)
def _there(api: Api) -> None:
    """One open approval, of a run that is gone, and others that were decided."""
    asyncio.run(_fill(api.database_url))


_TEMPLATE = seeding.MESSAGES["whatsapp"] | {"reads": "Until 5 March the Fjell 3 tent is 10 % less for you."}
_ASKED_OF_TWO = [
    seeding.approval(
        "a_two", group="brand", people=2, agreed=["lars@northwind.example"], message={"body": _TEMPLATE}
    )
]
_AGREED_TO = [
    seeding.approval("a_agreed", state="approved", decided_by=seeding.ADA.email, decided_at=seeding.NOW),
    seeding.grant("g_a_agreed", approval_id="a_agreed", used=2),
    seeding.grant("g_theirs", approval_id="a_agreed", group="support"),
    EditLabel(
        approval_id="a_agreed",
        customer_id="c_lena",
        journey=seeding.JOURNEY,
        step_id="offer",
        content="browse-offer",
        content_version="1f0c9a7be2d4",
        channel="email",
        language="en",
        field="text",
        before="Hello.\nIt sleeps three.",
        after="Hello.\nThree sleep in it.",
        by=seeding.ADA.email,
        at=seeding.NOW,
    ),
]


async def _fill(url: str) -> None:
    database = Database(url)
    rejected = {"state": "rejected", "decided_by": seeding.ADA.email, "decided_at": seeding.NOW}
    await seeding.put(
        database,
        seeding.customer(),
        seeding.approval("a_open"),
        seeding.approval("a_rejected", **rejected, decision_reason="too much"),
        seeding.approval("a_expired", state="expired", decided_at=seeding.NOW),
        seeding.approval("a_withdrawn", state="withdrawn", decided_at=seeding.NOW, decision_reason="they bought"),
        seeding.approval("a_mail", channel="email", deadline=seeding.NOW + timedelta(hours=30)),
        seeding.refund("a_refund", deadline=seeding.NOW + timedelta(hours=40)),
        *_ASKED_OF_TWO,
        *_AGREED_TO,
    )
    await database.close()


def test_open_approvals_are_listed(sojourn: Command, api: Api):
    lines = sojourn("approval", "list", **api.person("ada")).out.splitlines()
    assert lines[0].split() == ["UNTIL", "(UTC)", "GROUP", "JOURNEY", "CHANNEL", "APPROVAL"]
    assert [line.split()[2:] for line in lines[1:]] == [
        ["marketing", seeding.JOURNEY, "whatsapp", "a_open"],
        ["brand", seeding.JOURNEY, "whatsapp", "a_two"],
        ["marketing", seeding.JOURNEY, "email", "a_mail"],
        ["marketing", seeding.JOURNEY, "action", "a_refund"],
    ]


def test_settled_approvals_as_json(sojourn: Command, api: Api):
    listed = json.loads(sojourn("approval", "list", "--state", "rejected", "-o", "json", **api.person("ada")).out)
    assert [(row["id"], row["decision_reason"]) for row in listed] == [("a_rejected", "too much")]


def test_an_approval_is_shown_with_what_would_leave(sojourn: Command, api: Api):
    shown = sojourn("approval", "show", "a_open", **api.person("ada")).out
    assert "discount   10 %" in shown
    assert "you        may decide" in shown
    assert '"name": "browse_offer"' in shown
    said = sojourn("approval", "show", "a_two", **api.person("ada")).out
    assert "  template: Until 5 March the Fjell 3 tent is 10 % less for you.\n" in said


def test_a_mail_is_shown_in_its_words_and_a_refund_by_what_is_given(sojourn: Command, api: Api):
    mail = sojourn("approval", "show", "a_mail", **api.person("ada")).out
    refund = sojourn("approval", "show", "a_refund", **api.person("ada")).out
    assert "  subject: Still thinking about the Fjell tent?\n" in mail
    assert "then it is left out, and the journey goes on" in " ".join(mail.split())
    assert "passes on  to brand, 2099-03-03 10:00 UTC, in " in refund
    assert "amount     1,250.00 EUR" in refund
    assert "\nWhat would be done" in refund
    assert "\n  order_id: o-7\n" in refund
    assert max(map(len, (mail + refund).splitlines())) <= 80


def test_an_approval_is_shown_with_why_now_and_what_else_it_could_have_been(sojourn: Command, api: Api):
    shown = sojourn("approval", "show", "a_open", **api.person("ada")).out
    assert "4 hours passed without “Order Completed”" in shown
    assert "  the journey led here: at “worth”, start.value > 100\n" in shown
    assert "  sampler chose ten-percent (62 %, 4.20 expected) at best-nudge\n" in shown
    assert "    not reminder (38 %, 1.20 expected)\n    not sms: closed, no consent" in shown
    assert max(map(len, shown.partition("What would leave")[0].splitlines())) <= 80


def test_nobody_approves_what_they_wrote(sojourn: Command, api: Api):
    answer = sojourn("approval", "approve", "a_open", **api.person("maria"))
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "You wrote this journey, and nobody approves what they wrote. Ask a colleague.\n"


def test_a_script_says_what_it_decides_about(sojourn: Command, api: Api):
    for command in (["approve"], ["reject", "--reason", "no"], ["edit", "--set", "parameters.0=Hi"]):
        answer = sojourn("approval", command[0], "a_open", *command[1:], **api.person("ada"))
        assert (answer.code, answer.out) == (1, "")
        assert answer.err.startswith("Say what you decide about: --seen HASH, as 'sojourn approval show a_open'")


def test_what_is_another_than_was_looked_at_is_not_decided(sojourn: Command, api: Api):
    for command in (["approve"], ["reject", "--reason", "no"], ["edit", "--set", "parameters.0=Hi"]):
        answer = sojourn("approval", command[0], "a_open", *command[1:], "--seen", "another", **api.person("ada"))
        assert (answer.code, answer.err) == (
            1,
            "It has changed since you looked. Look at it again, and then decide.\n",
        )


def test_whoever_decides_at_a_terminal_is_shown_it_first(
    sojourn: Command, api: Api, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    answer = sojourn("approval", "approve", "a_open", **api.person("ada"))
    assert answer.code == 1
    assert "\nWhat would leave" in answer.out
    assert answer.out.endswith("Approve exactly this? [y/N]: ")
    [still_open] = [
        row
        for row in json.loads(sojourn("approval", "list", "-o", "json", **api.person("ada")).out)
        if row["id"] == "a_open"
    ]
    assert still_open["state"] == "open"


@pytest.mark.parametrize(
    ("approval", "person", "told"),
    [
        ("a_expired", "ada", "The time to decide has passed"),
        ("a_withdrawn", "ada", "This was withdrawn: they bought."),
        ("a_two", "omar", "Only people of the group 'brand' decide this"),
    ],
)
@pytest.mark.parametrize("decision", [["approve"], ["reject", "--reason", "no"]], ids=["approve", "reject"])
def test_what_is_over_or_asked_of_others_is_not_decided(
    sojourn: Command, api: Api, decision: list[str], approval: str, person: str, told: str
):
    answer = sojourn("approval", decision[0], approval, *decision[1:], "--seen", "hash", **api.person(person))
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(told)


def test_what_was_decided_stays_decided(sojourn: Command, api: Api):
    answer = sojourn("approval", "approve", "a_rejected", **api.person("ada"))
    assert (answer.code, answer.err) == (1, "You have already rejected this. Nothing more is needed.\n")


def test_the_same_decision_again_is_fine(sojourn: Command, api: Api):
    answer = sojourn("approval", "reject", "a_rejected", "--reason", "too much", **api.person("ada"))
    assert (answer.code, answer.out) == (0, "Rejected by ada@northwind.example.\n")


def test_an_approval_that_does_not_exist(sojourn: Command, api: Api):
    answer = sojourn("approval", "show", "a_none", **api.person("ada"))
    assert (answer.code, answer.err) == (1, "There is no such approval. Look in the list for what is open.\n")


def test_a_rejection_needs_a_reason(process: Command):
    answer = process("approval", "reject", "a_open", "--token", "t")
    assert answer.code == 2
    assert "Missing option '--reason'" in answer.err


def test_a_missing_token_is_told(sojourn: Command):
    assert "--token or SOJOURN_TOKEN" in sojourn("approval", "list").err


def test_a_wrong_token_is_told(sojourn: Command, api: Api):
    answer = sojourn("approval", "list", "--url", api.url, "--token", "wrong")
    assert (answer.code, answer.err) == (
        1,
        "Nobody in sojourn.yaml has this token. Check it, or ask for a new one.\n",
    )


def test_who_has_agreed_and_how_many_must_is_shown(sojourn: Command, api: Api):
    shown = sojourn("approval", "show", "a_two", **api.person("ada")).out
    assert "agreed     lars@northwind.example; 2 people must" in shown
    assert "to edit    parameters.0, parameters.1, parameters.2" in shown


def test_what_cannot_be_edited_is_told_with_what_can(sojourn: Command, api: Api):
    answer = sojourn("approval", "edit", "a_open", "--set", "subject=Hi", "--seen", "hash", **api.person("ada"))
    assert (answer.code, answer.err) == (
        1,
        "'subject' cannot be edited here; there is: parameters.0, parameters.1, parameters.2.\n",
    )


def test_an_edit_without_words_is_told(sojourn: Command):
    answer = sojourn("approval", "edit", "a_open", "--set", "subject", SOJOURN_TOKEN="t")
    assert (answer.code, answer.err) == (1, "'subject' says no words; write FIELD=TEXT, or FIELD=@FILE.\n")


def test_texts_are_edited_in_the_editor_of_the_person(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EDITOR", "sed -i s/three/four/")
    texts = {"subject": "For you", "text": "It sleeps three.\n\nNot: 2 %"}
    assert edited_by_hand({"texts": texts}) == {"text": "It sleeps four.\n\nNot: 2 %"}


def test_what_was_edited_is_listed_as_a_difference_and_as_json(sojourn: Command, api: Api):
    told = sojourn("approval", "labels", **api.person("ada")).out.splitlines()
    assert told[0].endswith("browse-offer by email: text, by ada@northwind.example")
    assert told[1:] == ["  @@ -2 +2 @@", "  -It sleeps three.", "  +Three sleep in it."]
    [label] = json.loads(sojourn("approval", "labels", "-o", "json", **api.person("ada")).out)
    assert (label["approval_id"], label["content"], label["field"]) == ("a_agreed", "browse-offer", "text")


def test_it_is_handed_only_to_whoever_could_decide(sojourn: Command, api: Api):
    answer = sojourn("approval", "hand", "a_open", "--to", "nobody", **api.person("ada"))
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("Nobody who could decide this is in a group 'nobody'")


def test_grants_are_listed_with_their_use_and_ended_by_their_group(sojourn: Command, api: Api):
    listed = sojourn("approval", "grants", **api.person("ada")).out.splitlines()
    assert {tuple(line.split()[2:]) for line in listed[1:]} == {
        ("2", "of", "5", seeding.JOURNEY, "g_a_agreed"),
        ("0", "of", "5", seeding.JOURNEY, "g_theirs"),
    }
    foreign = sojourn("approval", "grants", "--revoke", "g_theirs", **api.person("ada"))
    assert (foreign.code, foreign.err) == (1, "Only people of the group 'support' end this. Ask one of them.\n")
    ended = sojourn("approval", "grants", "--revoke", "g_a_agreed", **api.person("ada")).out
    assert ended == "g_a_agreed is over, revoked by ada@northwind.example.\n"
    over = json.loads(sojourn("approval", "grants", "--over", "-o", "json", **api.person("ada")).out)
    assert [grant["id"] for grant in over] == ["g_a_agreed"]
