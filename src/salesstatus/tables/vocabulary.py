"""The headers of tables, each said once, in every language of `LOCALES`.

A row says of which kinds of records a header is a field. What could mean several fields stands in
`UNDECIDED` with the reason, and is never guessed; what depends on the other columns in `BESIDE`.
Sources are the import, export and field pages of Zendesk Sell, the sample file and the fields of
Bitrix24, and the field names of Salesforce, HubSpot and Pipedrive; all other names are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import unique
from typing import Final, final

import attrs

from salesstatus.labels import LOCALES, axis_label
from salesstatus.values import IdentityEnum


@final
@unique
class Kind(IdentityEnum):
    """The kinds of records that tables have."""

    LEAD = "lead"
    CONTACT = "contact"
    DEAL = "deal"


_KINDS: Final = {kind.value[0]: kind for kind in Kind}


@attrs.frozen
class Heading:
    """The headers of one field in tables of some kinds; labels by locale where a template has it.

    `also` are further names, `in_template` is whether the template of leads has the column.
    """

    kinds: frozenset[Kind]
    field: str
    labels: Mapping[str, str]
    also: tuple[str, ...] = ()
    in_template: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Every header that means this field, its own name first."""
        return (self.field, *self.labels.values(), *self.also)


def _heading(kinds: str, field: str, labels: str, *also: str, template: bool = True) -> Heading:
    """Return a row: kinds by their first letters, labels in the order of `LOCALES`, more names."""
    by_locale: dict[str, str] = dict(zip(LOCALES, labels.split(" | "), strict=True))
    more = tuple(name for names in also for name in names.split(" | "))
    return Heading(frozenset(_KINDS[letter] for letter in kinds), field, by_locale, more, template)


def _more(kinds: str, field: str, *also: str) -> Heading:
    """Return a row of names that no template has."""
    names = tuple(name for part in also for name in part.split(" | "))
    return Heading(frozenset(_KINDS[letter] for letter in kinds), field, {}, names, False)


