"""Whether the state that signed a chip is the one that is said to have issued the document.

DG1 names the issuer by the codes of ICAO Doc 9303-3 section 5 (three letters, or D), certificates by ISO 3166-1's two
letters (Doc 9303-12 section 7.1). A trust store holds the keys of many states, and none of them may sign for another.
"""

from collections.abc import Mapping
from typing import Final

from visavis.document.chip.lds import read_mrz
from visavis.document.mrz.states import STATES

__all__ = ["read_issuing_state", "same_state"]

# ISO 3166-1: the two letters are the first two of the three, but for these
_OTHERS: Final = """
ABW:AW AGO:AO ALA:AX AND:AD ARE:AE ARM:AM ATA:AQ ATF:TF ATG:AG AUT:AT BDI:BI BEN:BJ BES:BQ BGD:BD BHS:BS BIH:BA
BLR:BY BLZ:BZ BRB:BB BRN:BN CAF:CF CHL:CL CHN:CN COD:CD COG:CG COK:CK COM:KM CPV:CV CUW:CW CYM:KY DNK:DK ESH:EH
EST:EE FLK:FK FRO:FO FSM:FM GIN:GN GLP:GP GNB:GW GNQ:GQ GRD:GD GRL:GL GUF:GF GUY:GY IRL:IE IRQ:IQ ISR:IL JAM:JM KAZ:KZ
KOR:KR LBR:LR LBY:LY MAC:MO MAF:MF MDG:MG MDV:MV MEX:MX MLT:MT MNE:ME MNP:MP MOZ:MZ MTQ:MQ MYT:YT NIU:NU PAK:PK PCN:PN
PLW:PW PNG:PG POL:PL PRK:KP PRT:PT PRY:PY PYF:PF SEN:SN SGS:GS SLB:SB SLV:SV SPM:PM SRB:RS SUR:SR SVK:SK SVN:SI SWE:SE
SWZ:SZ SYC:SC TCD:TD TKM:TM TUN:TN TUR:TR TUV:TV UKR:UA URY:UY WLF:WF
"""
_ISO: Final[Mapping[str, str]] = {pair[:3]: pair[4:] for pair in _OTHERS.split()}
# what 9303-3 adds; the United Kingdom's territories and crown dependencies, and China's two regions, are signed for
# by the state or by themselves
_BRITISH: Final = ("AIA", "BMU", "CYM", "FLK", "GGY", "GIB", "IMN", "JEY", "MSR", "PCN", "SHN", "TCA", "VGB")
_BY_9303: Final[Mapping[str, frozenset[str]]] = {
    "D": frozenset({"DE"}),
    "EUE": frozenset({"EU"}),
    "RKS": frozenset({"KS", "XK"}),
    "UTO": frozenset({"UT"}),
    "CHN": frozenset({"CN", "HK", "MO"}),
    **dict.fromkeys(("GBD", "GBN", "GBO", "GBP", "GBS"), frozenset({"GB"})),
    **dict.fromkeys(("UNA", "UNK", "UNO"), frozenset({"UN"})),
}
_ORGANISATION: Final = "X"
"""Organisations and people without a nationality have codes from X on; their two letters are not settled here."""


def read_issuing_state(group: bytes) -> str:
    """The issuing state in DG1, without fillers. Raises `ChipError` as `visavis.document.chip.lds.read_mrz`."""
    return read_mrz(group)[0][2:5].rstrip("<")


def same_state(issuing_state: str, country: str) -> bool | None:
    """Whether a certificate's ``country`` is ``issuing_state``; None for a state that is not known, or no country."""
    if not country or issuing_state not in STATES:
        return None
    known = _BY_9303.get(issuing_state)
    if known is None:
        if issuing_state.startswith(_ORGANISATION):
            return None
        known = frozenset({_ISO.get(issuing_state, issuing_state[:2])})
        if issuing_state in _BRITISH:
            known |= {"GB"}
    # some certificates carry the three letters
    return country in known or country == issuing_state
