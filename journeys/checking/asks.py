"""What a journey asks of its project: content, channels, tools, planners, people, policies, other journeys."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel, JsonValue

import yamlfile
from journeys.checking.report import Report
from journeys.checking.surroundings import Surroundings
from journeys.checking.uses import run_attributes
from journeys.conditions import names_segment, value
from journeys.model import Journey
from journeys.parts import ApprovalRule
from journeys.steps import Act, Agent, Approve, Choose, Option, Place, Planned, RunJourney, Send, Step
from journeys.steps.planned import chosen_in
from yamlfile import FileProblems


class Asks:
    """Holds one journey against what surrounds it."""

    def __init__(
        self, journey: Journey, surroundings: Surroundings, own: Mapping[str, BaseModel], report: Report
    ) -> None:
        """`own` are the journey's own policies, by name."""
        self._journey = journey
        self._around = surroundings
        self._own = own
        self._report = report

    def of_head(self) -> None:
        """The journey's approvers, the segment that starts it, and what its budget and its own policies name."""
        if self._journey.approvers is not None:
            self._group(("approvers",), self._journey.approvers)
        for channel in self._journey.budget.costs if self._journey.budget else ():
            self._channel(("budget", "costs", channel), channel)
        segments, name = self._around.segments, self._journey.start.segment
        if segments is not None and name and names_segment(name) and name not in segments:
            self._report.unknown(("start", "segment"), "segments.yaml declares no segment", name, segments)
        for name, policy in self._own.items():
            for named in cast(Any, policy).named():
                self._named(("policies", name, *named.path), named.kind, named.name)

    def of_step(self, path: Place, step: Step) -> None:
        """What one step asks for."""
        match step:
            case Send():
                self._send(path, step)
            case Act():
                self._act(path, step)
            case Approve():
                self._group((*path, "approve"), step.approve)
            case Choose():
                self._planner(path, step, step.options)
            case Agent():
                self._planner(path, step, step.actions)
            case RunJourney():
                self._run((*path, "run"), step.run)
            case _:
                return

    def _planner(self, path: Place, step: Planned, options: Sequence[Option]) -> None:
        """The planner, its settings, and what these and the costs name."""
        planners = self._around.planners
        if planners is not None and step.planner not in planners:
            self._report.unknown((*path, "planner"), "there is no planner", step.planner, planners)
        elif planners is not None:
            try:
                yamlfile.validate(planners[step.planner], self._report.document.section(*path, "settings"))
            except FileProblems as told:
                self._report.problems += told.problems
        if step.planner in self._around.unadvised:
            message = f"the planner '{step.planner}' wants a language model asked, and sojourn.yaml names none"
            self._report.tell((*path, "planner"), message, "add 'llm: {url: ..., model: ..., key: ...}' there")
        names = [option.option for option in options]
        for place, name in chosen_in(cast(JsonValue, step.settings)):
            if name not in names:
                self._report.unknown((*path, "settings", *place), "there is no option", name, names)
        for name in step.rewards.costs if step.rewards else ():
            if name not in names:
                self._report.unknown((*path, "rewards", "costs", name), "there is no option", name, names)

    def _run(self, path: Place, name: str) -> None:
        journeys = self._around.journeys
        if journeys is None:
            return
        if name not in journeys:
            self._report.unknown(path, "there is no journey", name, journeys)
        elif circle := _way(journeys, name, self._journey.journey):
            shown = " runs ".join([self._journey.journey, *circle])
            self._report.tell(path, f"these journeys run each other in a circle: {shown}")

    def _send(self, path: Place, step: Send) -> None:
        for number, channel in enumerate(step.send):
            self._channel((*path, "send", number), channel)
        self._content((*path, "content"), step)
        self._approval((*path, "approval"), step.approval)
        if step.purpose == "marketing" and not self._has_consent():
            message = f"marketing over {' or '.join(step.send)} with no policy that asks for consent"
            self._report.tell((*path, "send"), message, "add 'consent: {}' to policies.yaml")
        if step.offer:
            self._discount((*path, "offer", "discount"), step.offer.discount)
        if step.approval and step.approval.otherwise == "send_without_offer":
            self._without_offer((*path, "approval", "otherwise"), step.content)

    def _without_offer(self, path: Place, content: str) -> None:
        if content in self._around.offering:
            message = f"'{content}' shows its offer in any case, so it cannot leave without"
            self._report.tell(path, message, "put what it says of it between {% if offer %} and {% endif %}")

    def _named(self, path: Place, kind: str, name: str) -> None:
        """What one of the journey's own policies names: a group, a channel, a tool or a journey."""
        match kind:
            case "group":
                self._group(path, name)
            case "channel":
                self._channel(path, name)
            case "tool":
                self._tool(path, name)
            case _ if self._around.journeys is not None and name not in self._around.journeys:
                self._report.unknown(path, "there is no journey", name, self._around.journeys)
            case _:
                return

    def _tool(self, path: Place, name: str) -> None:
        tools = self._around.tools
        if tools is not None and name not in tools:
            self._report.unknown(path, "sojourn.yaml sets up no tool", name, tools)

    def _channel(self, path: Place, channel: str) -> None:
        channels = self._around.channels
        if channels is not None and channel not in channels:
            self._report.unknown(path, "sojourn.yaml sets up no channel", channel, channels)

    def _content(self, path: Place, step: Send) -> None:
        contents, name = self._around.contents, step.content
        if contents is None:
            return
        if name in self._around.drafts:
            self._report.tell(path, f"the content '{name}' is not approved; only what is approved leaves")
        elif name not in contents:
            self._report.unknown(path, "there is no content", name, contents)
        elif missing := [channel for channel in step.send if channel not in contents[name]]:
            has = ", ".join(contents[name])
            self._report.tell(path, f"'{name}' has nothing for {' and '.join(missing)}; it has {has}")
        left = run_attributes(self._journey)
        for attribute in sorted(self._around.shown.get(name, frozenset()) - left.keys()):
            self._report.unknown(
                path, f"no step of this journey sets what '{name}' shows of the run:", attribute, left
            )

    def _act(self, path: Place, step: Act) -> None:
        self._approval((*path, "approval"), step.approval)
        if isinstance(discount := value(step.given.get("discount", "null"), {}), int | float):
            self._discount((*path, "with", "discount"), discount)
        if self._around.tools is None:
            return
        self._tool((*path, "act"), step.act)
        tool = self._around.tools.get(step.act)
        if tool is None:
            return
        if (
            tool.sensitive
            and step.approval is None
            and self._journey.tier == "full"
            and not self._decides(step.act)
        ):
            message = f"'{step.act}' is done only when a person agrees, and nobody is asked"
            self._report.tell((*path, "act"), message, "add 'approval: <group>', or 'autonomy' to policies.yaml")
        self._arguments((*path, "with"), step, tool.arguments)

    def _decides(self, tool: str) -> bool:
        """Whether the project's policies say who decides about a tool, or that nobody needs to."""
        autonomy = cast(Any, (self._around.policies or {}).get("autonomy"))
        return autonomy is not None and bool(autonomy.group or any(tool in rule.tool for rule in autonomy.tiers))

    def _arguments(self, path: Place, step: Act, arguments: type[BaseModel]) -> None:
        known = arguments.model_fields
        for name in step.given:
            if name not in known:
                self._report.unknown((*path, name), f"'{step.act}' takes no", name, known)
        for name, field in known.items():
            if field.is_required() and name not in step.given:
                self._report.tell(path, f"'{step.act}' needs '{name}' under 'with'")

    def _approval(self, path: Place, rule: ApprovalRule | None) -> None:
        if rule is not None:
            self._group((*path, "group"), rule.group)

    def _group(self, path: Place, group: str) -> None:
        """Someone must be able to decide: nobody approves what they wrote."""
        groups, owner = self._around.groups, self._journey.owner
        if groups is None:
            return
        if group not in groups:
            self._report.unknown(path, "sojourn.yaml has nobody in the group", group, groups)
        elif not groups[group] - {owner}:
            message = f"nobody but the owner {owner} is in '{group}', and nobody approves what they wrote"
            self._report.tell(path, message, "add another person to the group in sojourn.yaml")

    def _has_consent(self) -> bool:
        policies = self._around.policies
        return policies is None or "consent" in policies or "consent" in self._own

    def _discount(self, path: Place, discount: float) -> None:
        """The strictest cap counts: the project's, or the journey's own."""
        project = (self._around.policies or {}).get("discount_cap")
        caps = [cast(Any, cap).most for cap in (project, self._own.get("discount_cap")) if cap is not None]
        most = min(caps, default=discount)
        if discount > most:
            self._report.tell(path, f"a discount of {discount:g} % is above the cap of {most:g} %")


def _way(journeys: Mapping[str, frozenset[str]], start: str, end: str) -> list[str]:
    """The journeys from one to another, each run by the one before; empty when none of them leads there."""
    ways, seen = [[start]], {start}
    for way in ways:
        if way[-1] == end:
            return way
        following = sorted(journeys.get(way[-1], frozenset()) - seen)
        seen |= set(following)
        ways += [[*way, name] for name in following]
    return []