# fmt: off
#: One row for each field of some kinds. Without a remark it is the record's field of that name.
HEADINGS: Final = (
    _heading("lc", "first_name",
                "First name | Prénom | Nome | Nome | Vorname | Nombre | 名",
        "FirstName | Given name | First | Primeiro nome | Nombre de pila"),
    _heading("lc", "last_name",
                "Last name | Nom | Cognome | Sobrenome | Nachname | Apellidos | 姓",
        "LastName | Surname | Family name | Last | Nom de famille | Familienname | Zuname | Apellido | 苗字"),
    # A lead's own company; of a contact or deal it is the name of the company that it belongs to.
    _heading("l", "organization_name",
                "Company name | Nom de l'entreprise | Nome azienda | Nome da empresa | Unternehmensname | Nombre de la compañía"
        " | 会社名",
        "Company | Company title | Organization | Organisation | Organization name | Organisation name | Account name"
        " | Entreprise | Société | Nom de la société | Azienda | Società | Ragione sociale | Organizzazione | Empresa"
        " | Organização | Unternehmen | Firma | Firmenname | Compañía | Nombre de la empresa | Organización | 会社 | 企業名"),
    _heading("lc", "title",
                "Job title | Fonction | Posizione | Cargo | Position | Cargo | 役職",
        "Title | Job position | Intitulé du poste | Poste | Ruolo | Mansione | Jobtitel | Berufsbezeichnung | Puesto"),
    _heading("lc", "email",
                "E-mail | E-mail | E-mail | E-mail | E-Mail | Correo electrónico | メールアドレス",
        "Email | Email address | E-mail address | Work email | Work e-mail | Email work | Mail | Adresse e-mail"
        " | Adresse email | Adresse électronique | Courriel | Indirizzo email | Indirizzo e-mail | Posta elettronica"
        " | Endereço de e-mail | Endereço de email | E-Mail-Adresse | Correo | Dirección de correo electrónico | メール"
        " | Eメール | Eメールアドレス"),
    _heading("lc", "phone",
                "Work phone | Téléphone professionnel | Telefono di lavoro | Telefone comercial | Telefon geschäftlich"
        " | Teléfono del trabajo | 勤務先電話番号",
        "Phone | Phone number | Phone work | Work number | Work phone number | Telephone | Telephone number | Tel"
        " | Business phone | Office phone | Téléphone | Numéro de téléphone | Numéro professionnel | Tél. | Telefono"
        " | Numero di telefono | Telefono ufficio | Telefone | Número de telefone | Telefon | Telefonnummer"
        " | Geschäftstelefon | Teléfono | Número de teléfono | Teléfono de trabajo | 電話 | 電話番号 | 勤務先電話"),
    _heading("lc", "mobile",
                "Mobile | Téléphone mobile | Cellulare | Celular | Mobiltelefon | Teléfono móvil | 携帯電話",
        "Mobile phone | MobilePhone | Mobile number | Mobile phone number | Phone mobile | Cell | Cell phone | Cellphone"
        " | Numéro de mobile | Numéro de téléphone mobile | Portable | Téléphone portable | Telefono cellulare"
        " | Número do celular | Telefone celular | Handy | Handynummer | Mobil | Mobilnummer | Mobiltelefonnummer"
        " | Móvil | Número de móvil | Número de teléfono móvil | 携帯 | 携帯番号 | 携帯電話番号"),
    _heading("lc", "fax",
                "Fax | Fax | Fax | Fax | Fax | Fax | ファックス",
        "Fax number | Phone fax | Télécopie | Numéro de fax | Numero di fax | Número de fax | Faxnummer | FAX番号"),
    _heading("lc", "website",
                "Website | Site web | Sito web | Site | Website | Sitio web | Webサイト",
        "Web site | Web | Web page | Web work | Website URL | Corporate website | URL | Homepage | Home page"
        " | Site Internet | Sito | Sito internet | Webseite | Internetseite | Página web | Web サイト | ウェブサイト"
        " | ホームページ"),
    _heading("lc", "industry",
                "Industry | Secteur d'activité | Settore | Setor | Branche | Sector | 業種",
        "Secteur | Industrie | Industria | Ramo de atividade | Sector de actividad | 業界"),
    # The parts of the address.
    _heading("lc", "street",
                "Street | Rue | Via | Rua | Straße | Calle | 町名・番地",
        "line1 | Address line1 | Address line 1 | Address 1 | Street address | Street, building | Mailing street"
        " | Straße und Hausnummer | Straße, Hausnummer | Logradouro | 番地"),
    _heading("lc", "city",
                "City | Ville | Città | Cidade | Ort | Ciudad | 市区町村",
        "Town | Address city | Mailing city | Stadt | Comune | Localidad | 市区郡 | 市町村"),
    _heading("lc", "postal_code",
                "Postal code | Code postal | CAP | CEP | Postleitzahl | Código postal | 郵便番号",
        "PostalCode | Postcode | Post code | Zip | Zip code | Zip/Postal code | Address postal code | Mailing postal code"
        " | PLZ | Codice postale | CEP/Código postal"),
    _heading("lc", "state",
                "State | État/province | Provincia | Estado/Província | Bundesland | Estado/Provincia | 都道府県",
        "Province | State/Province | State or province | State/Region | State or region | Address province | Address state"
        " | Mailing state | County | Bundesland/Kanton | Kanton | Estado o provincia | Estado/Región | Estado/Região"
        " | État/région | Stato/Regione | Bundesland/Region | UF"),
    _heading("lc", "country",
                "Country | Pays | Paese | País | Land | País | 国",
        "Address country | Mailing country | Country/Region | Nazione | 国名"),
    _heading("lc", "description",
                "Description | Description | Descrizione | Descrição | Beschreibung | Descripción | 説明",
        "Comment | Comments | Commentaire | Commentaires | Commento | Commenti | Comentário | Comentários | Kommentar"
        " | Kommentare | Comentario | Comentarios | コメント"),
    # Each becomes a note of the lead.
    _heading("l", "notes",
                "Note | Note | Nota | Nota | Notiz | Nota | メモ",
        "Notes | Notas | Notizen | Observações | Observaciones | 備考"),
    _heading("ld", "source",
                "Source | Source | Origine | Origem | Quelle | Origen | ソース",
        "Lead source | LeadSource | Deal source | Original source | Source du lead | Fonte | Fonte do lead"
        " | Origine del lead | Origem do lead | Lead-Quelle | Leadquelle | Fuente | Fuente del lead | Origen del lead"
        " | リードソース"),
    # By the name of a stage.
    _heading("l", "status",
                "Lead status | Statut du lead | Stato del lead | Status do lead | Lead-Status | Estado del lead | リードステータス",
        "Status | Status ID | Stage | Lead stage | Statut | Étape | Fase | Etapa | Phase | ステータス"),
    _heading("lcd", "owner",
                "Owner | Propriétaire | Titolare | Responsável | Inhaber | Dueño | オーナー",
        "Lead owner | Deal owner | Contact owner | Company owner | Opportunity owner | Record owner | Owner name"
        " | Responsible | Responsible person | Responsible user | Assigned to | Responsable | Personne responsable"
        " | Responsabile | Proprietario | Proprietário | Pessoa responsável | Verantwortlich | Verantwortliche Person"
        " | Besitzer | Zuständig | Propietario | Persona responsable | 所有者 | リード所有者 | 担当者"),
    _heading("lcd", "tags",
                "Tags | Marqueurs | Tag | Tags | Stichwörter | Etiquetas | タグ",
        "Étiquettes | Etichette | Schlagwörter"),
    _heading("lc", "linkedin", "LinkedIn | LinkedIn | LinkedIn | LinkedIn | LinkedIn | LinkedIn | LinkedIn"),
    _heading("lc", "twitter", "Twitter | Twitter | Twitter | Twitter | Twitter | Twitter | Twitter", "X | Twitter/X | X (Twitter)"),
    _heading("lc", "facebook", "Facebook | Facebook | Facebook | Facebook | Facebook | Facebook | Facebook", "Facebook page"),
    _heading("lc", "skype", "Skype | Skype | Skype | Skype | Skype | Skype | Skype", "Skype ID"),
    # What systems write rather than people.
    _heading("l", "id",
                "Lead ID | ID du lead | ID lead | ID do lead | Lead-ID | ID del lead | リードID",
        "ID", template=False),
    # The whole address in one text.
    _heading("lc", "address",
                "Address | Adresse | Indirizzo | Endereço | Adresse | Dirección | 住所",
        "Full address | Adresse complète | Anschrift | Mailing address", template=False),
    _heading("lc", "emails",
                "Other e-mails | Autres e-mails | Altre e-mail | Outros e-mails | Weitere E-Mails | Otros correos electrónicos"
        " | その他のメールアドレス",
        "Other e-mail | Home e-mail | Newsletters email | Secondary email | Email home | Email other", template=False),
    _heading("lc", "phones",
                "Other phones | Autres téléphones | Altri telefoni | Outros telefones | Weitere Telefonnummern | Otros teléfonos"
        " | その他の電話番号",
        "Other phone | Other phone number | Home phone | SMS marketing phone | Phone home | Phone other", template=False),
    _heading("ld", "unqualified_reason",
                "Unqualified reason | Motif de disqualification | Motivo di squalifica | Motivo da desqualificação"
        " | Grund der Disqualifizierung | Motivo de descalificación | 不適格の理由", template=False),
    _heading("l", "open_to_all",
                "Available to everyone | Accessible à tous | Disponibile a tutti | Disponível para todos | Verfügbar für alle"
        " | Disponible para todos | 全員に公開",
        "Available to all | Opened", template=False),
    _heading("l", "created_by",
                "Created by | Créé par | Creato da | Criado por | Erstellt von | Creado por | 作成者",
        "Created by ID | CreatedById | Creator | Creator ID", template=False),
    _heading("lcd", "created_at",
                "Created at | Date de création | Data di creazione | Data de criação | Erstellungsdatum | Fecha de creación"
        " | 作成日",
        "Created | Created on | Created date | CreatedDate | Created time | Creation date | Date created | Date create"
        " | Create date | Deal created | Contact created | Lead created | Créé le | Creato il | Criado em | Erstellt am"
        " | Creado el | 作成日時", template=False),
    # Sell's word for the creation, which can be set; it counts where there is no other.
    _more("lcd", "added_at",
        "Added on | Added | Date added | Deal added | Deal added on | Contact added | Lead added | Ajouté le | Date d'ajout"
        " | Aggiunto il | Data di aggiunta | Adicionado em | Data de adição | Hinzugefügt am | Agregado el | Añadido el"
        " | 追加日"),
    _more("lcd", "updated_at",
        "Updated on | Updated | Update time | Last updated | Last updated at | Last modified | Last modified date"
        " | LastModifiedDate | Last modified time | Modified at | Modified on | Modified | Mis à jour le"
        " | Date de mise à jour | Aggiornato il | Data di aggiornamento | Atualizado em | Data de atualização"
        " | Aktualisiert am | Geändert am | Actualizado el | Fecha de actualización | 更新日 | 更新日時"),
    _more("lcd", "owner_id", "OwnerId | User ID | Assigned by ID | Responsible ID"),
    _more("ld", "source_id"),
    # Whether a lead became contacts, when, and which: by the columns of other systems.
    _more("l", "converted",
        "IsConverted | Is converted | Lead converted | Converti | Convertito | Convertido | Konvertiert | Umgewandelt | 変換済み"),
    _more("l", "converted_at",
        "ConvertedDate | Converted date | Converted on | Converted time | Date converted | Conversion date | Conversion time"
        " | Lead converted date | Date de conversion | Converti le | Data di conversione | Convertito il | Data de conversão"
        " | Convertido em | Konvertierungsdatum | Konvertiert am | Fecha de conversión | Convertido el | 変換日"),
    _more("l", "converted_person", "ConvertedContactId | Converted contact ID | Converted contact | Converted person ID"),
    _more("l", "converted_company", "ConvertedAccountId | Converted account ID | Converted account | Converted company ID"),
    _more("l", "converted_deal", "ConvertedOpportunityId | Converted opportunity ID | Converted deal ID | Converted deal"),

    # Contacts. The employer is known by its id or by its name.
    _more("c", "id", "Record ID | Kontakt-ID | ID du contact | ID contatto | ID do contato | ID del contacto | Person ID | 取引先ID"),
    _more("c", "name",
        "Full name | Contact name | First and last names | Display name | Nom complet | Nome completo | Nombre completo"
        " | Vollständiger Name | Vor- und Nachname | 氏名 | お名前 | 名前"),
    # Person or company.
    _more("c", "kind",
        "Is organization | Is organisation | Is company | Is a company | Contact type | Person or company"
        " | Est une entreprise | Type de contact | È un'azienda | Tipo di contatto | É empresa | Tipo de contato"
        " | Ist Unternehmen | Kontakttyp | Es empresa | Es una compañía | Tipo de contacto | 取引先タイプ"),
    _more("c", "parent_id", "Parent organization ID | Parent organisation ID | Parent company ID | Parent account ID"),
    _more("c", "prospect", *(axis_label("prospect", locale) for locale in LOCALES),
        "prospect_status | Interessentenstatus | Estado de cliente potencial"),
    _more("c", "customer", *(axis_label("customer", locale) for locale in LOCALES),
        "customer_status | Kundenstatus | Estado del cliente"),
    _more("c", "billing_address", "Billing address | Adresse de facturation | Indirizzo di fatturazione | Endereço de cobrança"
        " | Rechnungsadresse | Dirección de facturación | 請求先住所"),
    _more("c", "shipping_address", "Shipping address | Adresse de livraison | Indirizzo di spedizione | Endereço de entrega"
        " | Lieferadresse | Dirección de envío | 配送先住所"),
    _more("cd", "company_id",
        "Organization ID | Organisation ID | AccountId | Account ID | Associated company ID | Unternehmens-ID"
        " | ID de l'entreprise | ID azienda | ID da empresa | ID de la compañía | 会社ID"),
    _more("cd", "company_name",
        "Company | Organization | Organisation | Organization name | Organisation name | Account | Account name | Employer"
        " | Associated company | Company title | Entreprise | Société | Nom de l'entreprise"
        " | Nom de la société | Azienda | Nome azienda | Società | Ragione sociale | Organizzazione | Empresa"
        " | Nome da empresa | Organização | Unternehmen | Unternehmensname | Firma | Firmenname | Compañía"
        " | Nombre de la compañía | Nombre de la empresa | Organización | 会社 | 会社名 | 企業名"),

    # Deals. Contacts and companies are known by their ids or by their names.
    _more("d", "company_name", "Customer | Customer name | Client | Client name | Kunde | Cliente | 顧客 | 顧客名"),
    _more("d", "id",
        "Deal ID | Opportunity ID | OpportunityId | Record ID | Geschäfts-ID | ID de l'opportunité | ID trattativa"
        " | ID da oportunidade | ID del trato | 取引ID"),
    _more("d", "name",
        "Deal name | Deal title | Deal | Title | Opportunity name | Opportunity | Nom | Nom de l'opportunité | Nome"
        " | Nome trattativa | Nome da oportunidade | Name des Geschäfts | Geschäftsname | Nombre | Nombre del trato"
        " | Titre | Titolo | Título | Titel | 取引名 | 案件名"),
    _more("d", "primary_id",
        "Contact ID | ContactId | Primary contact ID | Main contact ID | Person ID | Associated contact ID | Hauptkontakt-ID"
        " | ID du contact principal | ID contatto principale | ID do contato principal | ID del contacto principal"),
    _more("d", "primary_name",
        "Primary contact | Primary contact name | Main contact | Main contact name | Contact | Contact name | Contact person"
        " | Person | Associated contact | Contact principal | Nom du contact | Contatto principale | Contatto | Nome contatto"
        " | Contato principal | Contato | Nome do contato | Hauptkontakt | Primärer Kontakt | Ansprechpartner | Kontakt"
        " | Kontaktname | Contacto principal | Contacto | Nombre del contacto | 主要取引先 | 取引先"),
    _more("d", "involved_ids", "Associated contact IDs | Associated contacts IDs | Involved contact IDs"),
    _more("d", "involved_names",
        "Involved | Involved contacts | Associated contacts | Other contacts | Participants | Contacts associés"
        " | Contatti coinvolti | Contatos envolvidos | Beteiligte Kontakte | Contactos implicados | 関係者"),
    _more("d", "stage_id"),
    _more("d", "stage",
        "Stage name | StageName | Deal stage | Pipeline stage | Sales stage | Opportunity stage | Étape"
        " | Étape de l'opportunité | Fase | Fase trattativa | Estágio | Etapa | Etapa del trato | Phase | Phase des Geschäfts"
        " | Geschäftsphase | Pipeline-Phase | Dealphase | ステージ | フェーズ"),
    # Open, won, lost or unqualified, whatever the stage is called.
    _more("d", "status",
        "Deal status | Opportunity status | Outcome | Statut | Statut de l'opportunité | Stato trattativa | Status do negócio"
        " | Status des Geschäfts | Dealstatus | Estado del trato | ステータス"),
    _more("d", "is_won", "Won | IsWon | Is closed won | Hs is closed won"),
    _more("d", "is_lost", "Lost | IsLost | Is closed lost | Hs is closed lost"),
    _more("d", "is_closed", "Closed | IsClosed | Is deal closed | Hs is closed"),
    _more("d", "stage_changed_at",
        "last_stage_change_at | Last stage change | Last stage change on | Last stage change date | Stage changed on"
        " | Stage changed | LastStageChangeDate | Last stage change time | Date entered current stage | Moved time"
        " | Dernier changement d'étape | Ultimo cambio di fase | Última mudança de estágio | Última mudança de etapa"
        " | Letzte Phasenänderung | Letzter Phasenwechsel | Último cambio de etapa | 最終ステージ変更日"),
    # Of a deal that is closed; other systems write there when an open one is expected to be.
    _more("d", "closed_at",
        "Closed on | Closed date | Close date | CloseDate | Closed time | Deal closed on | Deal closed date | Closing date"
        " | Date closed | Date de clôture | Clôturé le | Data di chiusura | Chiuso il | Data de fechamento | Fechado em"
        " | Abschlussdatum | Abgeschlossen am | Fecha de cierre | Cerrado el | 完了日 | クローズ日"),
    _more("d", "won_at", "Won time | Won on | Won date | Date won | Gewonnen am | Gagné le | Ganado el | Vinto il | Ganho em"),
    _more("d", "lost_at", "Lost time | Lost on | Lost date | Date lost | Verloren am | Perdu le | Perdido el | Perso il | Perdido em"),
    _more("d", "value",
        "Deal value | Amount | Valeur | Montant | Valore | Importo | Valor | Wert | Betrag | Importe | 金額 | 値"),
    _more("d", "currency", "Currency code | CurrencyIsoCode | Devise | Valuta | Moeda | Währung | Moneda | 通貨"),
    _more("d", "loss_reason",
        "Lost reason | Closed lost reason | Reason lost | Verlustgrund | Motif de perte | Motivo di perdita | Motivo da perda"
        " | Motivo de pérdida | 失注理由"),
)
# fmt: on

