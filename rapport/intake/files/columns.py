"""Which column of a file is which field: by name, by `--map`, and a refusal that names the column and the mend where it is unclear."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapport.lib.refusals import Refusal

COLUMNS_SHOWN_MAX = 12


@dataclass(frozen=True)
class Fields:
    """The fields a kind of file has."""

    names: tuple[str, ...]
    one_of: tuple[tuple[str, ...], ...] = ()  # of each group at least one column must be there
    prefixes: tuple[str, ...] = ()  # a field for each column that begins so: consent_email, consent_sms
    others: str = ""  # what other columns become ("traits", "properties"); "": they are left out


@dataclass(frozen=True)
class Columns:
    """The places of the fields in a row, and of the other columns under their own names."""

    fields: dict[str, int]
    others: dict[str, int]
    left_out: tuple[str, ...] = ()

    def names_by_place(self) -> dict[int, str]:
        return {place: name for name, place in (self.fields | self.others).items()}


def match(file_name: str, header: Sequence[str], kind: str, fields: Fields, asked: Mapping[str, str]) -> Columns:
    """Give each column its field; refuse before anything is loaded what could be read in two ways."""
    _refuse_doubles(file_name, header)
    places = {name: place for place, name in enumerate(header) if name}
    mapped = {field: _place(file_name, places, field, column) for field, column in asked.items()}
    _refuse_unknown_fields(kind, fields, mapped)
    found = dict(mapped)
    taken = set(mapped.values())
    for name, place in places.items():
        field = _field(name, fields)
        if place in taken or field is None:
            continue
        if field in mapped:
            raise Refusal(
                f'{file_name}: the column "{name}" and --map {field}={asked[field]} both say {field}.',
                mend=f'Drop one: leave out the --map, or give the column another name, such as --map other_{field}="{name}".',
            )
        if field in found:
            first = next(one for one, at in places.items() if at == found[field])
            raise Refusal(f'{file_name}: the columns "{first}" and "{name}" both mean {field}.', mend=f'Say which: --map {field}="{name}".')
        found[field] = place
        taken.add(place)
    known = {field: place for field, place in found.items() if _is_field(field, fields)}
    others = {field: place for field, place in found.items() if field not in known}
    rest = {name: place for name, place in places.items() if place not in taken}
    for name in rest.keys() & found.keys():
        raise Refusal(f'{file_name}: the column "{name}" and --map {name}={asked[name]} both say {name}.', mend="Give one another name.")
    _refuse_missing(file_name, header, kind, fields, known)
    if fields.others:
        return Columns(known, others | rest)
    return Columns(known, {}, tuple(rest))


def plain_name(text: str) -> str:
    """`Order ID`, `order-id` and `orderId` are order_id."""
    return re.sub(r"[\s\-]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text.strip())).lower()


def _field(name: str, fields: Fields) -> str | None:
    plain = plain_name(name)
    return plain if _is_field(plain, fields) else None


def _is_field(name: str, fields: Fields) -> bool:
    return name in fields.names or any(name.startswith(prefix) and len(name) > len(prefix) for prefix in fields.prefixes)


def _place(file_name: str, places: Mapping[str, int], field: str, column: str) -> int:
    if column in places:
        return places[column]
    alike = [name for name in places if name.lower() == column.lower()]
    if len(alike) == 1:
        return places[alike[0]]
    near = difflib.get_close_matches(column, places, 1)
    hint = f'Did you mean --map {field}="{near[0]}"?' if near else f"Its columns are {_listed(list(places))}."
    raise Refusal(f'{file_name} has no column "{column}" (--map {field}={column}).', mend=hint)


def _refuse_unknown_fields(kind: str, fields: Fields, mapped: Mapping[str, int]) -> None:
    if fields.others:
        return  # any other name is the name of a trait or property
    for field in mapped:
        if not _is_field(field, fields):
            raise Refusal(f'{kind} have no field "{field}".', mend=f"The fields are {', '.join(fields.names)}.")


def _refuse_doubles(file_name: str, header: Sequence[str]) -> None:
    seen: dict[str, int] = {}
    for place, name in enumerate(header, 1):
        if name and name in seen:
            raise Refusal(
                f'{file_name}: the column name "{name}" stands twice (columns {seen[name]} and {place}).',
                mend="Give one of them another name in the first line.",
            )
        seen[name] = place


def _refuse_missing(file_name: str, header: Sequence[str], kind: str, fields: Fields, known: Mapping[str, int]) -> None:
    for group in fields.one_of:
        if any(field in known for field in group):
            continue
        shown = _listed([name for name in header if name])
        if _looks_like_data(header):
            raise Refusal(
                f"The first line of {file_name} looks like data, not like column names: {shown}.",
                mend=f"Put a line of names above it; {kind} need {' or '.join(group)}.",
            )
        raise Refusal(
            f"{file_name} has no column for {' or '.join(group)}; its columns are {shown}.",
            mend=f"Say which one it is: --map {group[0]}=COLUMN.",
        )


def _looks_like_data(header: Sequence[str]) -> bool:
    """A number, a mail address or a date is hardly a column's name."""
    return any(re.fullmatch(r"[+-]?\d[\d.,:/ T-]*|[^@\s]+@[^@\s]+\.[^@\s]+", name) for name in header)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - COLUMNS_SHOWN_MAX} more" if len(names) > COLUMNS_SHOWN_MAX else ""
    return ", ".join(name[:60] for name in names[:COLUMNS_SHOWN_MAX]) + more
