"""Names of months, plain, as documents print them: in full, or cut to three or four letters."""

from typing import Final

__all__ = ["MONTHS"]

_NAMES: Final = (
    "january february march april may june july august september october november december",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janner feber maerz april mai juni juli august september oktober november dezember",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "januar februar marts april maj juni juli august september oktober november desember",
    "ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik",
)
_CUTS: Final = {"sept": 9, "mrt": 3, "mzo": 3}


def _table() -> dict[str, int]:
    """A cut that two languages use for different months is left out."""
    meant: dict[str, set[int]] = {}
    for names in _NAMES:
        for number, name in enumerate(names.split(), start=1):
            for length in (3, 4, len(name)):
                meant.setdefault(name[:length], set()).add(number)
    table = {name: min(numbers) for name, numbers in meant.items() if len(numbers) == 1}
    return table | _CUTS


MONTHS: Final = _table()
