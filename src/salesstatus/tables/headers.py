"""The headers of lead files, in the languages of `salesstatus.labels` and of other CRMs.

A header is compared by its letters and digits alone (`salesstatus.keys.text_key`), and whole. No
header means two fields: what could mean several is in `UNDECIDED` with the reason, and is never
guessed. Sources are the import and field pages of Zendesk Sell, the sample file and the lead fields
of Bitrix24, and the lead fields of Salesforce.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from salesstatus.keys import text_key
from salesstatus.labels import LOCALES
from salesstatus.values import InvalidError


def header_key(header: str) -> str:
    """Return a header as it is compared; one without any letter or digit is compared as it stands.

    >>> header_key(" E-Mail: ")
    'e mail'
    """
    return text_key(header) or header.strip()


def trimmed(headers: Sequence[str]) -> list[str]:
    """Return headers without blank ones at the end: some programs end rows with a delimiter."""
    names = list(headers)
    while not names[-1].strip():
        names.pop()
    return names


def why_unknown(header: str, record: str) -> str:
    """Return why a header of no field means none."""
    return (
        f"no field of a {record} has this name" if header_key(header) else "the column has no name"
    )


#: The columns that make up an address, and its parts.
PARTS: Final[Mapping[str, str]] = {
    "street": "line1",
    "city": "city",
    "postal_code": "postal_code",
    "state": "state",
    "country": "country",
}


@attrs.frozen
class Heading:
    """The headers of one field, in `LOCALES` and otherwise; whether the template has it."""

    field: str
    labels: Mapping[str, str]
    also: tuple[str, ...] = ()
    in_template: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Every header that means this field, its own name first."""
        return (self.field, *self.labels.values(), *self.also)


def _heading(field: str, labels: str, also: str = "", *, in_template: bool = True) -> Heading:
    """Return a row: labels in the order of `LOCALES` and further names, parted by ``|``."""
    by_locale: dict[str, str] = dict(zip(LOCALES, labels.split(" | "), strict=True))
    return Heading(field, by_locale, tuple(also.split(" | ")) if also else (), in_template)


