"""The labels of the statuses in several languages: to show them, and to read them.

A label belongs to an axis *and* a state, never to a word alone: where English has "prospect",
Portuguese has "cliente potencial", which contains its word for customer. So reading a text needs
the axis. Values (`ProspectStatus.LOST.value`) are for storing, labels for people. The locale is an
argument; the locale of the process is never used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Final, Literal, TypeAlias, get_args, overload

from salesstatus.errors import LabelError
from salesstatus.keys import text_key
from salesstatus.model import CustomerStatus, ProspectStatus
from salesstatus.values import InvalidError, shown

#: One of the two independent halves of a sales status.
Axis: TypeAlias = Literal["prospect", "customer"]
_Status: TypeAlias = ProspectStatus | CustomerStatus

#: The locales that have labels; all but the last three have one for every status. ``pt`` is
#: Brazilian Portuguese.
LOCALES: Final = ("en", "fr", "it", "pt", "de", "es", "ja")

_STATUSES: Final[Mapping[Axis, type[_Status]]] = {
    "prospect": ProspectStatus,
    "customer": CustomerStatus,
}

# The vendor's own words; where a row is missing, none were found. A key is a status, or an axis for
# the name of its field. The first label is shown, the others are only read.
_LABELS: Final[Mapping[tuple[_Status | Axis, str], tuple[str, ...]]] = {
    ("prospect", "en"): ("Prospect Status",),
    ("prospect", "fr"): ("Statut prospect",),
    ("prospect", "it"): ("Stato prospect",),
    ("prospect", "pt"): ("Status do cliente potencial",),
    ("prospect", "de"): ("Potenzieller Kunde",),
    ("prospect", "es"): ("cliente potencial",),
    ("prospect", "ja"): ("見込みステータス",),
    (ProspectStatus.NONE, "en"): ("Non Prospect",),
    (ProspectStatus.NONE, "fr"): ("Non-prospect",),
    (ProspectStatus.NONE, "it"): ("Non prospect",),
    (ProspectStatus.NONE, "pt"): ("Não é cliente potencial",),
    (ProspectStatus.CURRENT, "en"): ("Current Prospect",),
    (ProspectStatus.CURRENT, "fr"): ("Prospect actuel",),
    (ProspectStatus.CURRENT, "it"): ("Prospect attuale",),
    (ProspectStatus.CURRENT, "pt"): ("Cliente potencial atual",),
    (ProspectStatus.CURRENT, "de"): (
        "Aktueller potenzieller Kunde",
        "Aktuell",
    ),  # the short one stands on cards
    (ProspectStatus.CURRENT, "ja"): ("現在の見込み",),
    (ProspectStatus.LOST, "en"): ("Lost Prospect",),
    (ProspectStatus.LOST, "fr"): ("Prospect perdu",),
    (ProspectStatus.LOST, "it"): (
        "Lost Prospect",
        "prospect perso",
        "prospect smarrito",
    ),  # English on screen
    (ProspectStatus.LOST, "pt"): ("Cliente potencial perdido",),
    ("customer", "en"): ("Customer Status",),
    ("customer", "fr"): ("Statut client",),
    ("customer", "it"): ("Stato cliente",),
    ("customer", "pt"): ("Status do cliente",),
    ("customer", "de"): ("Kunde",),
    ("customer", "es"): ("cliente",),
    ("customer", "ja"): ("カスタマーステータス",),
    (CustomerStatus.NONE, "en"): ("Non Customer",),
    (CustomerStatus.NONE, "fr"): ("Non-client",),
    (CustomerStatus.NONE, "it"): ("Non cliente",),
    (CustomerStatus.NONE, "pt"): ("Não é cliente",),
    (CustomerStatus.NONE, "de"): ("Nicht-Kunde",),
    (CustomerStatus.NONE, "es"): ("no cliente",),
    (CustomerStatus.CURRENT, "en"): ("Current Customer",),
    (CustomerStatus.CURRENT, "fr"): ("Client actuel",),
    (CustomerStatus.CURRENT, "it"): ("Cliente attuale",),
    (CustomerStatus.CURRENT, "pt"): ("Cliente atual", "Cliente existente"),
    (CustomerStatus.PAST, "en"): ("Past Customer",),
    (CustomerStatus.PAST, "fr"): ("Ancien client",),
    (CustomerStatus.PAST, "it"): ("Cliente passato", "cliente precedente"),
    (CustomerStatus.PAST, "pt"): ("Cliente passado",),
    (CustomerStatus.PAST, "de"): ("ehemaliger Kunde",),
    (CustomerStatus.PAST, "es"): ("cliente anterior",),
}


def label(status: ProspectStatus | CustomerStatus, locale: str = "en") -> str:
    """Return the label of a status.

    Only the language of a locale counts: ``pt-BR`` and ``pt_BR`` are ``pt``. A language that has no
    label for the status gets the English one. Raises `LabelError` for an unknown locale, with the
    known ones as candidates, and `InvalidError` for a wrong type.

    >>> label(CustomerStatus.PAST, "fr")
    'Ancien client'
    """
    if not isinstance(status, get_args(_Status)):
        raise InvalidError("status", status, "a ProspectStatus or a CustomerStatus")
    return _names(status, language_of(locale))[0]


def axis_label(axis: Axis, locale: str = "en") -> str:
    """Return the name of the status field itself.

    Raises as `label` does, and `InvalidError` for an unknown axis.

    >>> axis_label("prospect")
    'Prospect Status'
    """
    return _names(_axis(axis), language_of(locale))[0]


@overload
def parse_status(
    text: str, axis: Literal["prospect"], locale: str | None = None
) -> ProspectStatus: ...
@overload
def parse_status(
    text: str, axis: Literal["customer"], locale: str | None = None
) -> CustomerStatus: ...
def parse_status(
    text: str, axis: Axis, locale: str | None = None
) -> ProspectStatus | CustomerStatus:
    """Return the status that a text names on this axis, in one locale or, without one, in any.

    It may be a label, another name in the table, the value of the API (``none``, ``current`` …) or
    the English label that `label` returns where a language has none. Case, accents, spaces and
    punctuation do not matter. No text means two statuses of one axis. Raises `LabelError` for an
    unknown text, with the nearest labels as candidates or, if none is near, all labels of the
    locale; for an unknown locale as `label` does; and `InvalidError` for a wrong type or axis.

    >>> parse_status("  cliente PASSATO ", "customer")
    CustomerStatus.PAST
    """
    language = None if locale is None else language_of(locale)
    known, normal = _known(_axis(axis), language), text_key(text)
    if normal in known:
        return known[normal][0]
    near = [known[match][1] for match in get_close_matches(normal, known)]
    candidates = near or [_names(status, language or "en")[0] for status in _STATUSES[axis]]
    raise LabelError(text, f"unknown {axis} status", tuple(candidates), none_near=not near)


def _names(named: _Status | Axis, language: str) -> tuple[str, ...]:
    return _LABELS.get((named, language)) or _LABELS[named, "en"]


@cache
def _known(axis: Axis, language: str | None) -> Mapping[str, tuple[_Status, str]]:
    """Return each readable text by its normal form: the status that it means, and the text."""
    languages = LOCALES if language is None else (language,)
    spelled = [
        (status, name)
        for place in languages
        for status in _STATUSES[axis]
        for name in _names(status, place)
    ]
    return {
        text_key(name): (status, name)
        for status, name in [*spelled, *((s, s.value) for s in _STATUSES[axis])]
    }


def language_of(locale: object) -> str:
    """Return the language of a locale that has labels. Raises as `label` does."""
    if not isinstance(locale, str):
        raise InvalidError("locale", locale, "a str")
    language = re.split("[-_]", locale, maxsplit=1)[0].lower()
    if language not in LOCALES:
        raise LabelError(locale, "unknown locale", LOCALES, none_near=True)
    return language


def _axis(axis: object) -> Axis:
    for known in _STATUSES:
        # Only a str is compared: what cannot be compared would raise an error of its own.
        if isinstance(axis, str) and axis == known:
            return known
    raise InvalidError("axis", axis, f"one of {', '.join(map(shown, _STATUSES))}")
