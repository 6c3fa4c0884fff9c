"""The tables: one for each kind of record, with its body as JSON and columns for finding it.

Columns hold keys and statuses: short ASCII texts, whatever users type. Where a column repeats a
status, **the column is the truth**: to edit it in the admin is to change the status. Links to
contacts are not enforced, because a record may name a contact that is saved later, or deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, ClassVar, Final

import attrs
from django.db import models

import salesstatus as sales
from salesstatus import leads, wire
from salesstatus.ports import Done, Standing

LONGEST: Final = 200


def _link(id: sales.ContactId | None) -> str | None:
    return None if id is None else wire.key(id)


def _text(**options: Any) -> Any:
    return models.CharField(max_length=LONGEST, **options)


def _contact(related_name: str = "+", **options: Any) -> Any:
    options = {"null": True, "blank": True, "db_constraint": False, **options}
    return models.ForeignKey("ContactRow", models.DO_NOTHING, related_name=related_name, **options)


def _one_of(members: type[Enum]) -> Any:
    return models.CharField(
        max_length=20, choices=[(member.value, member.value.capitalize()) for member in members]
    )


def _known(column: str, members: type[Enum]) -> Any:
    known = models.Q((f"{column}__in", [member.value for member in members]))
    return models.CheckConstraint(condition=known, name=f"%(class)s_{column}_known")


class Row(models.Model):
    """A record under its key, in which version, and as the wire has it."""

    holds: ClassVar[type]
    key = _text(primary_key=True)
    version = models.PositiveIntegerField()
    body = models.TextField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.key)

    def record(self) -> Any:
        """Return the record. Raises `salesstatus.WireError` if the body is broken."""
        return wire.loads(self.body, self.holds)


class ContactRow(Row):
    """A contact with its status.

    `employees` work there, `deals` are what it hears of, `log` is what it heard.
    """

    holds = Standing
    prospect = _one_of(sales.ProspectStatus)
    customer = _one_of(sales.CustomerStatus)
    kind = _one_of(sales.ContactKind)
    company = _contact("employees")
    heard_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["prospect"]), models.Index(fields=["customer"]))
        constraints = (
            _known("prospect", sales.ProspectStatus),
            _known("customer", sales.CustomerStatus),
        )

    def record(self) -> Standing:
        """Return the contact, with its status from the columns."""
        standing: Standing = super().record()
        prospect, customer = (
            sales.ProspectStatus(self.prospect),
            sales.CustomerStatus(self.customer),
        )
        return attrs.evolve(
            standing, status=attrs.evolve(standing.status, prospect=prospect, customer=customer)
        )


class DealRow(Row):
    """A deal. `contacts` are all who hear of it."""

    holds = sales.Deal
    status = _one_of(sales.DealStatus)
    primary_contact = _contact()
    company = _contact()
    contacts = models.ManyToManyField(ContactRow, related_name="deals", through="DealContact")

    class Meta:
        indexes = (models.Index(fields=["status"]),)
        constraints = (_known("status", sales.DealStatus),)

    def record(self) -> sales.Deal:
        """Return the deal, with its status from the column."""
        deal: sales.Deal = super().record()
        return attrs.evolve(deal, status=sales.DealStatus(self.status))


class LeadRow(Row):
    """A lead; a repeat lead is tied to contacts."""

    holds = sales.Lead
    person = _contact()
    company = _contact()


class ConversionRow(Row):
    """That a lead was converted."""

    holds = leads.ConversionRecord
    lead = _text(db_index=True)


class _About(Row):
    target = _one_of(sales.Target)
    target_id = _text()

    class Meta:
        abstract = True
        indexes = (models.Index(fields=["target_id", "target"]),)


class NoteRow(_About):
    """A note on a contact or a deal."""

    holds = leads.AttachedNote


class TaskRow(_About):
    """A task about a contact or a deal."""

    holds = leads.Task


class TagRow(Row):
    """The name of a tag in its scope."""

    holds = leads.Tag


class FieldRow(Row):
    """The definition of a custom field."""

    holds = sales.FieldDefinition


class RequestRow(Row):
    """A request that was carried out under a key."""

    holds = Done


class ContactKey(models.Model):
    """What a contact is found by when a lead comes in."""

    id = models.BigAutoField(primary_key=True)
    row = models.ForeignKey(ContactRow, models.CASCADE, related_name="keys")
    text = _text(db_index=True)


class LeadKey(models.Model):
    """What a lead is found by when somebody calls."""

    id = models.BigAutoField(primary_key=True)
    row = models.ForeignKey(LeadRow, models.CASCADE, related_name="keys")
    text = _text(db_index=True)


class DealContact(models.Model):
    """One who hears of a deal."""

    id = models.BigAutoField(primary_key=True)
    row = models.ForeignKey(DealRow, models.CASCADE, related_name="hearers")
    contact = _contact(null=False)


class LogRow(models.Model):
    """One thing that a contact heard."""

    position = models.BigAutoField(primary_key=True)
    contact = _contact("log", null=False)
    at = models.DateTimeField()
    body = models.TextField()


#: What a record has in the columns of its table.
COLUMNS: Final[dict[type[Row], Callable[[Any], dict[str, Any]]]] = {
    ContactRow: lambda standing: {
        "prospect": standing.status.prospect.value,
        "customer": standing.status.customer.value,
        "kind": standing.contact.kind.value,
        "company_id": _link(standing.contact.company),
        "heard_at": standing.heard_at,
    },
    DealRow: lambda deal: {
        "status": deal.status.value,
        "primary_contact_id": wire.key(deal.primary),
        "company_id": _link(deal.company),
    },
    LeadRow: lambda lead: {
        "person_id": _link(lead.person_id),
        "company_id": _link(lead.company_id),
    },
    ConversionRow: lambda record: {"lead": wire.key(record.lead)},
    NoteRow: lambda note: {"target": note.target.value, "target_id": wire.key(note.target_id)},
    TaskRow: lambda task: {"target": task.target.value, "target_id": wire.key(task.target_id)},
}
#: The table beside a table, its column, and what a record has there.
BESIDE: Final[dict[type[Row], tuple[type[models.Model], str, Callable[[Any], Iterable[str]]]]] = {
    ContactRow: (ContactKey, "text", lambda standing: leads.lookup_keys(standing.contact)),
    DealRow: (DealContact, "contact_id", lambda deal: map(wire.key, sales.audience(deal))),
    LeadRow: (LeadKey, "text", leads.lookup_keys),
}