# fmt: off
#: One row for each column that a file may have. Without a remark a name stands for the lead's field
#: of that name.
HEADINGS: Final = (
    _heading("first_name",
                "First name | Prénom | Nome | Nome | Vorname | Nombre | 名",
        "FirstName | Given name | First | Primeiro nome | Nombre de pila"),
    _heading("last_name",
                "Last name | Nom | Cognome | Sobrenome | Nachname | Apellidos | 姓",
        "LastName | Surname | Family name | Last | Nom de famille | Familienname | Zuname | Apellido | 苗字"),
    _heading("organization_name",
                "Company name | Nom de l'entreprise | Nome azienda | Nome da empresa | Unternehmensname | Nombre de la compañía"
        " | 会社名",
        "Company | Company title | Organization | Organisation | Organisation name | Account name | Entreprise | Société"
        " | Nom de la société | Azienda | Società | Ragione sociale | Organizzazione | Empresa | Organização"
        " | Unternehmen | Firma | Firmenname | Compañía | Nombre de la empresa | Organización | 会社 | 企業名"),
    _heading("title",
                "Job title | Fonction | Posizione | Cargo | Position | Cargo | 役職",
        "Title | Job position | Intitulé du poste | Poste | Ruolo | Mansione | Jobtitel | Berufsbezeichnung | Puesto"),
    _heading("email",
                "E-mail | E-mail | E-mail | E-mail | E-Mail | Correo electrónico | メールアドレス",
        "Email | Email address | E-mail address | Work email | Work e-mail | Email work | Mail | Adresse e-mail"
        " | Adresse email | Adresse électronique | Courriel | Indirizzo email | Indirizzo e-mail | Posta elettronica"
        " | Endereço de e-mail | Endereço de email | E-Mail-Adresse | Correo | Dirección de correo electrónico | メール"
        " | Eメール | Eメールアドレス"),
    _heading("phone",
                "Work phone | Téléphone professionnel | Telefono di lavoro | Telefone comercial | Telefon geschäftlich"
        " | Teléfono del trabajo | 勤務先電話番号",
        "Phone | Phone number | Phone work | Telephone | Telephone number | Tel | Business phone | Office phone"
        " | Téléphone | Numéro de téléphone | Numéro professionnel | Tél. | Telefono | Numero di telefono"
        " | Telefono ufficio | Telefone | Número de telefone | Telefon | Telefonnummer | Geschäftstelefon | Teléfono"
        " | Número de teléfono | Teléfono de trabajo | 電話 | 電話番号 | 勤務先電話"),
    _heading("mobile",
                "Mobile | Téléphone mobile | Cellulare | Celular | Mobiltelefon | Teléfono móvil | 携帯電話",
        "Mobile phone | MobilePhone | Mobile number | Mobile phone number | Phone mobile | Cell | Cell phone | Cellphone"
        " | Numéro de mobile | Numéro de téléphone mobile | Portable | Téléphone portable | Telefono cellulare"
        " | Número do celular | Telefone celular | Handy | Handynummer | Mobil | Mobilnummer | Mobiltelefonnummer"
        " | Móvil | Número de móvil | Número de teléfono móvil | 携帯 | 携帯番号 | 携帯電話番号"),
    _heading("fax",
                "Fax | Fax | Fax | Fax | Fax | Fax | ファックス",
        "Fax number | Phone fax | Télécopie | Numéro de fax | Numero di fax | Número de fax | Faxnummer | FAX番号"),
    _heading("website",
                "Website | Site web | Sito web | Site | Website | Sitio web | Webサイト",
        "Web site | Web | Web page | Web work | Corporate website | URL | Homepage | Home page | Site Internet | Sito"
        " | Sito internet | Webseite | Internetseite | Página web | Web サイト | ウェブサイト | ホームページ"),
    _heading("industry",
                "Industry | Secteur d'activité | Settore | Setor | Branche | Sector | 業種",
        "Secteur | Industrie | Industria | Ramo de atividade | Sector de actividad | 業界"),
    # The parts of the address.
    _heading("street",
                "Street | Rue | Via | Rua | Straße | Calle | 町名・番地",
        "line1 | Address line1 | Address line 1 | Address 1 | Street address | Street, building | Mailing street"
        " | Straße und Hausnummer | Straße, Hausnummer | Logradouro | 番地"),
    _heading("city",
                "City | Ville | Città | Cidade | Ort | Ciudad | 市区町村",
        "Town | Address city | Mailing city | Stadt | Comune | Localidad | 市区郡 | 市町村"),
    _heading("postal_code",
                "Postal code | Code postal | CAP | CEP | Postleitzahl | Código postal | 郵便番号",
        "PostalCode | Postcode | Post code | Zip | Zip code | Zip/Postal code | Address postal code | PLZ | Codice postale"
        " | CEP/Código postal"),
    _heading("state",
                "State | État/province | Provincia | Estado/Província | Bundesland | Estado/Provincia | 都道府県",
        "Province | State/Province | State or province | Address province | County | Bundesland/Kanton | Kanton"
        " | Estado o provincia | UF"),
    _heading("country",
                "Country | Pays | Paese | País | Land | País | 国",
        "Address country | Mailing country | Nazione | 国名"),
    _heading("description",
                "Description | Description | Descrizione | Descrição | Beschreibung | Descripción | 説明",
        "Comment | Comments | Commentaire | Commentaires | Commento | Commenti | Comentário | Comentários | Kommentar"
        " | Kommentare | Comentario | Comentarios | コメント"),
    # Each becomes a note of the lead.
    _heading("notes",
                "Note | Note | Nota | Nota | Notiz | Nota | メモ",
        "Notes | Notas | Notizen | Observações | Observaciones | 備考"),
    _heading("source",
                "Source | Source | Origine | Origem | Quelle | Origen | ソース",
        "Lead source | LeadSource | Source ID | Source du lead | Fonte | Fonte do lead | Origine del lead"
        " | Origem do lead | Lead-Quelle | Leadquelle | Fuente | Fuente del lead | Origen del lead | リードソース"),
    _heading("status",
                "Lead status | Statut du lead | Stato del lead | Status do lead | Lead-Status | Estado del lead | リードステータス",
        "Status | Status ID | Stage | Statut | Étape | Fase | Etapa | Phase | ステータス"),
    _heading("owner",
                "Owner | Propriétaire | Titolare | Responsável | Inhaber | Dueño | オーナー",
        "Owner ID | OwnerId | Lead owner | Record owner | Responsible | Responsible person | Responsible user"
        " | Assigned to | Assigned by ID | Responsable | Personne responsable | Responsabile | Proprietario"
        " | Proprietário | Pessoa responsável | Verantwortlich | Verantwortliche Person | Besitzer | Zuständig"
        " | Propietario | Persona responsable | 所有者 | リード所有者 | 担当者"),
    _heading("tags",
                "Tags | Marqueurs | Tag | Tags | Stichwörter | Etiquetas | タグ",
        "Étiquettes | Etichette | Schlagwörter"),
    _heading("linkedin", "LinkedIn | LinkedIn | LinkedIn | LinkedIn | LinkedIn | LinkedIn | LinkedIn"),
    _heading("twitter",
                "Twitter | Twitter | Twitter | Twitter | Twitter | Twitter | Twitter",
        "X | Twitter/X | X (Twitter)"),
    _heading("facebook",
                "Facebook | Facebook | Facebook | Facebook | Facebook | Facebook | Facebook",
        "Facebook page"),
    _heading("skype", "Skype | Skype | Skype | Skype | Skype | Skype | Skype", "Skype ID"),
    # What systems write rather than people.
    _heading("id",
                "Lead ID | ID du lead | ID lead | ID do lead | Lead-ID | ID del lead | リードID",
        "ID", in_template=False),
    # The whole address in one text.
    _heading("address",
                "Address | Adresse | Indirizzo | Endereço | Adresse | Dirección | 住所",
        "Full address | Adresse complète | Anschrift", in_template=False),
    _heading("emails",
                "Other e-mails | Autres e-mails | Altre e-mail | Outros e-mails | Weitere E-Mails | Otros correos electrónicos"
        " | その他のメールアドレス",
        "Other e-mail | Home e-mail | Newsletters email | Secondary email", in_template=False),
    _heading("phones",
                "Other phones | Autres téléphones | Altri telefoni | Outros telefones | Weitere Telefonnummern | Otros teléfonos"
        " | その他の電話番号",
        "Other phone | Other phone number | Home phone | SMS marketing phone", in_template=False),
    _heading("unqualified_reason",
                "Unqualified reason | Motif de disqualification | Motivo di squalifica | Motivo da desqualificação"
        " | Grund der Disqualifizierung | Motivo de descalificación | 不適格の理由", in_template=False),
    _heading("open_to_all",
                "Available to everyone | Accessible à tous | Disponibile a tutti | Disponível para todos | Verfügbar für alle"
        " | Disponible para todos | 全員に公開",
        "Available to all | Opened", in_template=False),
    _heading("created_by",
                "Created by | Créé par | Creato da | Criado por | Erstellt von | Creado por | 作成者",
        "Created by ID | CreatedById | Creator | Creator ID", in_template=False),
    _heading("created_at",
                "Created at | Date de création | Data di creazione | Data de criação | Erstellungsdatum | Fecha de creación"
        " | 作成日",
        "Created | Created date | CreatedDate | Creation date | Date created | Date create | Erstellt am | 作成日時", in_template=False),
)
# fmt: on

