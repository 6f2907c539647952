"""The words that personal data stands beside in a text, in each language that residents write.

    WORDS["es"].phone  # "tel(?:éfono)?", "cel(?:ular)?", "llame", …

All languages are looked for in every text: a Spanish note in an English city is as personal. To add
a language, add its words here, with an accent where the language has one (texts without accents are
found too), and a test for each. Each entry is a piece of a regular expression.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One language's words.

    at, dot           what stands for “@” and “.” in an address that is spelled out
    digits            the words for the digits, which may spell a number
    phone             before a telephone number
    filler            small words between a label and its number: “is”, “no.”, “at”
    ssn               before a social security number
    plate             before the number of a license plate
    metal             plates that no car has, such as steel ones
    thing             things whose numbers are public: hydrants, poles, cases
    apartment         before the number or letter of an apartment
    floor             a storey; `ordinal` are the words that count them
    and_              between two of a kind
    own_name          before one's own name, in small letters too; `no_name` then is none
    name              before a name, surely; `call` only before words that look like one
    street_before     kinds of street that stand before the name; `street_after`, after it
    numbered_road     kinds whose number is a part of their name: “Old Highway 9”
    street_part       words within a street's name that have no capital
    unit              what a number counts that is no house: feet, cars, minutes
    office            what makes an office or a company of the name before it
    nobody            words that look like a name after `name` or `call`, and are none
    """

    at: tuple[str, ...] = ()
    dot: tuple[str, ...] = ()
    digits: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    filler: tuple[str, ...] = ()
    ssn: tuple[str, ...] = ()
    plate: tuple[str, ...] = ()
    metal: tuple[str, ...] = ()
    thing: tuple[str, ...] = ()
    apartment: tuple[str, ...] = ()
    floor: tuple[str, ...] = ()
    ordinal: tuple[str, ...] = ()
    and_: tuple[str, ...] = ()
    own_name: tuple[str, ...] = ()
    no_name: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    call: tuple[str, ...] = ()
    street_before: tuple[str, ...] = ()
    street_after: tuple[str, ...] = ()
    numbered_road: tuple[str, ...] = ()
    street_part: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    office: tuple[str, ...] = ()
    nobody: tuple[str, ...] = ()


