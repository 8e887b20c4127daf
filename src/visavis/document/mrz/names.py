"""The name field (ICAO 9303-3, 4.6 and 9303-4 to -7, 4.2.3): identifiers, their components, and how they are cut."""

from dataclasses import dataclass

from visavis.document.mrz.checks import FILLER, LETTERS

__all__ = ["MrzName", "read_name", "write_name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MrzName:
    """A name as the machine-readable zone has it: components of A to Z.

    ``primary`` is mostly the family name, ``secondary`` mostly the given names; who has but one identifier has it as
    the primary. ``perhaps_truncated`` is set where the field is full to its last place: the standard puts a letter
    there when something was cut, and a name that just fits looks the same.
    """

    primary: tuple[str, ...] = ()
    secondary: tuple[str, ...] = ()
    perhaps_truncated: bool = False


def read_name(field: str) -> tuple[MrzName, bool]:
    """The name, and whether its separators are as the standard has them. Never raises; other characters are kept."""
    full = bool(field) and field[-1] != FILLER
    text = field.rstrip(FILLER)
    primary, _, rest = text.partition(FILLER * 2)
    groups = rest.split(FILLER * 2)
    regular = len(groups) == 1 and not rest.startswith(FILLER) and not text.startswith(FILLER)
    name = MrzName(
        primary=tuple(part for part in primary.split(FILLER) if part),
        secondary=tuple(part for group in groups for part in group.split(FILLER) if part),
        perhaps_truncated=full,
    )
    return name, regular


def write_name(name: MrzName, room: int) -> str:
    """The field, cut to its room so that its last place is a letter where something was cut.

    The secondary identifier is cut first, down to one letter; then the primary. 9303-4, 4.2.3 leaves the choice to the
    issuer and asks only that something of both stays. Raises ValueError for a component that is not of A to Z, for
    secondary names without a primary, or for a room below four.
    """
    parts = (*name.primary, *name.secondary)
    if not all(part and set(part) <= set(LETTERS) for part in parts):
        raise ValueError("a component of a name is of the letters A to Z")
    if room < 4 or (name.secondary and not name.primary):
        raise ValueError("there is no primary name, or no room for it")
    primary, secondary = FILLER.join(name.primary), FILLER.join(name.secondary)
    if not secondary:
        return _cut(name.primary, room).ljust(room, FILLER)
    whole = primary + FILLER * 2 + secondary
    if len(whole) <= room:
        return whole.ljust(room, FILLER)
    field = ""
    for less in range(room - 3):  # where the secondary is cut behind its initials, the primary gives up a letter
        primary = _cut(name.primary, room - 3 - less)
        field = primary + FILLER * 2 + _cut(name.secondary, room - 2 - len(primary))
        if len(field) == room:
            return field
    return field.ljust(room, FILLER)


def _cut(components: tuple[str, ...], room: int) -> str:
    """The components joined and cut; where the cut falls behind a filler, an earlier component gives up a letter."""
    text = FILLER.join(components)
    if len(text) <= room:
        return text
    cut = text[:room]
    if cut[-1] != FILLER:
        return cut
    kept = cut[:-1].split(FILLER)
    following = components[len(kept)][0]
    longest = max(range(len(kept)), key=lambda place: len(kept[place]))
    if len(kept[longest]) == 1:  # nothing left to give up: everything is an initial
        return FILLER.join(kept)
    kept[longest] = kept[longest][:-1]
    return FILLER.join([*kept, following])
