"""The steps that choose a way, told as journeys: branch, split, choose, agent, repeat."""

from collections import Counter
from datetime import timedelta

from temporalio.exceptions import ApplicationError

from journeys.assignment import share
from journeys.ids import decision_id
from learning.planners import random
from learning.planners.interface import Question
from tests.workflows.conftest import Runs
from workflows.ports import Choice

BRANCH = """
journey: branches
owner: maria
start: {event: Product Viewed}
steps:
  - branch:
      - {if: customer.plan == "pro" && start.price > 100.0, then: [{id: pro, send: email, content: pro}]}
      - {if: customer.visits >= 3, then: [{id: regular, send: email, content: regular}]}
    otherwise: [{id: new, send: email, content: new}]
"""


async def test_the_first_case_that_holds_is_taken(runs: Runs) -> None:
    runs.world.customer = {"plan": "pro", "visits": 9}
    await (await runs.start(BRANCH, price=120.5)).result()
    await (await runs.start(BRANCH, price=20.5)).result()
    assert runs.world.sent == ["pro", "regular"]


async def test_an_attribute_that_is_missing_makes_its_condition_false(runs: Runs) -> None:
    await (await runs.start(BRANCH, price=120.5)).result()
    assert runs.world.sent == ["new"]


async def test_a_branch_looks_at_the_customer_as_they_are_then(runs: Runs) -> None:
    run = await runs.start(BRANCH.replace("steps:", "steps:\n  - {wait: 1h}"), price=1.5)
    runs.world.customer = {"visits": 3}
    await run.result()
    assert runs.world.sent == ["regular"]


SPLIT = """
journey: splits
owner: maria
start: {event: Product Viewed}
steps:
  - split: subject-line
    arms:
      - {arm: plain, weight: 1, then: [{id: plain, send: email, content: plain}]}
      - {arm: bold, weight: 3, then: [{id: bold, send: email, content: bold}]}
  - {id: after, send: push, content: after}
"""


async def test_a_customer_is_in_the_same_arm_every_time_and_the_record_says_which(runs: Runs) -> None:
    expected = "plain" if share("subject-line", "c_1") < 1 / 4 else "bold"
    for _ in range(2):
        await (await runs.start(SPLIT)).result()
    assert runs.world.sent == [expected, "after", expected, "after"]
    assert runs.world.records[0].attributes == {"experiment": "subject-line", "arm": expected}
    assert [sent.arms for sent in runs.world.deliveries[:2]] == [{"subject-line": expected}, {}]


async def test_who_comes_to_a_closed_arm_goes_the_control_s_way_and_does_not_count(runs: Runs) -> None:
    runs.world.closed_arm = "bold"
    await (await runs.start(SPLIT)).result()
    assert runs.world.sent == ["plain", "after"]
    (record, *_) = runs.world.records
    assert (record.detail, record.attributes) == ("the arm 'bold' is closed", {})


CHOOSE = """
journey: chooses
owner: maria
start: {event: Product Viewed}
steps:
  - repeat: 3
    steps:
      - choose: what
        planner: fixed
        options:
          - {option: a, then: [{id: a, send: email, content: a}]}
          - {option: b, then: [{id: b, send: email, content: b}]}
"""


async def test_a_fixed_order_takes_one_option_a_turn_and_then_stays_at_the_last(runs: Runs) -> None:
    await (await runs.start(CHOOSE)).result()
    assert runs.world.sent == ["a", "b", "b"]


async def test_a_random_choice_can_be_recomputed_from_the_ids_of_the_run(runs: Runs) -> None:
    run = await runs.start(CHOOSE.replace("repeat: 3", "repeat: 8").replace("fixed", "random"))
    await run.result()
    step = "repeat_1_choose_1"
    keys = [decision_id(run.id, "start", step, number) for number in range(8)]
    assert runs.world.sent == [random.plan(Question(key, ("a", "b"))).option for key in keys]
    chosen = [record for record in runs.world.records if record.step_id == step]
    assert {record.attributes["probability"] for record in chosen} == {0.5}


