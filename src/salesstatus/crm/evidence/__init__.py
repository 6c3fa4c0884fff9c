"""What a source knows of the past, as records, each of them known, seen or assumed.

A CRM rarely keeps a history. It has one *look* (all its deals at a time, with their last stage
changes), several looks, updates of single deals, a stage history, or a stream of events. Each
becomes `Evidence`: a record for `salesstatus.replay`, with its certainty and the reason.

    replay(found.record for found in timeline(from_snapshot(deals, at)))

* The functions yield evidence deal by deal, each deal in the order of time. `timeline` puts it all
  in order. Replayed in that order, nothing is refused, and every contact ends up with the deals
  that the last look shows it on.
* No deal is lost. An impossible time (a change before the creation, a creation after the look, the
  year 9999 for "forever") is ignored, and `Evidence.ignored` says why.
* The last state of a deal is never only assumed.
* Of the past, only status and stage are known; a deal's name, value and contacts are those of the
  look. `Evidence.audience` says how sure the contacts are.
* No look shows that a person changed company (`EmployeeMoved`) or that a status was set by hand.
"""

from salesstatus.crm.evidence.looks import from_snapshot, from_snapshots, from_stages, from_updates
from salesstatus.crm.evidence.timelines import Since, counted, from_stream, since, timeline
from salesstatus.history.dated import Dated, StageRow
from salesstatus.history.evidence import Because, Certainty, Evidence, Ignored

__all__ = [
    "Because",
    "Certainty",
    "Dated",
    "Evidence",
    "Ignored",
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
