"""The audit: what a CRM has stored of its contacts, beside what the rules say of their deals.

No rule is made here. `salesstatus.propagation` says which deals a contact holds, and tables P and C
what follows from them. `salesstatus.exploration.reach` says which other statuses are possible, and
`salesstatus.refusal` which guards forbid the rest. A status that a person may have set is a
suspect, never an error.

The customer status has a memory, and of the past the present deals show only that one was won. So
the *derived* customer status is current where a won deal is held (C1), and none otherwise. A
customer whose won deal was reopened (C3) differs from it, and is right.
"""

from salesstatus.crm.auditing.report import Clue, Finding, Fix, Sign, Unmendable, Verdict
from salesstatus.crm.auditing.result import Audit, Findings, audit
from salesstatus.tables.stored import Stored

__all__ = [
    "Audit",
    "Clue",
    "Finding",
    "Findings",
    "Fix",
    "Sign",
    "Stored",
    "Unmendable",
    "Verdict",
    "audit",
]