#: The columns that make up an address, and its parts.
PARTS: Final[Mapping[str, str]] = {
    "street": "line1",
    "city": "city",
    "postal_code": "postal_code",
    "state": "state",
    "country": "country",
}

_FULL_NAME: Final = "a full name is not taken apart: give the last name a column"
_ADDRESSED: Final = "it may be a job title or a form of address"
_STATE: Final = "it may be a part of the address or the status"
_HALF: Final = "it may be a part of the name or the whole of it, and nothing beside it says which"
_UNUSED: Final = "no status depends on it"

#: Headers that could mean several fields of a kind, or none, with the reason why they are left out.
UNDECIDED: Final = (
    ("l", "Name", "it may be a first, a last or a full name"),
    ("l", "Full name | First and last names | Contact name | Nom complet", _FULL_NAME),
    ("l", "Nome completo | Nombre completo | Vollständiger Name", _FULL_NAME),
    ("l", "Vor- und Nachname | 氏名 | お名前 | 名前", _FULL_NAME),
    ("lc", "Titre | Titolo | Título | Titel | タイトル", _ADDRESSED),
    ("lc", "État | Stato | Estado", _STATE),
    ("d", "État | Stato | Estado", "it may be the stage, the status or a part of an address"),
    ("lc", "Region | Région | Regione | Região | Región", "it may be the state or something else"),
    ("lc", "Lead title | Lead name | Leadname", "a lead has the name of its person or its company"),
    ("d", "Scope", "it may be the value or what is sold, and its unit is unknown"),
    ("d", "Hot | Pipeline | Probability | Win likelihood | Last activity", _UNUSED),
    ("d", "Last activity at | Dropbox email | Forecast category | Next step", _UNUSED),
    ("d", "Estimated close date | Expected close date | Voraussichtliches Abschlussdatum", _UNUSED),
    ("d", "Date de clôture estimée | Data de fechamento prevista", _UNUSED),
    ("d", "Data di chiusura prevista | Fecha de cierre prevista | 完了予定日", _UNUSED),
)

