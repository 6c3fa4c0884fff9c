"""What a source says of the past, as records, each with how sure it is: known, seen, or assumed.

A CRM rarely keeps a history. What it has is one *look* (all its deals as they are at a time, with
the time of their last stage change), several looks, updates of single deals, the rows of a stage
history, or a stream of what happened. Each becomes `Evidence`: a record for `salesstatus.replay`,
and what it rests on.

    replay(found.record for found in timeline(from_snapshot(deals, at)))

* The functions yield what they find deal by deal, for one deal in the order of time. `timeline`
  brings it all into one order. In that order a replay refuses none of it, and as of the last look
  every contact holds the deals that the look shows it on.
* No deal is lost. A time that cannot be (a change before the creation, a creation after the look,
  the year 9999 that stands for "forever") is left aside, and `Evidence.because` says so.
* What holds of a deal at last is never only assumed: a source that shows the deal says at least
  that.
* A deal is saved whole. Of the past only its status and stage are told; its name, its value and its
  contacts are those of the look, and `Evidence.audience` says how sure the contacts are.
* That a person went to another company (`EmployeeMoved`), or that a person set a status by hand, no
  look can tell.
"""

from salesstatus.crm.evidence.looks import from_snapshot, from_snapshots, from_stages, from_updates
from salesstatus.crm.evidence.records import Certainty, Dated, Evidence, StageRow
from salesstatus.crm.evidence.timelines import Since, counted, from_stream, since, timeline

__all__ = [
    "Certainty",
    "Dated",
    "Evidence",
    "Since",
    "StageRow",
    "counted",
    "from_snapshot",
    "from_snapshots",
    "from_stages",
    "from_stream",
    "from_updates",
    "since",
    "timeline",
]
