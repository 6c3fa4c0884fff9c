"""The audit: what a CRM has stored of its contacts, beside what the rules say of their deals.

No rule is made here. Which deals a contact holds is `salesstatus.hearing` of all deals; what
follows from them are tables P and C; what else can be are the states that
`salesstatus.exploration.reach` finds; and what stands against the rest are the guards that
`salesstatus.refusal` names. What cannot be proven is a hint and never an accusation.

The customer status has a memory, and deals as they are now show none of it but a won one. So the
*derived* customer status is current where a won deal is held (C1) and else none; a customer whose
won deal was reopened (C3) is other than derived, and right.
"""

from salesstatus.crm.auditing.facts import Stored
from salesstatus.crm.auditing.report import Clue, Finding, Fix, Sign, Unmendable, Verdict
from salesstatus.crm.auditing.result import Audit, Findings, audit

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