_FULL_NAME: Final = "a full name is not taken apart: give the last name a column"
_ADDRESSED: Final = "it may be a job title or a form of address"
_STATE: Final = "it may be a part of the address or the status"

#: Headers that could mean several fields, or none that a lead has, with the reason why they are
#: left out.
UNDECIDED: Final[Mapping[str, str]] = {
    header_key(header): reason
    for headers, reason in (
        ("Name", "it may be a first, a last or a full name"),
        ("Full name | First and last names | Contact name | Nom complet", _FULL_NAME),
        ("Nome completo | Nombre completo | Vollständiger Name", _FULL_NAME),
        ("Vor- und Nachname | 氏名 | お名前 | 名前", _FULL_NAME),
        ("Titre | Titolo | Título | Titel | タイトル", _ADDRESSED),
        ("État | Stato | Estado", _STATE),
        ("Region | Région | Regione | Região | Región", "it may be the state or something else"),
        ("Lead title | Lead name | Leadname", "a lead has the name of its person or its company"),
    )
    for header in headers.split(" | ")
}


def _by_key(headings: tuple[Heading, ...]) -> Mapping[str, str]:
    """Return the field that each header means. Raises `InvalidError` where that is not one."""
    found: dict[str, str] = {}
    for heading in headings:
        for key in map(header_key, heading.names):
            if found.setdefault(key, heading.field) != heading.field or key in UNDECIDED:
                raise InvalidError("HEADINGS", key, "headers that mean one field each")
    return found


#: The field that each header means, by its key.
FIELD_OF: Final = _by_key(HEADINGS)
