"""What the fields of travel documents and identity cards are called, by language.

ICAO 9303-3, 3.4 asks for captions in the language of the state and in English, French or Spanish. The words were
written down from the captions that the standard lists and that such documents bear.
"""

from enum import StrEnum
from typing import Final

__all__ = ["WORDS", "VisualField"]


class VisualField(StrEnum):
    SURNAME = "surname"
    GIVEN_NAMES = "given_names"
    NAME = "name"
    """A name as a whole, or, beside a label of one part, the other part."""
    DOCUMENT_NUMBER = "document_number"
    BIRTH_DATE = "birth_date"
    EXPIRY_DATE = "expiry_date"
    ISSUE_DATE = "issue_date"
    SEX = "sex"
    NATIONALITY = "nationality"
    PERSONAL_NUMBER = "personal_number"
    ISSUING_STATE = "issuing_state"
    OTHER = "other"
    """Fields that are not read. Their labels are known, so that their values are not taken for another's."""


_F = VisualField
WORDS: Final[dict[str, dict[VisualField, str]]] = {
    "en": {
        _F.SURNAME: "surname, surnames, family name, last name, primary identifier",
        _F.GIVEN_NAMES: "given names, given name, given names s, forenames, forename, first name, first names, "
        "other names, secondary identifier",
        _F.NAME: "name, full name, name of holder, names",
        _F.DOCUMENT_NUMBER: "document no, document number, document nr, passport no, passport number, passport nr, "
        "card no, card number, identity card no, identity card number, id no, id number, travel document no, "
        "permit no, permit number, no, number, doc no",
        _F.BIRTH_DATE: "date of birth, birth date, born, dob, born on",
        _F.EXPIRY_DATE: "date of expiry, expiry date, expiration date, date of expiration, valid until, expiry, "
        "expires, valid to, expires on, card expires, card expiry",
        _F.ISSUE_DATE: "date of issue, issue date, issued on, issued, date of issuance",
        _F.SEX: "sex, gender",
        _F.NATIONALITY: "nationality, citizenship",
        _F.PERSONAL_NUMBER: "personal no, personal number, personal nr, personal id no, identification no, "
        "identification number, national id no, national identification number, personal code, personal id, "
        "identity no, identity number",
        _F.ISSUING_STATE: "issuing state, code of issuing state, country code, code, code of state, issuing country",
        _F.OTHER: "place of birth, birthplace, country of birth, authority, issuing authority, type, signature, "
        "signature of bearer, holders signature, height, colour of eyes, color of eyes, eye colour, eyes, address, "
        "residence, place of residence, place of issue, passport, identity card, residence permit, remarks, type of "
        "permit, endorsements, observations, bearers signature, holders signature, issued by, place of birth sex, "
        "permanent residence, blood group, profession, occupation, can, type of document",
    },
    "fr": {
        _F.SURNAME: "nom, noms, nom de famille",
        _F.GIVEN_NAMES: "prenoms, prenom",
        _F.DOCUMENT_NUMBER: "passeport n, passeport no, n du passeport, no du passeport, numero de passeport, "
        "numero du document, n du document, no du document, document n, n de document, no de document, "
        "n de la carte, carte n, carte no, numero de carte, numero du passeport, numero de document",
        _F.BIRTH_DATE: "date de naissance, ne le, nee le, nele, ne e le",
        _F.EXPIRY_DATE: "date d expiration, expire le, valable jusqu au, valable jusquau, date expiration, "
        "date d expir, fin de validite",
        _F.ISSUE_DATE: "date de delivrance, delivre le, date d emission",
        _F.SEX: "sexe",
        _F.NATIONALITY: "nationalite",
        _F.PERSONAL_NUMBER: "numero personnel, no personnel, n personnel, numero d identification, "
        "numero d identite, n d identification, n d identite, code personnel",
        _F.ISSUING_STATE: "code du pays, pays emetteur, etat emetteur, code de l etat emetteur, code de l etat, "
        "code pays",
        _F.OTHER: "lieu de naissance, autorite, signature, signature du titulaire, taille, couleur des yeux, domicile, "
        "adresse, passeport, carte d identite, carte nationale d identite, titre de sejour, lieu de delivrance, "
        "autorite de delivrance, nom d usage, nom d epouse, remarques, type de titre",
    },
    "de": {
        _F.SURNAME: "familienname, nachname, zuname, familiennamen",
        _F.GIVEN_NAMES: "vornamen, vorname",
        _F.DOCUMENT_NUMBER: "pass nr, passnummer, reisepass nr, ausweisnummer, ausweis nr, dokumentennummer, "
        "dokument nr, dokumentnummer, kartennummer, karten nr, personalausweis nr, nr, nummer, dokumenten nr",
        _F.BIRTH_DATE: "geburtsdatum, geburtstag, geboren am, geb datum, tag der geburt",
        _F.EXPIRY_DATE: "gultig bis, gueltig bis, ablaufdatum, ablaufen am, karte gultig bis, datum des ablaufs",
        _F.ISSUE_DATE: "ausstellungsdatum, ausgestellt am, datum, datum der ausstellung",
        _F.SEX: "geschlecht",
        _F.NATIONALITY: "staatsangehorigkeit, nationalitat, staatsburgerschaft, heimatstaat",
        _F.PERSONAL_NUMBER: "personennummer, personenkennzahl, personliche nummer, ahv nr",
        _F.ISSUING_STATE: "ausstellerstaat, landercode, code des ausstellenden staates, staat",
        _F.OTHER: "geburtsort, behorde, ausstellende behorde, unterschrift, unterschrift der inhaberin, "
        "unterschrift des inhabers, grosse, augenfarbe, wohnort, anschrift, reisepass, personalausweis, "
        "aufenthaltstitel, typ, geburtsname, ort, zugangsnummer, heimatort, ordens oder kunstlername, "
        "art des titels, anmerkungen, wohnsitz",
    },
    "es": {
        _F.SURNAME: "apellidos, apellido, primer apellido",
        _F.GIVEN_NAMES: "nombres, nombre",
        _F.DOCUMENT_NUMBER: "pasaporte n, pasaporte no, n de pasaporte, no de pasaporte, numero de pasaporte, "
        "numero de documento, no documento, n documento, num soporte, num sopor, idesp, numero documento, "
        "documento no, documento n, n de documento, no de documento, numero de tarjeta",
        _F.BIRTH_DATE: "fecha de nacimiento, fecha nacimiento, nacimiento, f nacimiento",
        _F.EXPIRY_DATE: "fecha de caducidad, valido hasta, caducidad, validez, fecha de expiracion, "
        "fecha de vencimiento, vencimiento",
        _F.ISSUE_DATE: "fecha de expedicion, fecha de emision, emision, expedicion",
        _F.SEX: "sexo",
        _F.NATIONALITY: "nacionalidad",
        _F.PERSONAL_NUMBER: "numero personal, n personal, dni, dni num, numero de identificacion, run, cui, curp, nie",
        _F.ISSUING_STATE: "codigo del pais, codigo pais, pais emisor, estado emisor, codigo del estado emisor",
        _F.OTHER: "lugar de nacimiento, autoridad, firma, firma del titular, domicilio, pasaporte, estatura, "
        "documento nacional de identidad, color de ojos, permiso de residencia, direccion, segundo apellido",
    },
    "it": {
        _F.SURNAME: "cognome, cognomi",
        _F.GIVEN_NAMES: "nomi, nome",
        _F.DOCUMENT_NUMBER: "passaporto n, passaporto no, n del passaporto, numero del passaporto, numero documento, "
        "numero carta, n carta, documento n, numero del documento, no del documento",
        _F.BIRTH_DATE: "data di nascita, nato il, nata il, nato a il",
        _F.EXPIRY_DATE: "data di scadenza, scadenza, valido fino al, valida fino al",
        _F.ISSUE_DATE: "data di rilascio, data di emissione, emissione, rilasciato il, rilascio",
        _F.SEX: "sesso",
        _F.NATIONALITY: "cittadinanza, nazionalita",
        _F.PERSONAL_NUMBER: "codice fiscale, numero personale, codice personale",
        _F.ISSUING_STATE: "codice paese, stato emittente, codice del paese, codice dello stato di emissione, "
        "codice stato",
        _F.OTHER: "luogo di nascita, autorita, firma, firma del titolare, statura, residenza, passaporto, "
        "carta di identita, colore degli occhi, indirizzo, luogo e data di nascita, permesso di soggiorno, comune di",
    },
    "pt": {
        _F.SURNAME: "apelidos, apelido, sobrenome, sobrenomes, apelido s",
        _F.GIVEN_NAMES: "nomes proprios, nome proprio, nome s, nome s proprio s, prenome, prenomes",
        _F.NAME: "nome completo",
        _F.DOCUMENT_NUMBER: "passaporte n, passaporte no, n do passaporte, n do documento, numero do documento, "
        "n documento, numero do passaporte, no do documento, documento no",
        _F.BIRTH_DATE: "data de nascimento, nascimento, data nascimento",
        _F.EXPIRY_DATE: "data de validade, validade, valido ate, data de expiracao, data de caducidade",
        _F.ISSUE_DATE: "data de emissao, data de expedicao, emitido em",
        _F.SEX: "sexo",
        _F.NATIONALITY: "nacionalidade",
        _F.PERSONAL_NUMBER: "numero pessoal, n id civil, no id civil, n de identificacao civil, no pessoal, cpf, "
        "registro geral, n pessoal",
        _F.ISSUING_STATE: "pais emissor, codigo do pais, estado emissor, codigo do estado emissor, codigo pais",
        _F.OTHER: "local de nascimento, naturalidade, autoridade, assinatura, altura, filiacao, passaporte, "
        "cartao de cidadao, titulo de residencia, residencia, assinatura do titular",
    },
    "nl": {
        _F.SURNAME: "naam, achternaam, geslachtsnaam",
        _F.GIVEN_NAMES: "voornamen, voornaam",
        _F.DOCUMENT_NUMBER: "documentnummer, paspoortnummer, paspoort nr, kaartnummer, kaart nr, paspoort no, "
        "document nr",
        _F.BIRTH_DATE: "geboortedatum, geboren op",
        _F.EXPIRY_DATE: "geldig tot, vervaldatum, vervalt op, datum einde geldigheid",
        _F.ISSUE_DATE: "datum van afgifte, datum afgifte, afgiftedatum, datum van verstrekking",
        _F.SEX: "geslacht",
        _F.NATIONALITY: "nationaliteit",
        _F.PERSONAL_NUMBER: "persoonsnummer, burgerservicenummer, bsn, rijksregisternummer",
        _F.ISSUING_STATE: "code van afgevende staat, landcode",
        _F.OTHER: "geboorteplaats, autoriteit, handtekening, lengte, paspoort, identiteitskaart, lengte height, "
        "handtekening van de houder, verblijfsdocument",
    },
    "zh": {
        _F.NAME: "姓名",
        _F.DOCUMENT_NUMBER: "护照号, 护照号码, 证件号码, 证件编号, 證件號碼",
        _F.BIRTH_DATE: "出生日期",
        _F.EXPIRY_DATE: "有效期至, 有效期限, 有效期, 有效日期",
        _F.ISSUE_DATE: "签发日期, 簽發日期",
        _F.SEX: "性别, 性別",
        _F.NATIONALITY: "国籍, 國籍",
        _F.PERSONAL_NUMBER: "公民身份号码, 身份证号码",
        _F.ISSUING_STATE: "国家码, 國家碼",
        _F.OTHER: "出生地点, 签发地点, 签发机关, 护照, 持照人签名, 类型, 出生地點, 簽發機關",
    },
}
"""Without marks, capitals and punctuation; parted by commas."""
