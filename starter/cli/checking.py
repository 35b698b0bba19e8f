"""`sojourn journey check`: gathers what surrounds a project's journeys, and has each of them checked against it.

Every part is looked at by itself, so that a mistake in one hides none in another. Variables of the environment
that are not set are no mistake: a project is checked where it is written, not where it runs.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

import yamlfile
from activities.alerting import load_alerts
from activities.channels.registry import load_providers
from activities.planning.language_model import read_language_model
from activities.tools.registry import known_tools, load_tools
from content.approvals import Place, Published
from content.library import Library, load_library
from deciding.checking import check_planners
from journeys.checker import check_journey
from journeys.checking.surroundings import Surroundings, ToolFacts
from journeys.segments import load_segments
from journeys.shapes import Shapes, load_shapes
from learning.planners.registry import asks, planner_settings
from policies.model import Policy
from policies.registry import known_policies, load_policies
from project.model import Project
from settings import read_expanded
from starter.cli.failures import CommandFailed
from starter.webhooks.registry import load_vendors
from yamlfile import Document, FileProblems, Problem

Part = TypeVar("Part")
_OF_THE_PROVIDER = "someone of the identity provider"


@dataclass(frozen=True)
class Told:
    """The journeys that are right, by name, and every problem found, in the order of files and lines."""

    journeys: list[str]
    problems: list[Problem]


def check_project(path: Path, published: Mapping[Place, Published | None]) -> Told:
    """Check a project folder, or one journey file against its project, of whose content some was `published`.

    Raises CommandFailed when there is no project."""
    folder = project_of(path)
    files = sorted((folder / "journeys").glob("*.yaml"))
    if not files and not path.is_file():
        raise CommandFailed(f"There are no journeys in {folder / 'journeys'}.")
    gathering = _Gathering(folder, published=published)
    surroundings = gathering.surroundings(files)
    checked = [check_journey(file, surroundings) for file in ([path] if path.is_file() else files)]
    problems = [*gathering.problems, *(problem for one in checked for problem in one.problems)]
    if not path.is_file():
        problems += _doubled(files)
    names = [one.journey.journey for one in checked if one.journey]
    return Told(names, FileProblems(list(dict.fromkeys(problems))).problems)


def check_policies(folder: Path, file: Path) -> list[Problem]:
    """Every problem of a file with policies, were it the one of the project folder."""
    gathering = _Gathering(folder, policies=file)
    gathering.surroundings(sorted((folder / "journeys").glob("*.yaml")))
    return FileProblems([problem for problem in gathering.problems if problem.file == file]).problems


def project_of(path: Path) -> Path:
    """The project folder that a path is or lies in."""
    for folder in (path, *path.absolute().parents):
        if (folder / "sojourn.yaml").is_file():
            return folder
    raise CommandFailed(f"There is no project at {path}: no sojourn.yaml there, nor in a folder above it.")


class _Gathering:
    """Loads each part of a project, and keeps the problems on the way."""

    def __init__(
        self,
        folder: Path,
        *,
        published: Mapping[Place, Published | None] = MappingProxyType({}),
        policies: Path | None = None,
    ) -> None:
        self._folder = folder
        self._published = published
        self._policies = policies or folder / "policies.yaml"
        self.problems: list[Problem] = []

    def surroundings(self, files: list[Path]) -> Surroundings:
        """What a journey may ask for. What has problems is left out, and not asked for."""
        written = self._written_project()
        library = self._load(self._library)
        policies = self._load(lambda: load_policies(self._policies))
        shapes = self._load(lambda: load_shapes(self._folder / "events.yaml")) or Shapes()
        segments = self._load(lambda: load_segments(self._folder, shapes))
        groups = _groups(written)
        contents = None if library is None else {name: tuple(library.channels(name)) for name in library.names()}
        channels, tools = frozenset(_sections(written, "channels")), _tool_facts(written)
        journeys = {name: frozenset(_runs(document.root)) for document, name in _named(files)}
        known = {"group": groups, "channel": channels, "tool": tools, "journey": journeys}
        self._check_names_in(policies or (), known)
        return Surroundings(
            journeys=journeys,
            contents=contents,
            shown={name: library.attributes(name) for name in library.names()} if library else {},
            offering=frozenset(filter(library.needs_offer, library.names())) if library else frozenset(),
            drafts=self._content_folders() - frozenset(contents or ()),
            channels=channels,
            tools=tools,
            planners=planner_settings(),
            unadvised=frozenset() if written.get("llm") else frozenset(filter(asks, planner_settings())),
            groups=groups,
            segments=None if segments is None else frozenset(segments),
            policies=None if policies is None else {policy.name: policy for policy in policies},
            policy_kinds=known_policies(),
            shapes=shapes,
        )

    def _load(self, load: Callable[[], Part]) -> Part | None:
        try:
            return load()
        except FileProblems as told:
            self.problems += told.problems
            return None

    def _library(self) -> Library:
        # That others must still agree to a content where it is installed is no mistake where it is written.
        library = load_library(self._folder).with_published(self._published)
        check_planners(self._folder, library.surfaces)
        return library

    def _content_folders(self) -> frozenset[str]:
        folder = self._folder / "content"
        return frozenset(f.name for f in folder.iterdir() if f.is_dir()) if folder.is_dir() else frozenset()

    def _written_project(self) -> dict[str, Any]:
        """`sojourn.yaml` as it is written; what is wrong in it is kept, but for what the environment would say."""
        file = self._folder / "sojourn.yaml"
        read = self._load(lambda: read_expanded(file))
        if read is None:
            return {}
        document, unset = read
        root = yamlfile.plain(document.root)
        written = cast(dict[str, Any], root) if isinstance(root, dict) else {}
        channels, tools, webhooks = (_sections(written, key) for key in ("channels", "tools", "webhooks"))
        known = len(self.problems)
        project = self._load(lambda: yamlfile.validate(Project, document))
        self._load(lambda: load_alerts(project, file) if project else {})
        self._load(lambda: load_providers(channels, file) if channels else {})
        self._load(lambda: load_tools(tools, file))
        if isinstance(llm := written.get("llm"), dict):
            self._load(lambda: read_language_model(cast(dict[str, Any], llm), file))
        self._load(lambda: load_vendors(webhooks, file))
        excused = {problem.line for problem in unset}
        self.problems[known:] = [p for p in self.problems[known:] if p.line not in excused]
        return written

    def _check_names_in(self, policies: tuple[Policy, ...], known: Mapping[str, Collection[str]]) -> None:
        """What a policy names must be there: a group that has someone, a channel that is set up..."""
        for policy in policies:
            for named in policy.named():
                if named.name not in known[named.kind]:
                    document = yamlfile.read(self._policies)
                    fix = yamlfile.nearest(named.name, list(known[named.kind]))
                    if not fix and named.kind == "group":
                        fix = "name as 'group' who decides"
                    message = f"{_MISSING[named.kind]} '{named.name}'"
                    self.problems.append(document.problem((policy.name, *named.path), message, fix))


_MISSING = {
    "group": "sojourn.yaml has nobody in the group",
    "channel": "sojourn.yaml sets up no channel",
    "tool": "sojourn.yaml sets up no tool",
    "journey": "there is no journey",
}


def _sections(written: dict[str, Any], key: str) -> dict[str, dict[str, Any]]:
    """The settings under a key by name, as far as they are well formed."""
    found = written.get(key)
    items = cast(dict[str, Any], found).items() if isinstance(found, dict) else ()
    return {name: given for name, given in items if isinstance(given, dict)}


def _tool_facts(written: dict[str, Any]) -> dict[str, ToolFacts]:
    kinds = {name: known_tools()[name] for name in _sections(written, "tools") if name in known_tools()}
    return {name: ToolFacts(kind.sensitive, kind.arguments) for name, kind in kinds.items()}


def _groups(written: dict[str, Any]) -> dict[str, frozenset[str]]:
    """The addresses of the people in each group. Whom the identity provider has is not known here."""
    groups: dict[str, frozenset[str]] = {}
    people = written.get("people")
    for person in cast(list[object], people) if isinstance(people, list) else ():
        entry = cast(dict[str, Any], person) if isinstance(person, dict) else {}
        named = entry.get("groups")
        for group in cast(list[object], named) if isinstance(named, list) else ():
            groups[str(group)] = groups.get(str(group), frozenset()) | {str(entry.get("email"))}
    for group, described in _sections(written, "groups").items():
        if described.get("members_of") and "sign_in" in written:
            groups[group] = groups.get(group, frozenset()) | {_OF_THE_PROVIDER}
    return groups


def _runs(written: object) -> Iterator[str]:
    """The journeys that the steps in a part of a file run."""
    if isinstance(written, dict):
        node = cast(dict[str, object], written)
        if isinstance(name := node.get("run"), str):
            yield name
        for inner in node.values():
            yield from _runs(inner)
    elif isinstance(written, list):
        for inner in cast(list[object], written):
            yield from _runs(inner)


def _named(files: list[Path]) -> Iterator[tuple[Document, str]]:
    """The files that can be read, each with the name of its journey."""
    for file in files:
        try:
            document = yamlfile.read(file)
        except FileProblems:
            continue
        if isinstance(document.root, dict) and isinstance(name := cast(Any, document.root).get("journey"), str):
            yield document, name


def _doubled(files: list[Path]) -> Iterator[Problem]:
    """Journeys that have the name of one in an earlier file."""
    seen: dict[str, str] = {}
    for document, name in _named(files):
        if name in seen:
            yield document.problem(("journey",), f"a journey named '{name}' exists already, in {seen[name]}")
        seen.setdefault(name, document.file.name)