async def test_an_option_whose_condition_does_not_hold_is_not_offered(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: conditional
        owner: maria
        start: {event: Product Viewed}
        steps:
          - choose: what
            options:
              - {option: a, if: start.price > 100, then: [{id: a, send: email, content: a}]}
              - {option: b, then: [{id: b, send: email, content: b}]}
          - choose: nothing
            options: [{option: c, if: start.price > 100, then: [{id: c, send: email, content: c}]}]
            otherwise: [{id: none, send: email, content: none}]
        """,
        price=10,
    )
    await run.result()
    assert runs.world.decisions[0].options == ("b",)
    assert runs.world.sent == ["b", "none"]
    assert len(runs.world.decisions) == 1


SEES = """
journey: sees
owner: maria
start: {event: Product Viewed}
steps:
  - choose: what
    planner: rules
    settings: {rules: [{if: customer.plan == "pro", choose: b}]}
    features: {price: start.price, pro: customer.plan == "pro", unknown: customer.age}
    options:
      - {option: a, then: [{id: a, send: email, content: a}]}
      - {option: b, then: [{id: b, send: email, content: b}]}
"""


async def test_a_planner_is_told_what_the_decision_looks_at_and_which_conditions_hold(runs: Runs) -> None:
    runs.world.customer = {"plan": "pro", "email": "lena@example.com"}
    await (await runs.start(SEES, price=12.5)).result()
    [decision] = runs.world.decisions
    assert decision.features == {"price": 12.5, "pro": 1.0}
    assert decision.true == ('customer.plan == "pro"',)
    assert decision.sends["b"].content == "b"
    assert runs.world.sent == ["b"]


async def test_for_the_share_that_goes_as_usual_no_planner_decides_and_the_record_says_so(runs: Runs) -> None:
    runs.world.customer = {"plan": "pro"}
    await (await runs.start(SEES.replace("owner: maria", "owner: maria\nas_usual: 100%"), price=12.5)).result()
    [decision] = runs.world.decisions
    [record] = [record for record in runs.world.records if record.step_id == decision.step_id]
    assert (decision.planner, runs.world.sent) == ("fixed", ["a"])
    assert record.detail.startswith("business as usual, for comparison")


WAYS = """
journey: ways
owner: maria
start: {event: Product Viewed}
steps:
  - choose: when
    planner: rules
    settings: {rules: [{choose: push_0900}]}
    ways: {send: {send: [email, push], content: nudge}, hours: ["09:00", "18:30"]}
    options: [{option: nothing}]
"""


async def test_a_message_in_many_ways_is_an_option_for_each_channel_and_hour(runs: Runs) -> None:
    await (await runs.start(WAYS)).result()
    [decision] = runs.world.decisions
    assert decision.options == ("nothing", "email_0900", "email_1830", "push_0900", "push_1830")
    [delivery] = runs.world.deliveries
    assert delivery.channels == ("push",)
    assert decision.sends["push_0900"].at == delivery.now.replace(second=0, microsecond=0)


async def test_where_the_policies_leave_nothing_open_the_run_goes_on_otherwise(runs: Runs) -> None:
    run = await runs.start(CHOOSE.replace("repeat: 3", "repeat: 1"))
    runs.world.answers("repeat_1_choose_1", Choice(option=None, probability=0, why="no consent"))
    await run.result()
    assert runs.world.story[0] == "repeat_1_choose_1 otherwise"
    assert runs.world.records[0].detail == "no consent"


async def test_a_planner_that_does_not_exist_does_not_end_the_journey(runs: Runs) -> None:
    run = await runs.start(CHOOSE.replace("repeat: 3", "repeat: 1"))
    runs.world.answers("repeat_1_choose_1", ApplicationError("there is no planner", non_retryable=True))
    assert (await run.result()).outcome == "completed"
    assert runs.world.story[0] == "repeat_1_choose_1 otherwise"


AGENT = """
journey: activates
owner: maria
start: {event: Product Viewed}
life: 60d
steps:
  - agent: activation
    id: agent
    goal: {event: Feature Used, where: event.feature == "reports"}
    horizon: 14d
    cadence: 2d
    most: 3
    actions:
      - option: mail
        then: [{id: mail, send: email, content: m}, {wait: 1d}, {id: nudge, send: push, content: n}]
      - {option: tip, then: [{id: tip, send: push, content: tip}]}
    then: [{id: thanks, send: email, content: thanks}]
    otherwise: [{id: farewell, send: email, content: farewell}]
"""


async def test_an_agent_acts_at_its_cadence_and_gives_up_after_its_last_turn(runs: Runs) -> None:
    await (await runs.start(AGENT)).result()
    assert runs.world.sent == ["mail", "nudge", "tip", "tip", "farewell"]
    days = [round((d.now - runs.now) / timedelta(days=1)) for d in runs.world.deliveries]
    assert days == [0, 1, 3, 5, 7]


async def test_a_goal_in_the_middle_of_an_actions_wait_ends_the_agent_at_once(runs: Runs) -> None:
    run = await runs.start(AGENT)
    await runs.passes(timedelta(hours=5))
    await runs.happens(run, "Feature Used", feature="export")
    await runs.passes(timedelta(hours=5))
    await runs.happens(run, "Feature Used", feature="reports")
    await run.result()
    assert runs.world.sent == ["mail", "thanks"]
    assert runs.world.story[-3:] == ["agent_option_1_then_wait_2 interrupted", "agent goal", "thanks sent"]
    assert runs.world.deliveries[-1].now - runs.now < timedelta(hours=11)


async def test_a_goal_between_two_turns_ends_the_agent_at_once(runs: Runs) -> None:
    run = await runs.start(AGENT)
    await runs.passes(timedelta(days=2))
    await runs.happens(run, "Feature Used", feature="reports")
    await run.result()
    assert runs.world.sent == ["mail", "nudge", "thanks"]


async def test_the_horizon_ends_an_agent_that_still_has_turns(runs: Runs) -> None:
    await (await runs.start(AGENT.replace("horizon: 14d", "horizon: 4d"))).result()
    assert runs.world.sent == ["mail", "nudge", "tip", "farewell"]
    assert runs.world.deliveries[-1].now - runs.now < timedelta(days=4, minutes=1)


async def test_an_agent_may_wait_for_its_next_turn_or_leave_the_customer_alone_for_good(runs: Runs) -> None:
    waits = AGENT.replace("actions:\n", "actions:\n      - {option: wait}\n")
    await (await runs.start(waits)).result()
    assert runs.world.sent == ["mail", "nudge", "tip", "farewell"]
    gives_up = AGENT.replace("actions:\n", "actions:\n      - {option: nothing}\n")
    await (await runs.start(gives_up)).result()
    assert runs.world.sent[4:] == ["farewell"]


async def test_a_turn_without_an_open_action_is_waited_out(runs: Runs) -> None:
    text = AGENT.replace("- option: mail", "- option: mail\n        if: customer.mailable").replace(
        "option: tip,", "option: tip, if: run.mail.sent,"
    )
    run = await runs.start(text)
    await runs.passes(timedelta(days=1))
    runs.world.customer = {"mailable": True}
    await run.result()
    assert runs.world.story[0] == "agent waits"
    assert runs.world.sent[0] == "mail"


async def test_an_agent_that_is_entered_again_starts_afresh(runs: Runs) -> None:
    text = AGENT.replace("steps:\n  - agent", "steps:\n  - repeat: 2\n    steps:\n    - agent", 1)
    head, _, body = text.partition("    - agent")
    run = await runs.start(head + "    - agent" + body.replace("\n    ", "\n      "))
    await runs.happens(run, "Feature Used", feature="reports")
    await run.result()
    turns = Counter(runs.world.sent)
    assert (turns["thanks"], turns["farewell"]) == (1, 1)


async def test_when_an_agent_ends_so_do_the_repetitions_inside_it(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: nested
        owner: maria
        start: {event: Product Viewed}
        steps:
          - repeat: 2
            steps:
              - agent: buy
                goal: Feature Used
                horizon: 10d
                most: 1
                cadence: 5d
                actions:
                  - option: tips
                    then:
                      - repeat: 3
                        steps: [{id: tip, send: push, content: tip}, {wait: 1d}]
        """
    )
    await runs.passes(timedelta(hours=1))
    await runs.happens(run, "Feature Used")  # after one of three tips
    await run.result()
    assert runs.world.sent == ["tip"] + ["tip"] * 3


async def test_steps_are_repeated_as_often_as_it_says_and_each_pass_is_another_delivery(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: repeats
        owner: maria
        start: {event: Product Viewed}
        steps: [{repeat: 3, steps: [{id: mail, send: email, content: mail}, {wait: 1d}]}]
        """
    )
    await run.result()
    assert [d.pass_ for d in runs.world.deliveries] == [0, 1, 2]
    assert (runs.world.story[-1], runs.world.records[-1].attributes) == ("repeat_1 done", {"turns": 3})


async def test_a_repetition_ends_when_its_condition_no_longer_holds(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: while-unopened
        owner: maria
        start: {event: Product Viewed}
        steps: [{repeat: 10, while: "!run.mail.opened", steps: [{id: mail, send: email, content: m}, {wait: 1d}]}]
        """
    )
    await runs.passes(timedelta(days=1, hours=1))
    await runs.outcome(run, "Email Opened", "mail")
    await run.result()
    assert runs.world.sent == ["mail", "mail"]
