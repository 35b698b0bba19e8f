"""The file of a rehearsal, its times, and how what came is held against what was expected."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from journeys.times import zone_or_utc
from starter.rehearsal.calendar import Calendar, InThePast
from starter.rehearsal.comparison import differences
from starter.rehearsal.model import Entry, Rehearsal, read_rehearsal
from starter.rehearsal.saving import NoRehearsal, save
from starter.rehearsal.story import Line, Story
from yamlfile import FileProblems

BERLIN = zone_or_utc("Europe/Berlin")
CALENDAR = Calendar("monday 14:00", BERLIN)
SENT = Entry(at="day 1 14:30", what="sent", step="reminder", channel="email", says="Still here")
ENDED = Entry(at="day 1 14:30", what="ended", why="completed: every step was done")


def story_of(*entries: Entry) -> Story:
    at = CALENDAR.start
    return Story(CALENDAR, [Line(at, entry, order=(at, 0, at, 0)) for entry in entries])


def problems(folder: Path, text: str) -> list[str]:
    file = folder / "case.yaml"
    file.write_text(f"journey: hello\ncustomer: {{}}\n{text}", encoding="utf-8")
    with pytest.raises(FileProblems) as raised:
        read_rehearsal(file)
    return [f"{p.line}: {p.message} {p.fix}".strip() for p in raised.value.problems]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("31m", "2035-01-08T14:31+01:00"),
        ("2h 5m", "2035-01-08T16:05+01:00"),
        ("day 1 23:59", "2035-01-08T23:59+01:00"),
        ("day 2 10:20", "2035-01-09T10:20+01:00"),
        ("2035-06-30 20:30", "2035-06-30T20:30+02:00"),
        ("2035-06-30T20:30Z", "2035-06-30T22:30+02:00"),
    ],
)
def test_a_moment_is_on_the_customers_clock(text: str, moment: str):
    assert CALENDAR.local(CALENDAR.moment(text)).isoformat(timespec="minutes") == moment


def test_a_day_is_a_day_where_the_clocks_change():
    calendar = Calendar("2035-03-24 12:00", BERLIN)

    assert calendar.label(calendar.moment("day 2 12:00")) == "day 2 12:00"
    assert calendar.label(calendar.moment("1d")) == "day 2 13:00"


@given(day=st.integers(1, 400), minute=st.integers(0, 24 * 60 - 1))
def test_every_label_is_a_moment_of_its_own(day: int, minute: int):
    label = f"day {day} {minute // 60:02}:{minute % 60:02}"
    moment = CALENDAR.moment(label)

    # Only the hour that is skipped in March has labels of no moment.
    assert CALENDAR.label(moment) == label or CALENDAR.local(moment).month == 3


def test_a_start_in_the_past_is_refused():
    with pytest.raises(InThePast):
        Calendar("2020-01-06 14:00", BERLIN)


def test_what_stands_beside_an_event_is_a_property_of_it():
    case = Rehearsal.model_validate(
        {"journey": "hello", "customer": {}, "events": [{"at": "0m", "event": "Viewed", "by": "car", "price": 3}]}
    )

    assert case.events[0].properties == {"by": "car", "price": 3}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("evnts: []", "3: unknown key 'evnts' did you mean 'events'?"),
        ("start: some day", "3: 'some day' is no start; write 'monday 14:00' or '2035-06-30 20:30'"),
        ("start: monday 25:00", "3: 'monday 25:00' is no start; write 'monday 14:00' or '2035-06-30 20:30'"),
        (
            "events:\n  - {at: later, event: Viewed}",
            "4: 'later' is no moment; write 31m, 'day 2 10:00' or '2035-06-30 20:30'",
        ),
        (
            "events:\n  - {at: 1m, opend: reminder}",
            "4: unknown key 'opend' did you mean 'opened'?",
        ),
    ],
)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, text: str, told: str):
    assert problems(tmp_path, text) == [told]


def test_two_things_at_once_are_refused(tmp_path: Path):
    (told,) = problems(tmp_path, "events:\n  - {at: 1m, opened: reminder, clicked: reminder}")

    assert told.startswith("4: say one thing that happens: event, customer, approve, reject,")


def test_a_key_that_an_expectation_leaves_out_may_have_any_value():
    assert differences([Entry(what="sent", step="reminder"), Entry(what="ended")], [SENT, ENDED]) == []


def test_what_came_otherwise_is_shown_as_a_difference():
    expected = [Entry(at="day 1 15:00", what="sent", step="reminder"), Entry(what="ended")]

    assert differences(expected, [SENT, ENDED]) == [
        "--- expected",
        "+++ came",
        "@@ -1,2 +1,2 @@",
        "-at: day 1 15:00, what: sent, step: reminder",
        "+at: day 1 14:30, what: sent, step: reminder, channel: email, says: Still here",
        " what: ended",
    ]


@pytest.mark.parametrize("came", [[], [SENT], [SENT, ENDED, ENDED], [ENDED, SENT]])
def test_more_less_or_another_order_is_a_difference(came: list[Entry]):
    assert differences([SENT, ENDED], came)


@example(words=["False", "NULL", "True love"])
@given(words=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])), max_size=3))
def test_whatever_was_saved_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, words: list[str]):
    file = tmp_path_factory.mktemp("saved") / "case.yaml"
    entries = [Entry(at="day 1 14:30", what="sent", step="s", says=word, why=word) for word in words]
    case = Rehearsal.model_validate(
        {"journey": "hello", "customer": {"traits": {"name": "Lena"}}, "events": [{"at": "0m", "event": "Viewed"}]}
    )

    save(file, case, story_of(*entries))

    assert read_rehearsal(file) == case.model_copy(update={"expect": entries})


def test_saving_again_changes_only_what_is_expected(tmp_path: Path):
    file = tmp_path / "case.yaml"
    file.write_text(
        '# A case.\njourney: "hello"\ncustomer: {}\nexpect:\n  - {what: sent}\nevents: []  # none\n',
        encoding="utf-8",
    )

    save(file, read_rehearsal(file), story_of(ENDED))

    assert file.read_text(encoding="utf-8") == (
        '# A case.\njourney: "hello"\ncustomer: {}\nevents: []  # none\nexpect:\n'
        '  - {at: day 1 14:30, what: ended,\n     why: "completed: every step was done"}\n'
    )


def test_a_journey_is_not_overwritten(tmp_path: Path):
    file = tmp_path / "hello.yaml"
    file.write_text("journey: hello\nsteps: []\n", encoding="utf-8")

    with pytest.raises(NoRehearsal):
        save(file, Rehearsal.model_validate({"journey": "hello", "customer": {}}), story_of())
