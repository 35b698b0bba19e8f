"""What holds for every policy there is, and how `policies.yaml` is read."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from policies.frequency_cap import FrequencyCapPolicy
from policies.model import Allow, Policy
from policies.quiet_hours import QuietHoursPolicy
from policies.registry import known_policies, load_policies
from tests.conftest import RETAIL
from tests.policies.conftest import facts
from yamlfile import FileProblems

EVERY = [pytest.param(kind, id=name) for name, kind in sorted(known_policies().items())]


def load(tmp_path: Path, text: str) -> tuple[Policy, ...]:
    file = tmp_path / "policies.yaml"
    file.write_text(text)
    return load_policies(file)


def test_every_policy_in_the_package_is_known():
    files = {file.stem for file in (Path(__file__).parents[2] / "policies").glob("*.py")}

    assert set(known_policies()) == files - {"__init__", "inputs", "model", "registry", "review"}


@pytest.mark.parametrize("kind", EVERY)
def test_a_policy_says_what_it_is_for(kind: type[Policy]):
    assert kind.__doc__ not in (None, Policy.__doc__)


@pytest.mark.parametrize("kind", EVERY)
def test_a_policy_can_be_switched_on_without_settings(kind: type[Policy], tmp_path: Path):
    assert load(tmp_path, f"{kind.name}: {{}}\n") == (kind(),)


@pytest.mark.parametrize("kind", EVERY)
def test_a_policy_lets_a_plain_transactional_message_pass_at_any_time(kind: type[Policy]):
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    for hour in range(24):
        plain = facts(purpose="transactional", now=midnight + timedelta(hours=hour))
        assert kind().judge(plain) == Allow()


@pytest.mark.parametrize("kind", EVERY)
def test_a_policy_knows_of_no_customer_whose_zone_it_does_not_know(kind: type[Policy]):
    assert kind().judge(facts(time_zone=None)) == kind().judge(facts(time_zone="UTC"))


# The settings of `rules` are the rules themselves, under names of the project's own.
@pytest.mark.parametrize("kind", [kind for kind in EVERY if kind.id != "rules"])
def test_a_policy_refuses_settings_it_does_not_have(kind: type[Policy], tmp_path: Path):
    with pytest.raises(FileProblems, match=r"policies.yaml:2:3: unknown key 'colour'"):
        load(tmp_path, f"{kind.name}:\n  colour: red\n")


def test_the_retail_shops_policies_are_read_with_their_numbers():
    policies = {policy.name: policy for policy in load_policies(RETAIL / "policies.yaml")}

    assert list(policies) == ["consent", "quiet_hours", "frequency_cap", "discount_cap"]
    quiet, capped = policies["quiet_hours"], policies["frequency_cap"]
    assert isinstance(quiet, QuietHoursPolicy)
    assert isinstance(capped, FrequencyCapPolicy)
    assert (quiet.start, quiet.end) == (time(21), time(8))
    assert [(cap.most, cap.within.days, cap.channel) for cap in capped.caps] == [
        (3, 1, None),
        (6, 7, None),
        (1, 1, "email"),
        (1, 1, "whatsapp"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("consent: {}\nquite_hours: {}\n", "2:1: unknown policy 'quite_hours' (did you mean 'quiet_hours'?)"),
        (
            "xyz: {}\n",
            f"1:1: unknown policy 'xyz' (there are: {', '.join(sorted(known_policies()))})",
        ),
        ("quiet_hours:\n  form: '21:00'\n", "2:3: unknown key 'form' (did you mean 'from'?)"),
        ("quiet_hours:\n  from: late\n", "2:3: Input should be in a valid time format"),
        ("discount_cap:\n  most: 200%\n", "2:3: Input should be less than or equal to 100"),
        (
            "frequency_cap:\n  caps:\n    - {most: 1, within: 1d}\n    - {msot: 1, within: 1d}\n",
            "4:8: unknown key 'msot' (did you mean 'most'?)",
        ),
        ("frequency_cap:\n  caps: [{most: 1, within: 40d}]\n", "2:20: Input should be less than or equal to"),
        ("- consent\n", "1:1: expected policy names, each with its settings"),
        ("consent: [\n", "2:1: "),
        ("consent: yes\n", "1:1: "),
    ],
)
def test_a_fault_is_told_at_its_line_with_the_fix(tmp_path: Path, text: str, expected: str):
    with pytest.raises(FileProblems) as caught:
        load(tmp_path, text)

    assert any(str(p).startswith(f"{tmp_path / 'policies.yaml'}:{expected}") for p in caught.value.problems), (
        caught
    )


def test_all_faults_are_told_at_once(tmp_path: Path):
    with pytest.raises(FileProblems) as caught:
        load(tmp_path, "consnt: {}\ndiscount_cap:\n  most: 0\n  grup: x\n")

    assert [problem.line for problem in caught.value.problems] == [1, 3, 4]


def test_a_missing_file_is_told_so(tmp_path: Path):
    with pytest.raises(FileProblems, match=r"policies.yaml:1:1: there is no such file"):
        load_policies(tmp_path / "policies.yaml")


PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", EVERY)
def test_the_page_on_policies_names_it_with_every_setting(kind: type[Policy]):
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind.name}` |")]

    settings = {field.alias or name for name, field in kind.model_fields.items()}
    assert {name for name in settings if f"`{name}`" not in row} == set()


@pytest.mark.parametrize("example", [block.split("```")[0] for block in PAGE.split("```yaml\n")[1:]])
def test_every_example_on_the_page_can_be_loaded(example: str, tmp_path: Path):
    assert load(tmp_path, example)


@pytest.mark.parametrize("kind", [each for each in EVERY if each.id != "rules"])
def test_the_page_shows_every_setting_with_its_default_or_else_an_example(kind: type[Policy], tmp_path: Path):
    settings = PAGE.split("## Every setting")[1].split("```yaml\n")[1].split("```")[0]
    [shown] = [policy for policy in load(tmp_path, settings) if policy.name == kind.name]

    assert shown.model_fields_set == set(kind.model_fields)
    defaults = {name: default for name in kind.model_fields if (default := getattr(kind(), name))}
    assert {name: getattr(shown, name) for name in defaults} == defaults
