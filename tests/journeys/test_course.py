from collections.abc import Callable

from journeys.course import Course
from journeys.model import Journey
from journeys.steps import Branch, WaitFor, walk
from tests.journeys.conftest import HEAD

Read = Callable[[str], Journey]

NESTED = (
    HEAD
    + """\
  - {id: first, wait: 1h}
  - id: choice
    branch:
      - if: run.a
        then:
          - {id: a1, wait: 1h}
          - id: a2
            wait_for: Opened
            within: 1h
            then:
              - {id: opened1, wait: 1h}
              - {id: opened2, wait: 1h}
            otherwise:
              - {id: unopened, wait: 1h}
      - if: run.b
        then: []
    otherwise:
      - {id: c1, wait: 1h}
  - {id: last, wait: 1h}
"""
)


def after(read: Read, step_id: str) -> str | None:
    course = Course(read(NESTED))
    return course.after(course.step(step_id))


def test_a_course_begins_with_the_first_step(read: Read):
    assert Course(read(NESTED)).first == "first"


def test_a_step_is_followed_by_its_neighbour(read: Read):
    assert (after(read, "first"), after(read, "a1"), after(read, "opened1")) == ("choice", "a2", "opened2")


def test_the_end_of_a_block_leads_out_of_it_to_what_follows_the_step_around_it(read: Read):
    assert (after(read, "c1"), after(read, "a2"), after(read, "choice")) == ("last", "last", "last")


def test_the_end_of_an_inner_block_leads_out_of_both(read: Read):
    assert (after(read, "opened2"), after(read, "unopened")) == ("last", "last")


def test_nothing_follows_the_last_step(read: Read):
    assert after(read, "last") is None


def test_a_block_is_entered_at_its_first_step_and_an_empty_one_is_passed(read: Read):
    course = Course(read(NESTED))
    choice, wait = course.step("choice"), course.step("a2")
    assert isinstance(choice, Branch)
    assert isinstance(wait, WaitFor)

    assert course.into(choice, choice.branch[0].then) == "a1"
    assert course.into(choice, choice.branch[1].then) == "last"
    assert course.into(wait, wait.otherwise) == "unopened"


def test_from_every_step_the_course_comes_to_an_end(read: Read):
    journey = read(NESTED)
    course = Course(journey)

    for step in walk(journey.steps):
        seen, here = set[str](), step.id
        while (following := course.after(course.step(here))) is not None:
            assert following not in seen
            seen.add(following)
            here = following
