"""What a change of a project's policies touches: price, compliance or autonomy."""

from collections.abc import Sequence

from journeys.review import AREAS, Area
from policies.model import Policy
from policies.registry import with_always


def touches(old: Sequence[Policy], new: Sequence[Policy]) -> tuple[Area, ...]:
    """The areas in which two sets of policies differ: by what they set, and not by how they are written."""
    before, after = ({policy.name: policy for policy in with_always(each)} for each in (old, new))
    differing = {
        (after.get(name) or before[name]).area
        for name in before.keys() | after.keys()
        if name not in before or name not in after or before[name].version != after[name].version
    }
    return tuple(area for area in AREAS if area in differing)