#: Headers of which the other columns say what they mean: the first row whose field has a column
#: counts ("" stands for any columns). Its own field is "", with the reason, where it means none.
BESIDE: Final = (
    ("c", "Contact ID", "id", "company_id", ""),
    ("c", "Contact ID", "", "id", ""),
    *(("c", name, "last_name", "first_name", "") for name in ("Nome", "Nombre")),
    *(("c", name, "", "", _HALF) for name in ("Nome", "Nombre")),
    ("c", "Nom", "first_name", "last_name", ""),
    ("c", "Nom", "", "", _HALF),
    ("c", "Name", "last_name", "name", ""),
    ("c", "Name", "first_name", "", _HALF),
    ("c", "Name", "", "name", ""),
)

#: The names of files and folders of a kind, and whether all in it are companies, if they say that.
FILES: Final = (
    (Kind.CONTACT, None, "contact | contacts | Kontakt | Kontakte | contatti | contatos"),
    (Kind.CONTACT, None, "contactos | 取引先"),
    (Kind.CONTACT, True, "company | companies | organizations | organisations | accounts"),
    (Kind.CONTACT, True, "Unternehmen | entreprises | aziende"),
    (Kind.CONTACT, False, "person | persons | people | individuals | Personen"),
    (Kind.CONTACT, False, "personnes | persone | pessoas"),
    (Kind.DEAL, None, "deal | deals | opportunity | opportunities | Geschäft | Geschäfte"),
    (Kind.DEAL, None, "opportunités | trattative | oportunidades | tratos | 取引"),
    (Kind.LEAD, None, "lead | leads | リード"),
)
