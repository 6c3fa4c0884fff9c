"""The headers of Zendesk Sell's CSV exports, and what their cells hold, for each kind of record.

That a list is exported with the ids of its records and the columns that its user chose, under the
names that the user's screen has for them, says Sell's help ("Updating in bulk using a CSV file",
4408836276890); so do it for "owner" and "added on" its pages on imports (4408838742682,
4408845246746). The names of the API's keys are those of its documentation, the statuses have their
own labels. All other names are ours: what people would call these fields. A header is compared by
its letters and digits alone, and whole, as in `salesstatus.tables.headers`, whose names for
profiles are used here too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import attrs

from salesstatus.crm.sell.columns import Kind
from salesstatus.keys import text_key
from salesstatus.labels import LOCALES, axis_label
from salesstatus.tables.cells import (
    EMAIL,
    EMAILS,
    PHONE,
    PHONES,
    email,
    emails,
    flag,
    id_number,
    id_numbers,
    is_organization,
    listed,
    phone,
    phones,
    status,
)
from salesstatus.tables.headers import WHY_NONE, header_key, why_unknown
from salesstatus.tables.leads import LEAD_HEADINGS
from salesstatus.tables.times import UNKNOWN
from salesstatus.tables.vocabulary import Kind as TableKind
from salesstatus.values import InvalidError

#: The kinds of records that are read from CSV.
KINDS: Final = (Kind.CONTACT, Kind.DEAL, Kind.LEAD)

#: What the header of a custom field begins with.
CUSTOM: Final = "custom_fields."


@attrs.frozen
class Cell:
    """What the cells of a column hold, for messages, and how they are read as the API has them."""

    expected: str
    read: Callable[[str], Any]


TEXT: Final = Cell("a text", str)
_ID: Final = Cell("an id: a whole number", id_number)
_FLAG: Final = Cell("yes or no", flag)
_LISTED: Final = Cell("texts with commas between them", listed)
#: Read by what the whole column, or its caller, says.
TIME: Final = Cell("a time", str)
AMOUNT: Final = Cell("an amount", str)

_IDS: Final = "id contact_id organization_id parent_organization_id stage_id source_id owner_id"

#: How the cells of those columns are read that hold more than a text, by the API's key or by our
#: field.
CELLS: Final[Mapping[str, Cell]] = {
    **dict.fromkeys(_IDS.split(), _ID),
    "is_organization": Cell("yes or no", is_organization),
    "open_to_all": _FLAG,
    "prospect_status": Cell(
        "a prospect status in a language that has labels", lambda cell: status(cell, "prospect")
    ),
    "customer_status": Cell(
        "a customer status in a language that has labels", lambda cell: status(cell, "customer")
    ),
    "tags": _LISTED,
    **dict.fromkeys(("phone", "mobile"), Cell(PHONE.expected, lambda cell: phone(cell, UNKNOWN))),
    "phones": Cell(PHONES.expected, lambda cell: phones(cell, UNKNOWN)),
    "email": Cell(EMAIL.expected, email),
    "emails": Cell(EMAILS.expected, emails),
    "associated_contacts": Cell("ids with commas between them", id_numbers),
    "value": AMOUNT,
    **dict.fromkeys(("created_at", "updated_at", "added_at", "last_stage_change_at"), TIME),
}

#: What CSV says by name and the API by id. These go among a row's values beside what the API's
#: columns read, if this field of theirs is wanted.
EXTRAS: Final[Mapping[str, str]] = {
    "stage": "id",
    "primary_name": "id",
    "company_name": "id",
    "owner": "owner",
    "source": "source_id",
    "unqualified_reason": "unqualified_reason_id",
    "created_by": "created_by",
    "emails": "email",
    "phones": "phone",
    "open_to_all": "status",
}

UNDECIDED_OF_LEADS: Final = WHY_NONE[TableKind.LEAD]

# The columns of each kind.

_PROFILE: Final = {
    heading.field: heading.names
    for heading in LEAD_HEADINGS
    if heading.field not in ("notes", "owner_id", "source_id")
    and not heading.field.startswith("converted")
}


def _row(field: str, names: str) -> tuple[str, tuple[str, ...]]:
    """Write a row: a field, and the headers that mean it, with a stroke between them."""
    return field, (field, *names.split(" | "))


# fmt: off
_OWNERS: Final = _row("owner_id", "owner id | ownerid | user id | assigned by id")
_SOURCES: Final = _row("source_id", "source id")
_COMPANY_IDS: Final = (
    "company id | organization id | organisation id | Unternehmens-ID | ID de l'entreprise | ID azienda | ID da empresa"
    " | ID de la compañía | 会社ID"
)
_COMPANY_NAMES: Final = " | ".join(
    (*_PROFILE["organization_name"][1:], "organization name", "company name")
)
#: The API's name of a contact is that of the company, or the whole name of the person.
_FULL_NAMES: Final = (
    "name | full name | contact name | first and last names | Nom complet | Nome completo | Nombre completo"
    " | Vollständiger Name | Vor- und Nachname | 氏名 | お名前 | 名前"
)
_WHEN: Final = (
    _row("created_at",
            "created at | created on | created | creation date | date created | Date de création | Créé le | Data di creazione"
        " | Creato il | Data de criação | Criado em | Erstellungsdatum | Erstellt am | Fecha de creación | Creado el"
        " | 作成日 | 作成日時"),
    _row("updated_at",
            "updated at | updated on | last updated | last updated at | last modified | modified at | Mis à jour le"
        " | Date de mise à jour | Aggiornato il | Data di aggiornamento | Atualizado em | Data de atualização"
        " | Aktualisiert am | Geändert am | Actualizado el | Fecha de actualización | 更新日 | 更新日時"),
    _row("added_at",
            "added at | added on | added | date added | Ajouté le | Date d'ajout | Aggiunto il | Data di aggiunta"
        " | Adicionado em | Data de adição | Hinzugefügt am | Agregado el | Añadido el | 追加日"),
)
# fmt: on


def _axis(axis: Any, further: str) -> str:
    return " | ".join((*(axis_label(axis, locale) for locale in LOCALES), further))


# fmt: off
#: The columns of contacts and of deals that leads do not have, or have otherwise.
_OWN: Final[Mapping[Kind, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    Kind.CONTACT: (
        _row("id",
            "id | Kontakt-ID | ID du contact | ID contatto | ID do contato | ID del contacto | 取引先ID"),
        _row("is_organization",
            "is organization | is organisation | is company | is a company | contact type | person or company"
            " | Est une entreprise | Type de contact | È un'azienda | Tipo di contatto | É empresa | Tipo de contato"
            " | Ist Unternehmen | Kontakttyp | Es empresa | Es una compañía | Tipo de contacto | 取引先タイプ"),
        _row("contact_id", _COMPANY_IDS),
        _row("parent_organization_id",
            "parent organization id | parent organisation id | parent company id"),
        _row("name", _FULL_NAMES),
        _row("prospect_status",
            _axis("prospect", "prospect_status | Interessentenstatus | Estado de cliente potencial")),
        _row("customer_status",
            _axis("customer", "customer_status | Kundenstatus | Estado del cliente")),
        _row("company_name", _COMPANY_NAMES),
        _OWNERS,
        *_WHEN),
    Kind.DEAL: (
        _row("id",
            "id | deal id | Geschäfts-ID | ID de l'opportunité | ID trattativa | ID da oportunidade | ID del trato | 取引ID"),
        _row("name",
            "name | deal name | deal title | Nom | Nom de l'opportunité | Nome | Nome trattativa | Nome da oportunidade"
            " | Name des Geschäfts | Geschäftsname | Nombre | Nombre del trato | 取引名"),
        _row("contact_id",
            "contact id | primary contact id | main contact id | Hauptkontakt-ID | ID du contact principal"),
        _row("primary_name",
            "primary contact | primary contact name | main contact | main contact name | contact | contact name"
            " | Contact principal | Nom du contact | Contatto principale | Contatto | Nome contatto | Contato principal"
            " | Contato | Nome do contato | Hauptkontakt | Primärer Kontakt | Kontakt | Kontaktname | Contacto principal"
            " | Contacto | Nombre del contacto | 主要取引先 | 取引先"),
        _row("organization_id", _COMPANY_IDS),
        _row("company_name", _COMPANY_NAMES),
        _row("associated_contacts",
            "associated contact ids | associated contacts ids | involved contact ids"),
        _row("stage_id", "stage id"),
        _row("stage",
            "stage | stage name | deal stage | pipeline stage | Étape | Étape de l'opportunité | Fase | Fase trattativa"
            " | Estágio | Etapa | Etapa del trato | Phase | Phase des Geschäfts | Geschäftsphase | Pipeline-Phase"
            " | ステージ | フェーズ"),
        _row("last_stage_change_at",
            "last stage change at | last stage change | last stage change on | last stage change date | stage changed at"
            " | Dernier changement d'étape | Ultimo cambio di fase | Última mudança de estágio | Última mudança de etapa"
            " | Letzte Phasenänderung | Letzter Phasenwechsel | Último cambio de etapa | 最終ステージ変更日"),
        _row("value",
            "value | deal value | amount | Valeur | Montant | Valore | Importo | Valor | Wert | Betrag | Importe"
            " | 金額 | 値"),
        _row("currency", "currency | Devise | Valuta | Moeda | Währung | Moneda | 通貨"),
        _OWNERS,
        _SOURCES,
        *_WHEN),
    Kind.LEAD: (_OWNERS, _SOURCES, *_WHEN),
}
# fmt: on
_NOT_OF_CONTACTS: Final = (
    "id organization_name source status unqualified_reason open_to_all created_by created_at"
)
#: The columns that each kind has from `salesstatus.tables.headers`; a contact's are its profile.
_SHARED: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.CONTACT: frozenset(_PROFILE).difference(_NOT_OF_CONTACTS.split()),
    Kind.DEAL: frozenset({"owner", "tags", "source"}),
    Kind.LEAD: frozenset(_PROFILE) - {"created_at"},
}

_HALF: Final = "it may be a part of the name or the whole of it, and nothing beside it says which"
#: Headers that mean a field only beside a column of another one, and why they mean none by
#: themselves.
BESIDE: Final[Mapping[tuple[Kind, str], tuple[str, str, str]]] = {
    (Kind.CONTACT, "contact id"): (
        "contact_id",
        "id",
        "it may be the contact's own id, or that of its company",
    ),
    (Kind.CONTACT, "nome"): ("first_name", "last_name", _HALF),
    (Kind.CONTACT, "nom"): ("last_name", "first_name", _HALF),
    (Kind.CONTACT, "nombre"): ("first_name", "last_name", _HALF),
}
#: Headers that may be the last name beside a column of the first, unless the last has one of its
#: own.
HALVES: Final[Mapping[tuple[Kind, str], str]] = {(Kind.CONTACT, "name"): _HALF}

_NO_STATUS: Final = "no status depends on it"
_STATUSLESS: Final = (
    "hot | pipeline | loss reason | estimated close date | win likelihood | last activity"
    " | last activity at | dropbox email | Voraussichtliches Abschlussdatum | Verlustgrund"
    " | Motif de perte | Date de clôture estimée | Motivo di perdita | Motivo da perda"
    " | Motivo de pérdida"
)
#: Headers that are known, and why their columns are not read.
NOT_READ: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.CONTACT: {
        **{
            key: reason
            for key, reason in UNDECIDED_OF_LEADS.items()
            if key not in map(header_key, _FULL_NAMES.split(" | "))
        },
        **dict.fromkeys(map(header_key, ("billing address", "shipping address")), _NO_STATUS),
    },
    Kind.DEAL: {
        **dict.fromkeys(map(header_key, _STATUSLESS.split(" | ")), _NO_STATUS),
        "scope": "it may be the value or what is sold, and its unit is unknown",
        "status": "it may be the stage or something else",
    },
    Kind.LEAD: UNDECIDED_OF_LEADS,
}


def _columns(kind: Kind) -> Mapping[str, str]:
    """Return the field of each header by its key. Raises `InvalidError` where it is not one."""
    found: dict[str, str] = {}
    for field, names in _OWN[kind]:
        for key in map(header_key, names):
            if (kind, key) not in BESIDE and (
                found.setdefault(key, field) != field or key in NOT_READ[kind]
            ):
                raise InvalidError("COLUMN_OF", key, "headers that mean one field each")
    for field in _SHARED[kind]:
        for key in map(header_key, _PROFILE[field]):
            if (kind, key) not in BESIDE and key not in NOT_READ[kind]:
                found.setdefault(key, field)
    return found


#: The field that each header means in a file of a kind, by its key: one of the API, or one of
#: `EXTRAS`.
COLUMN_OF: Final[Mapping[Kind, Mapping[str, str]]] = {kind: _columns(kind) for kind in KINDS}

#: The names of files and folders of a kind, and whether all in it are companies, if they say that.
FILES: Final[Mapping[str, tuple[Kind, bool | None]]] = {
    **{
        header_key(name): (kind, organizations)
        for kind, organizations, names in (
            (Kind.CONTACT, None, "contact | contacts | Kontakt | Kontakte | contatti | contatos"),
            (Kind.CONTACT, None, "contactos | 取引先"),
            (Kind.CONTACT, True, "company | companies | organizations | organisations"),
            (Kind.CONTACT, True, "Unternehmen | entreprises | aziende"),
            (Kind.CONTACT, False, "person | persons | people | individuals | Personen"),
            (Kind.CONTACT, False, "personnes | persone | pessoas"),
            (Kind.DEAL, None, "deal | deals | Geschäft | Geschäfte | opportunités | trattative"),
            (Kind.DEAL, None, "oportunidades | tratos | 取引"),
            (Kind.LEAD, None, "lead | leads | リード"),
        )
        for name in names.split(" | ")
    }
}


def kinds_with(header: str) -> frozenset[Kind]:
    """Return the kinds of records that have this header."""
    key = header_key(header)
    return frozenset(
        kind
        for kind in KINDS
        if key in COLUMN_OF[kind] or key in NOT_READ[kind] or (kind, key) in BESIDE
    )


def meant_by(kind: Kind, header: str) -> str:
    """Return the field that a header means by itself, or ``""``."""
    name = header.strip()
    if name.startswith(CUSTOM):
        return name if name != CUSTOM else ""
    return COLUMN_OF[kind].get(header_key(header), "")


def why_unread(kind: Kind, header: str) -> str:
    """Return why a header means no field."""
    key = header_key(header)
    known = BESIDE[kind, key][2] if (kind, key) in BESIDE else NOT_READ[kind].get(key)
    return known or why_unknown(header, kind.value)


@lru_cache(maxsize=64)
def kind_named(name: str) -> tuple[Kind | None, bool | None]:
    """Return a file's kind by its name or folder, and whether it has companies or persons."""
    for part in reversed(re.split(r"[/\\]", name)):
        found = {FILES[word] for word in text_key(part).split() if word in FILES}
        if len(found) == 1:
            return found.pop()
        if found:
            kinds = {kind for kind, _ in found}
            return kinds.pop() if len(kinds) == 1 else None, None
    return None, None
