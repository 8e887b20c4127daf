"""States and nationalities as documents print them, to the codes of ICAO 9303-3, 5.

Many print the code itself. The names here are those of a document's own language and of English and French beside it; a
name that is not here is no disagreement, it is not compared.
"""

from functools import lru_cache
from typing import Final

from visavis.document.mrz.states import STATES
from visavis.document.visual_zone.plain import plain, within_one

__all__ = ["state_code"]

_LONGEST: Final = 80
_MISTAKES_FROM: Final = 7
_NAMES: Final = """
ALB albania albanian albanaise shqiptare
ARG argentina argentine argentino
ARM armenia armenian
AUS australia australian
AUT austria austrian oesterreich osterreich osterreichisch
AZE azerbaijan azerbaijani
BEL belgium belgian belge belgisch belgie belgique
BGD bangladesh bangladeshi
BGR bulgaria bulgarian
BIH bosniaandherzegovina
BLR belarus belarusian
BRA brazil brazilian brasileiro brasileira brasileiroa brasil
CAN canada canadian canadienne
CHE switzerland swiss schweiz suisse svizzera
CHL chile chilean chilena chileno
CHN china chinese 中国 中华人民共和国
COL colombia colombian colombiana colombiano
CYP cyprus cypriot
CZE czechrepublic czech ceskarepublika ceska
DEU germany german deutsch deutschland allemande
DNK denmark danish dansk danmark
DZA algeria algerian algerienne
EGY egypt egyptian
ESP spain spanish espanola espanol espana
EST estonia estonian eesti
FIN finland finnish suomi finlandfinnish finska
FRA france french francaise francais
GBR unitedkingdom britishcitizen british
GEO georgia georgian
GHA ghana ghanaian
GRC greece greek hellenic
HKG hongkong
HRV croatia croatian hrvatsko hrvatska
HUN hungary hungarian magyar
IDN indonesia indonesian indonesiawni
IND india indian
IRL ireland irish eireannach
IRN iran iranian
IRQ iraq iraqi
ISL iceland icelandic
ISR israel israeli
ITA italy italian italiana italiano
JPN japan japanese 日本
KAZ kazakhstan kazakh
KEN kenya kenyan
KOR republicofkorea korean southkorea
LBN lebanon lebanese libanaise
LTU lithuania lithuanian lietuvos
LUX luxembourg luxembourgish luxembourgeoise
LVA latvia latvian latvijas
MAR morocco moroccan marocaine
MDA moldova moldovan
MEX mexico mexican mexicana mexicano
MKD northmacedonia macedonian
MLT malta maltese
MYS malaysia malaysian
NGA nigeria nigerian
NLD netherlands dutch nederlandse nederlandsenederlandse
NOR norway norwegian norsk
NPL nepal nepali nepalese
NZL newzealand newzealander
PAK pakistan pakistani
PER peru peruvian peruana peruano
PHL philippines filipino
POL poland polish polskie polska
PRT portugal portuguese portuguesa
ROU romania romanian romana
RUS russia russianfederation russian
SAU saudiarabia saudi
SEN senegal senegalese senegalaise
SGP singapore singaporean singaporecitizen
SRB serbia serbian
SVK slovakia slovak slovenskarepublika slovenska
SVN slovenia slovenian slovensko slovene
SWE sweden swedish svensk
SYR syria syrian syrienne
THA thailand thai
TUN tunisia tunisian tunisienne
TUR turkey turkiye turkish turk
TWN taiwan
UKR ukraine ukrainian
USA unitedstatesofamerica unitedstates usa american
UTO utopia utopian utopienne utopie
VEN venezuela venezuelan venezolana venezolano
VNM vietnam vietnamese
ZAF southafrica southafrican
"""


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    return {name: code for code, *names in map(str.split, _NAMES.strip().splitlines()) for name in names}


def state_code(text: str) -> str | None:
    """The code of the state or nationality that ``text`` names, in one or more languages; None where it names none.

    Two names of different states are none.
    """
    if len(text) > _LONGEST:
        return None
    codes = {code for part in (text, *text.replace("|", "/").split("/")) for code in _of(part)}
    return codes.pop() if len(codes) == 1 else None


def _of(part: str) -> set[str]:
    bare = "".join(c for c in part.upper() if c.isalpha())
    if bare in STATES:
        return {bare}
    name, table = plain(part), _table()
    if name in table:
        return {table[name]}
    if len(name) < _MISTAKES_FROM:
        return set()
    return {code for known, code in table.items() if len(known) >= _MISTAKES_FROM and within_one(name, known)}
