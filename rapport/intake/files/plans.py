"""What is to be done with a file: its reader, its kind, its columns, and the context its rows are read in."""

from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rapport.commerce import queries as commerce
from rapport.intake.files.columnar import Columnar
from rapport.intake.files.columns import Columns, match
from rapport.intake.files.delimited import Delimited
from rapport.intake.files.jsonlines import JsonLines
from rapport.intake.files.kinds.customers import Customers
from rapport.intake.files.kinds.events import Events
from rapport.intake.files.kinds.kind import Kind
from rapport.intake.files.kinds.orders import Orders
from rapport.intake.files.kinds.suppressions import Suppressions
from rapport.intake.files.kinds.tables import Branches, Products, Rates
from rapport.intake.files.opening import look_at
from rapport.intake.files.rows import Table
from rapport.intake.files.units import Context, Options
from rapport.intake.models import Load, LoadState
from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal
from rapport.lib.zone import company_zone

KINDS: dict[str, type[Kind]] = {kind.name: kind for kind in (Events, Customers, Orders, Products, Branches, Rates, Suppressions)}


def kind_named(name: str) -> type[Kind]:
    if name not in KINDS:
        raise Refusal(f'There is no kind of file "{name}".', mend=f"Say one of {', '.join(KINDS)}.")
    return KINDS[name]


def open_table(path: Path, kind: type[Kind], options: Options) -> Table:
    """The right reader, by what the file holds."""
    opened = look_at(path)
    if kind is Events:
        if opened.parquet:
            raise Refusal(f"{path.name} is a Parquet file.", mend="Events come as JSON lines: one object a line, plain or gz.")
        return JsonLines(opened, encoding=options.encoding)
    return Columnar(opened) if opened.parquet else Delimited(opened, encoding=options.encoding)


def columns_of(table: Table, path: Path, kind: type[Kind], options: Options) -> Columns:
    """Each column's field; refuses what is unclear before anything is loaded."""
    if kind is Events:
        if options.map or options.map_value:
            raise Refusal("Events have no columns to map.", mend="Leave out --map and --map-value; they are for tables.")
        return Columns({"fact": 0}, {})
    columns = match(path.name, table.header, kind.name, kind.fields_for(options), options.map)
    names = set(columns.names_by_place().values())
    for field in options.map_value:
        if field not in names:
            raise Refusal(f"--map-value {field}:...: {path.name} has no {field}.", mend=f"It has {', '.join(sorted(names))[:500]}.")
    return columns


def zone_named(name: str) -> ZoneInfo:
    """The zone of times without an offset; the company's where none is named."""
    if not name:
        return company_zone()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refusal(f'There is no time zone "{name}".', mend="Write it as Europe/London, America/New_York or UTC.") from None


def checked(options: Options) -> Options:
    """Options that can be meant; the trouble with one is said before any file is opened."""
    zone_named(options.timezone)
    if options.currency and not (len(options.currency) == 3 and options.currency.isascii() and options.currency.isalpha()):
        raise Refusal(f'"{options.currency}" is no currency code.', mend="Write three letters, such as --currency EUR.")
    return options


def context_of(load: Load, options: Options) -> Context:
    same = Load.objects.filter(kind=load.kind, state=LoadState.DONE, counts__digest=load.counts.get("digest", ""))
    return Context(
        load_id=load.id,
        source_id=load.source_id,
        file_name=load.name,
        digest=load.counts.get("digest", ""),
        loaded_before=same.exclude(id=load.id).exists(),
        zone=zone_named(options.timezone),
        currency=options.currency.upper() or commerce.company_currency() or "",
        options=options,
        received_us=now_us(),
    )


def digest_of(path: Path) -> str:
    """Of the file's bytes: the very same file is known again by it, whatever its name."""
    total = blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1_048_576):
            total.update(block)
    return total.hexdigest()
