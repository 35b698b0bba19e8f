"""The formats of every id that a run gives rise to. One function owns each."""

import base64
import hashlib
import re
from datetime import datetime

_SAFE = re.compile(r"[A-Za-z0-9_.~-]{1,80}")
_SURFACE = "surface."


def workflow_id(journey: str, customer_id: str, entry_key: str) -> str:
    """`<journey>:<customer>:<entry key>`. A key that is no plain token is hashed: ids show in the clear."""
    key = entry_key if _SAFE.fullmatch(entry_key) else _digest(entry_key)[:20] if entry_key else "-"
    return f"{journey}:{customer_id}:{key}"


def customer_of(workflow_id: str) -> str | None:
    """The customer in the workflow id of a run; None when it is not that of a run."""
    parts = workflow_id.split(":")
    return parts[1] if len(parts) == 3 else None


def run_request_id(workflow_id: str, first_run_id: str, step_id: str, pass_: int) -> str:
    """The id of the event by which a run's step asks for another run: the same on every retry and replay."""
    return "run_" + _digest(workflow_id, first_run_id, step_id, str(pass_))[:30]


def delivery_key(workflow_id: str, first_run_id: str, step_id: str, pass_: int) -> str:
    """The one key of a step's delivery: the same on every retry and replay, another for each pass."""
    return "d_" + _digest(workflow_id, first_run_id, step_id, str(pass_))[:30]


def decision_id(workflow_id: str, start_id: str, step_id: str, pass_: int) -> str:
    """The id of one decision of the run that the event `start_id` started. What it is drawn by can be told from
    the event and the definition alone, so a choice can be recomputed, and a rehearsal makes the same ones."""
    return "c_" + _digest(workflow_id, start_id, step_id, str(pass_))[:30]


def surface_journey(surface: str) -> str:
    """What stands for a journey in the decisions on the slots of a surface, and in its guardrails: no journey has
    a name with a dot."""
    return _SURFACE + surface


def is_surface(journey: str) -> bool:
    """Whether the name of a journey stands for a surface."""
    return journey.startswith(_SURFACE)


def surface_id(surface: str, customer_id: str) -> str:
    """What stands for a run in the decisions on a surface of the project's own site; no run has such an id."""
    return workflow_id(surface_journey(surface), customer_id, "")


def approval_id(delivery_key: str, content_hash: str, asked_at: datetime) -> str:
    """An approval belongs to one delivery, to exactly what it would send, and to one time of asking: what is
    changed and changed back is another question. `asked_at` is UTC."""
    return "a_" + _digest(delivery_key, content_hash, asked_at.isoformat())[:30]


def trace_id(workflow_id: str, first_run_id: str) -> str:
    """The W3C trace id of a run, 32 hexadecimal digits."""
    return hashlib.sha256(f"{workflow_id}\n{first_run_id}".encode()).hexdigest()[:32]


def span_id(workflow_id: str, first_run_id: str, *parts: str) -> str:
    """The W3C span id of a part of a run, 16 hexadecimal digits; no parts is the run's own span."""
    return hashlib.sha256("\n".join((workflow_id, first_run_id, *parts)).encode()).hexdigest()[:16]


def event_traceparent(event_id: str) -> str:
    """The W3C traceparent of an event that came without one: the same each time it is sent."""
    digest = hashlib.sha256(event_id.encode()).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"


def broadcast_event_id(journey: str, scheduled_at: datetime, customer_id: str) -> str:
    """The id of the event by which a schedule asks for one customer's run: the same however often it is told.
    `scheduled_at` is UTC."""
    return "broadcast_" + _digest(journey, scheduled_at.isoformat(), customer_id)[:30]


def _digest(*parts: str) -> str:
    """Lower-case base32 of a SHA-256, so that an id is safe in URLs, headers and file names."""
    return base64.b32encode(hashlib.sha256("\n".join(parts).encode()).digest()).decode().lower()