WORDS = {
    "en": Words(
        at=("at",),
        dot=("dot", "period"),
        digits=(
            "zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
        ),
        phone=(
            "tele?phone", "phone", "tel", "ph", "cell ?phone", "cell", "mobile", "call", "text",
            "texting", "sms", "fax", "ring", "dial", "whats ?app", "reach", "contact",
        ),
        filler=(
            "is", "was", "the", "at", "on", "me", "us", "him", "her", "them", "my", "number",
            "numbers", "no", "num", "nos", "of", "for", "or", "to", "back", "anytime", "please",
        ),
        ssn=("ssn", "social security", "social", "soc sec", "itin"),
        plate=(
            "licen[cs]e plates?", "licen[cs]e", "plates?", "registration plates?",
            "registration numbers?", "registration no", "tags?",
        ),
        metal=("steel", "metal", "iron", "road", "street", "name", "cover", "base", "kick"),
        thing=(
            "hydrants?", "poles?", "lights?", "lamps?", "lamp ?posts?", "posts?", "signs?",
            "signals?", "meters?", "manholes?", "boxe?s?", "bins?", "barrels?", "trees?", "buse?s?",
            "trucks?", "cases?", "tickets?", "permits?", "orders?", "requests?", "reports?",
            "complaints?", "references?", "ref", "refer to", "serial", "assets?", "badges?",
            "routes?", "invoices?", "dockets?", "bills?", "vehicles?", "engines?", "cn", "sr",
            "wo", "stations?", "stops?", "benche?s?", "parcels?", "lots?", "shelters?",
        ),
        apartment=("apts?", "apartments?", "apmts?", "units?", "suites?", "ste", "condos?"),
        floor=("floors?", "flr", "fl"),
        ordinal=(
            "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
            "tenth", "top",
        ),
        and_=("and", "or"),
        own_name=("my name is", "my name['’]s"),
        no_name=(
            "on", "in", "not", "at", "the", "an", "to", "my", "no", "unknown", "withheld",
            "anonymous", "listed", "private", "of", "is", "was", "so", "and", "because",
        ),
        name=(
            "my name is", "my name['’]s", "name is", "ask for", "asked for", "speak to",
            "speak with", "spoke to", "spoke with", "talk to", "attn", "attention", "care of",
            "c/o", "signed", "resident name", "caller name", "contact name",
        ),
        call=("call", "calls", "contact", "contacts", "text", "phone", "e-?mail", "reach"),
        street_before=("avenue of the", "avenue of"),
        street_after=(
            "street", "str", "st", "avenue", "ave", "av", "road", "rd", "drive", "dr", "lane",
            "ln", "place", "pl", "court", "ct", "terrace", "ter", "terr", "way", "boulevard",
            "blvd", "square", "sq", "parkway", "pkwy", "pky", "highway", "hwy", "circle", "cir",
            "park", "pk", "row", "alley", "crescent", "cres", "plaza", "plz", "broadway",
            "fenway", "riverway", "jamaicaway", "turnpike", "tpke", "trail", "trl", "loop",
            "path", "walk", "wharf", "mews", "esplanade", "pike", "point", "pt",
        ),
        numbered_road=("highway", "hwy", "turnpike", "tpke", "pike", "loop", "alley"),
        unit=(
            "feet", "foot", "ft", "inche?s?", "in", "yards?", "yds?", "miles?", "mi", "meters?",
            "cars?", "people", "persons?", "kids?", "holes?", "potholes?", "lights?", "poles?",
            "times?", "days?", "weeks?", "months?", "years?", "yrs?", "hours?", "hrs?", "minutes?",
            "mins?", "blocks?", "houses?", "trees?", "bags?", "barrels?", "mattress(?:es)?",
            "tvs?", "trucks?", "vehicles?", "am", "pm", "a\\.m", "p\\.m", "percent", "lanes?",
            "doors?", "signs?", "trash", "large", "small", "big", "more", "or", "to", "and",
        ),
        office=(
            "department", "dept", "division", "office", "hall", "company", "co", "inc", "llc",
            "corp", "services?", "center", "authority", "commission", "agency", "bureau", "works",
            "team", "unit", "police", "waste", "disposal", "recycling", "council", "maint",
            "maintenance", "management", "school", "hospital", "church", "bank", "store",
        ),
        nobody=(
            "public", "city", "town", "fire", "mayors?", "mayor['’]s", "councilor", "inspectional",
            "inspectors?", "supervisors?", "superintend[ae]nt", "general", "managers?", "super",
            "rest", "owner", "owners", "resident", "residents", "constituent", "caller",
            "contractor", "crew", "district", "division", "parks?", "water", "sewer", "gas",
            "electric", "edison", "nstar", "keyspan", "eversource", "national", "grid", "verizon",
            "comcast", "mbta", "dcr", "isd", "dpw", "bwsc", "bpd", "epa", "state", "federal",
            "highway", "area", "housing", "health", "animal", "massdot", "dot",
            "control", "code", "enforcement", "transportation", "traffic", "rodent", "back",
            "again", "when", "if", "for", "the", "this", "that", "you", "your", "us", "me", "my",
            "he", "she", "they", "it", "please", "thank", "thanks", "line", "log", "monday",
            "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january",
            "february", "march", "april", "may", "june", "july", "august", "september", "october",
            "november", "december", "north", "south", "east", "west", "new", "old", "street",
            "light", "lights", "help", "information", "details", "assistance", "not", "no", "to",
            "an", "in", "on", "at", "is", "was", "hotline", "number", "wire",
            "tree", "dispatch", "operations", "construction", "building", "property", "site",
        ),
    ),
    "es": Words(
        at=("arroba",),
        dot=("punto",),
        digits=(
            "cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve",
        ),
        phone=(
            "teléfonos?", "telefónico", "tel", "tlf", "tfno", "celular", "cel", "móvil", "llame",
            "llámeme", "llámame", "llámenos", "llamar", "llama", "llamen", "marque", "marcar",
            "escriba", "escríbame", "comuníquese", "contácteme", "contacto", "whats ?app", "fax",
        ),
        filler=(
            "es", "son", "al", "el", "la", "los", "las", "a", "de", "del", "mi", "por", "favor",
            "número", "números", "núm", "nro", "n\\.o", "o", "y",
        ),
        ssn=("seguro social", "nss", "número de seguro social"),
        plate=(
            "placas?", "matrículas?", "patentes?", "tablillas?", "número de placa", "chapas?",
        ),
        metal=("metálica", "acero", "hierro"),
        thing=(
            "hidrantes?", "bocas? de incendio", "postes?", "farolas?", "luz", "luces", "lámparas?",
            "señal(?:es)?", "letreros?", "semáforos?", "medidor(?:es)?", "parquímetros?",
            "alcantarillas?", "contenedor(?:es)?", "árbol(?:es)?", "autobús", "camión", "casos?",
            "reportes?", "solicitud(?:es)?", "permisos?", "folio", "referencia", "ruta", "parada",
        ),
        apartment=(
            "aptos?", "apartamentos?", "departamentos?", "deptos?", "dptos?", "unidad", "pisos?",
            "oficina", "interior",
        ),
        floor=("pisos?", "planta"),
        ordinal=(
            "primer", "primero", "primera", "segundo", "segunda", "tercer", "tercero", "tercera",
            "cuarto", "cuarta", "quinto", "quinta", "sexto", "sexta", "séptimo", "séptima",
            "octavo", "octava", "noveno", "novena", "décimo", "décima", "último", "última",
        ),
        and_=("y", "e", "o", "u"),
        own_name=("me llamo", "mi nombre es"),
        no_name=("un", "una", "el", "la", "no", "en", "y", "porque", "privado"),
        name=(
            "me llamo", "mi nombre es", "pregunte por", "pregunten por", "preguntar por",
            "pregunta por", "hable con", "hablar con", "hablé con", "a nombre de", "atención a",
            "nombre del vecino", "le atiende",
        ),
        call=(
            "llame a", "llamen a", "llamar a", "llama a", "contacte a", "contacten a",
            "contactar a", "comuníquese con", "escriba a", "avise a", "avisen a",
        ),
        street_before=(
            "calle", "c/", "avenida", "avda", "av", "ave", "paseo", "carretera", "carr", "camino",
            "plaza", "callejón", "pasaje", "bulevar", "calzada", "privada", "cerrada", "vía",
            "camino", "ronda", "travesía", "urb", "urbanización",
        ),
        numbered_road=("carretera", "carr"),
        street_part=("de", "la", "del", "las", "los", "el", "san", "santa"),
        unit=(
            "pies", "pie", "metros?", "pulgadas?", "cuadras?", "carros?", "autos?", "coches?",
            "personas?", "veces", "días?", "semanas?", "meses", "años?", "horas?", "minutos?",
            "hoyos?", "baches?", "casas?", "árboles", "bolsas?", "y", "o", "a", "entre",
        ),
        office=(
            "departamento", "oficina", "alcaldía", "ayuntamiento", "compañía", "empresa",
            "servicios?", "policía", "escuela", "hospital", "iglesia", "banco", "tienda",
        ),
        nobody=(
            "ciudad", "alcalde", "bomberos", "dueño", "dueña", "encargado", "encargada", "vecino",
            "vecina", "obras", "públicas", "la", "el", "los",
            "las", "un", "una", "mi", "su", "gracias", "favor",
        ),
    ),
}  # fmt: skip


def any_of(*kinds: str) -> str:
    """A pattern for the words of these kinds in every language, the longest first.

    A letter with an accent is found without it too.
    """
    found = {
        _with_and_without_accents(word)
        for words in WORDS.values()
        for kind in kinds
        for word in getattr(words, kind)
    }
    return "(?:" + "|".join(sorted(found, key=lambda word: (-len(word), word))) + ")"


def _with_and_without_accents(word: str) -> str:
    pieces = []
    for letter in word:
        bare = unicodedata.normalize("NFD", letter)[0]
        pieces.append(letter if bare == letter else f"[{letter}{bare}]")
    return "".join(pieces).replace(" ?", r"\s{0,3}").replace(" ", r"\s{1,3}")
