"""What repair does to misread document numbers: faults between twins, drawn into zones that are right.

Prints a JSON line for each number of faults. `right` is the zone that was drawn; every other zone whose check digits
hold is `wrong`. The figures stand in docs/reference/mrz.md.
"""

import argparse
import json
import random
from collections import Counter
from datetime import date

from visavis.document.dates import PartialDate
from visavis.document.mrz.checks import DIGITS, LETTERS
from visavis.document.mrz.generate import generate_mrz
from visavis.document.mrz.layout import LAYOUTS, Field, Format
from visavis.document.mrz.names import MrzName
from visavis.document.mrz.repair import TWINS, repair_mrz
from visavis.document.mrz.zone import MrzFields, Sex

TODAY = date(2026, 1, 1)
SPAN = LAYOUTS[Format.TD3].span(Field.DOCUMENT_NUMBER)


def drawn(rng: random.Random) -> str:
    """A passport's zone whose number has digits and letters as 7 to 3."""
    day = {"month": rng.randint(1, 12), "day": rng.randint(1, 28)}
    fields = MrzFields(
        document_code="P",
        issuing_state="UTO",
        name=MrzName(primary=("ERIKSSON",), secondary=("ANNA",)),
        document_number="".join(rng.choice(DIGITS if rng.random() < 0.7 else LETTERS) for _ in range(9)),
        nationality="UTO",
        birth_date=PartialDate(year=rng.randint(1930, 2020), **day),
        sex=Sex.FEMALE,
        expiry_date=PartialDate(year=rng.randint(2020, 2035), **day),
    )
    return "".join(generate_mrz(fields, Format.TD3))


def misread(zone: str, faults: int, rng: random.Random) -> str | None:
    """The zone with so many characters of its number taken for a twin; None where it has fewer that could be."""
    places = [at for at in range(SPAN.start, SPAN.end) if zone[at] in TWINS]
    if len(places) < faults:
        return None
    characters = list(zone)
    for at in rng.sample(places, faults):
        characters[at] = rng.choice(TWINS[zone[at]])
    return "".join(characters)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zones", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=9303)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    for faults in (1, 2, 3):
        counted: Counter[str] = Counter()
        while counted.total() < asked.zones:
            zone = drawn(rng)
            read = misread(zone, faults, rng)
            if read is not None:
                repair = repair_mrz(read, today=TODAY)
                truth = "right" if repair.mrz.text == zone else "wrong" if repair.mrz.checks_hold else "refused"
                counted[f"{repair.outcome.value}_{truth}"] += 1
        print(json.dumps({"faults": faults, "zones": asked.zones, **dict(sorted(counted.items()))}))


if __name__ == "__main__":
    main()
