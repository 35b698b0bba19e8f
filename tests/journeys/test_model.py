"""What a journey is once it is read: its ids, its version, and how it travels."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import ValidationError

from journeys.model import Journey
from journeys.parts import ApprovalRule, Budget, EventMatch, Offer, Part, SendWindow
from journeys.steps import Send, verb, walk
from policies.budget import BudgetPolicy
from policies.model import Policy
from policies.send_window import SendWindowPolicy
from tests.conftest import RETAIL
from tests.journeys.conftest import HEAD
from yamlfile import FileProblems

Read = Callable[[str], Journey]

NESTED = (
    HEAD
    + """\
  - wait: 1h
  - branch:
      - if: run.a
        then:
          - wait: 2h
          - {id: given, wait: 3h}
    otherwise:
      - wait_for: Opened
        within: 1d
        then: [{wait: 4h}]
        otherwise: [{stop: bored}]
"""
)


def ids(journey: Journey) -> list[str]:
    return [step.id for step in walk(journey.steps)]


def test_a_step_without_an_id_is_named_by_its_verb_and_its_place(read: Read):
    assert ids(read(NESTED)) == [
        "wait_1",
        "branch_2",
        "branch_2_case_1_then_wait_1",
        "given",
        "branch_2_otherwise_wait_for_1",
        "branch_2_otherwise_wait_for_1_then_wait_1",
        "branch_2_otherwise_wait_for_1_otherwise_stop_1",
    ]


def test_a_derived_id_gives_way_to_one_that_was_given(read: Read):
    journey = read(HEAD + "  - wait: 1h\n  - {id: wait_1, wait: 2h}\n")

    assert ids(journey) == ["wait_1_2", "wait_1"]


def test_every_kind_of_step_is_known_by_its_verb(read: Read):
    assert {verb(step) for step in walk(read(NESTED).steps)} == {"wait", "branch", "wait_for", "stop"}


def test_a_journey_that_was_written_reads_as_itself(read: Read):
    journey = read(NESTED)

    assert Journey.model_validate_json(journey.model_dump_json(by_alias=True)) == journey
    assert Journey.model_validate_json(journey.model_dump_json()) == journey
    assert Journey.model_validate(journey.model_dump()) == journey


def test_what_is_left_at_its_default_is_not_written(read: Read):
    journey = read(HEAD + "  - {send: push, content: hello}\n")

    assert journey.model_dump(mode="json", by_alias=True) == {
        "journey": "j",
        "owner": "o@shop.example",
        "start": {"event": "Go"},
        "steps": [{"id": "send_1", "send": ["push"], "content": "hello"}],
    }


def test_a_duration_is_written_as_people_write_it(read: Read):
    journey = read(HEAD + "  - {send: push, content: hello, offer: {discount: 10%, valid: 36h}}\n")

    assert journey.model_dump(mode="json")["steps"][0]["offer"] == {"discount": 10.0, "valid": "1d 12h"}


def test_the_version_is_that_of_what_is_said_not_of_how_it_is_written(read: Read):
    plain = read(HEAD + "  - wait_for: [{event: Opened}]\n    within: 1d\n")
    spaced = read("# a remark\n" + HEAD + "  - wait_for: Opened\n\n    within:   1d\n    then: []\n")

    assert plain.version == spaced.version


def test_the_version_survives_the_journey_of_a_run(read: Read):
    journey = read(NESTED)

    assert Journey.model_validate_json(journey.model_dump_json(by_alias=True)).version == journey.version


@pytest.mark.parametrize("step", ["wait: 2h", "{wait: 1h, id: pause}", "wait: at 10:00"])
def test_any_other_step_is_another_version(read: Read, step: str):
    assert read(HEAD + f"  - {step}\n").version != read(HEAD + "  - wait: 1h\n").version


def test_the_retail_journeys_version_changes_only_when_what_it_says_changes(read: Read):
    text = (RETAIL / "journeys" / "browse-abandonment.yaml").read_text()

    assert read(text.replace("wait: 30m", "wait: 31m")).version != read(text).version
    assert read(text.replace("# one run per customer and product", "# whatever")).version == read(text).version


def test_a_journey_cannot_be_changed_once_read(read: Read):
    with pytest.raises(ValidationError, match="frozen"):
        read(NESTED).owner = "someone else"


def test_the_short_forms_mean_the_long_ones(read: Read):
    short = read(HEAD + "  - {send: push, content: c, approval: marketing}\n  - {wait_for: Opened, within: 1h}\n")

    send, wait = short.steps
    assert isinstance(send, Send)
    assert send.approval == ApprovalRule(group="marketing", within=timedelta(hours=24), otherwise="skip")
    assert wait.model_dump()["wait_for"] == [EventMatch(event="Opened").model_dump()]


@pytest.mark.parametrize(("written", "percent"), [("10%", 10), ("10", 10), ("'12.5 %'", 12.5), ("100%", 100)])
def test_a_discount_is_in_per_cent(read: Read, written: str, percent: float):
    (send,) = read(HEAD + f"  - {{send: push, content: c, offer: {{discount: {written}}}}}\n").steps

    assert isinstance(send, Send)
    assert send.offer == Offer(discount=percent)


@pytest.mark.parametrize(
    ("again", "means"),
    [
        ("never", "never"),
        ("one at a time", "one at a time"),
        ("after 7d", timedelta(days=7)),
        ("7d", timedelta(days=7)),
    ],
)
def test_a_key_starts_again_as_told(read: Read, again: str, means: object):
    text = f"journey: j\nowner: o\nstart: {{event: Go, again: {again}}}\nsteps: [{{wait: 1h}}]\n"

    assert read(text).start.again == means


def test_a_journey_knows_every_event_it_waits_for(read: Read):
    text = NESTED.replace("steps:", "goal: Bought\nstop: [Complained, {event: Left}]\nsteps:")

    assert read(text).interests() == {"Bought", "Complained", "Left", "Opened"}


def test_when_all_events_are_needed_none_has_steps_of_its_own(read: Read):
    text = HEAD + "  - {wait_for: [A, {event: B, then: [{wait: 1h}]}], need: all, within: 1d}\n"
    with pytest.raises(FileProblems, match="no one of them decides: put these steps under the common 'then'"):
        read(text)


@pytest.mark.parametrize("name", ["budget", "send_window"])
def test_a_journey_says_its_limits_in_one_place_only(read: Read, name: str):
    with pytest.raises(FileProblems, match=f"a journey says its '{name}' beside 'policies', and not among them"):
        read(f"policies: {{{name}: {{}}}}\n{HEAD}  - wait: 1h\n")


def test_a_budget_limits_something(read: Read):
    with pytest.raises(FileProblems, match="a budget says how many 'messages' or how much 'money' at most"):
        read(f"budget: {{within: 1d}}\n{HEAD}  - wait: 1h\n")


@pytest.mark.parametrize(("part", "policy"), [(Budget, BudgetPolicy), (SendWindow, SendWindowPolicy)])
def test_a_journey_can_say_of_its_limits_all_that_the_project_can(part: type[Part], policy: type[Policy]):
    assert part.model_fields.keys() == policy.model_fields.keys()
