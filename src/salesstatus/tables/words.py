"""The words in cells of tables, each said once, in every language of `LOCALES`.

What a stage means is the business of whoever named it. A column of statuses says it, and so do the
names that Zendesk Sell gives to its stages; what any other name means is a guess, and is never
taken for a fact (domain A1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from salesstatus.keys import text_key
from salesstatus.model import ContactKind, DealStatus

#: Yes and no.
FLAGS: Final[Mapping[bool, str]] = {
    True: "1 | true | t | yes | y | x | on | oui | vrai | sì | vero | sim | verdadeiro | ja | wahr"
    " | sí | verdadero | はい | 真",
    False: "0 | false | f | no | n | off | non | faux | falso | não | nein | falsch | いいえ | 偽",
}

#: Whether a contact is a person or a company.
CONTACT_KINDS: Final[Mapping[ContactKind, str]] = {
    ContactKind.COMPANY: "company | organization | organisation | account | business | entreprise"
    " | société | azienda | società | empresa | organização | unternehmen | firma | compañía | 会社"
    " | 企業",
    ContactKind.PERSON: "person | individual | contact | personne | persona | pessoa | individuo"
    " | indivíduo | 個人 | 人",
}

#: The months from January in every language, each with its short forms.
MONTHS: Final[Mapping[str, str]] = {
    "en": "january jan | february feb | march mar | april apr | may | june jun | july jul"
    " | august aug | september sept sep | october oct | november nov | december dec",
    "fr": "janvier janv jan | février févr fév | mars | avril avr | mai | juin | juillet juil"
    " | août aoû | septembre sept | octobre oct | novembre nov | décembre déc",
    "it": "gennaio gen | febbraio feb | marzo mar | aprile apr | maggio mag | giugno giu"
    " | luglio lug | agosto ago | settembre set sett | ottobre ott | novembre nov | dicembre dic",
    "pt": "janeiro jan | fevereiro fev | março mar | abril abr | maio mai | junho jun | julho jul"
    " | agosto ago | setembro set | outubro out | novembro nov | dezembro dez",
    "de": "januar jänner jan jän | februar feber feb | märz mär mrz | april apr | mai | juni jun"
    " | juli jul | august aug | september sept sep | oktober okt | november nov | dezember dez",
    "es": "enero ene | febrero feb | marzo mar | abril abr | mayo may | junio jun | julio jul"
    " | agosto ago | septiembre setiembre sept sep set | octubre oct | noviembre nov"
    " | diciembre dic",
    "ja": "1月 | 2月 | 3月 | 4月 | 5月 | 6月 | 7月 | 8月 | 9月 | 10月 | 11月 | 12月",
}

#: What programs write into a cell without a value, letter by letter: some are names otherwise.
NULLS: Final = frozenset(
    (
        *("#N/A", "#N/A!", "#NA", "#N/D", "#NV", "#NULL!", "#NAME?", "#REF!", "#VALUE!"),
        *("#DIV/0!", "#NUM!", "N/A", "NaN", "nan", "NaT", "None", "<NA>", "\\N", "NULL", "null"),
        *("<null>", "(null)", "[NULL]", "-", "--", "---", "–", "—"),
    )
)

#: What a column of statuses says of a deal.
DEAL_STATUSES: Final[Mapping[DealStatus, str]] = {
    DealStatus.OPEN: "Open | In progress | Active | Ongoing | Pending | Ouvert | Ouverte | En cours"
    " | Aperto | Aperta | In corso | Aberto | Aberta | Em andamento | Offen | In Bearbeitung"
    " | Laufend | Abierto | Abierta | En curso | オープン | 進行中",
    DealStatus.WON: "Won | Closed won | Closed - won | Deal won | Success | Gagné | Gagnée"
    " | Fermé gagné | Vinto | Vinta | Vinte | Chiuso vinto | Chiusa vinta | Ganho | Ganha"
    " | Conquistado | Conquistada | Fechado ganho | Gewonnen | Geschlossen und gewonnen"
    " | Abgeschlossen und gewonnen | Ganado | Ganada | Cerrado ganado | Cerrada ganada | 成約"
    " | 受注 | 受注済み",
    DealStatus.LOST: "Lost | Closed lost | Closed - lost | Deal lost | Failure | Perdu | Perdue"
    " | Fermé perdu | Perso | Persa | Chiuso perso | Chiusa persa | Perdido | Perdida"
    " | Fechado perdido | Verloren | Geschlossen und verloren | Abgeschlossen und verloren"
    " | Cerrado perdido | Cerrada perdida | 失注",
    DealStatus.UNQUALIFIED: "Unqualified | Disqualified | Not qualified | Non qualifié"
    " | Non qualifiée | Disqualifié | Non qualificato | Non qualificata | Senza qualifica"
    " | Desqualificado | Desqualificada | Nicht qualifiziert | Disqualifiziert | No calificado"
    " | No calificada | Descalificado | Descalificada | 不適格",
}

#: The stages that have the same name in every account of Zendesk Sell, in its languages; a column
#: of stages is not understood by any other name, be it among `DEAL_STATUSES`.
FIXED_STAGES: Final[Mapping[DealStatus, str]] = {
    DealStatus.OPEN: "Incoming | Entrantes | 新規引き合い",
    DealStatus.WON: "Won | Gagnée | Gagné | Vinta | Vinto | Vinte | Conquistada | Conquistado"
    " | 成約",
    DealStatus.LOST: "Lost | Perdue | Perdu | Persa | Perso | Perdida | Perdido | Verloren | 失注",
    DealStatus.UNQUALIFIED: "Unqualified | Non qualifiée | Non qualifié | Non qualificata"
    " | Non qualificato | Senza qualifica | Nicht qualifiziert | Desqualificada | Desqualificado"
    " | 不適格",
}


def _by_key(words: Mapping[DealStatus, str]) -> Mapping[str, DealStatus]:
    return {
        text_key(name): status for status, names in words.items() for name in names.split(" | ")
    }


#: The fixed names of stages, by `text_key`, in every language.
STAGE_STATUS: Final = _by_key(FIXED_STAGES)
#: What a column of statuses says, by `text_key`; of a stage it is likely at most.
STATUS_WORDS: Final = _by_key(DEAL_STATUSES)
#: The fixed names of the closed stages in an account of Zendesk Sell. One of them is a word that
#: means less anywhere else.
CLOSED_STAGES: Final = {
    key: status for key, status in STAGE_STATUS.items() if status is not DealStatus.OPEN
} | {text_key("Abgeschlossen"): DealStatus.WON}
