"""Why a decision is not taken: every door answers with these words."""

from starter.identity.callers import Refusal


class DecisionRefused(Refusal):
    """A decision that was not taken. The message tells the approver why, and what to do.

    DecisionRefused
    +-- NotFound              there is no such approval, or no such grant
    +-- NotAllowed            this person may not decide it
    +-- ReasonNeeded          a rejection says why; a reason is not endless
    +-- NobodyThere           it cannot be handed to them
    +-- NotSimilar            each of these is decided for itself
    +-- EditRefused           the content's rules or a policy forbid the edit, or there is nothing to edit
    +-- Changed               it is another than the person saw
    +-- AlreadyDecided        someone was faster
    +-- Closed                it expired or was withdrawn
    +-- RunGone               its run is over
    +-- RefusedByRun          the run does not accept it
    +-- TemporalUnavailable   nobody knows yet: deciding again is safe
    """


class NotFound(DecisionRefused):
    code, status = "not_found", 404


class NotAllowed(DecisionRefused):
    code, status = "not_allowed", 403


class ReasonNeeded(DecisionRefused):
    code, status = "reason_needed", 400


class NobodyThere(DecisionRefused):
    code, status = "nobody_there", 400


class NotSimilar(DecisionRefused):
    code, status = "not_similar", 409


class EditRefused(DecisionRefused):
    code, status = "edit_refused", 422


class Changed(DecisionRefused):
    code, status = "changed", 409


class AlreadyDecided(DecisionRefused):
    code, status = "already_decided", 409


class Closed(DecisionRefused):
    code, status = "closed", 410


class RunGone(DecisionRefused):
    code, status = "run_gone", 410


class RefusedByRun(DecisionRefused):
    code, status = "refused_by_run", 409


class TemporalUnavailable(DecisionRefused):
    code, status = "temporal_unavailable", 503
