"""What the practice company is: its doors, branches, goods, seasons and routes. Made up throughout."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

NAME = "Halden, practice company"
CURRENCY = "EUR"
SHOP = "Halden shop (practice)"
TILLS = "Halden tills (practice)"
NEWSLETTER = "Halden newsletter (practice)"
CLUB = "Halden Air Club (practice)"
SOURCES = (SHOP, TILLS, NEWSLETTER, CLUB)
SITE = "https://halden.example"
CARRIER = "ZZ"  # no airline's


class Item(NamedTuple):
    sku: str
    name: str
    category: str
    price_cents: int
    cost_cents: int

    @property
    def path(self) -> str:
        return f"/{self.category.lower()}/{self.sku.lower()}"


def _range(category: str, *goods: tuple[str, str, int]) -> tuple[Item, ...]:
    return tuple(Item(sku, name, category, euros * 100 - 5, int(euros * 41)) for sku, name, euros in goods)


ITEMS: tuple[Item, ...] = (
    *_range(
        "Shirts",
        ("SH-OXF-WHT", "Oxford shirt, white", 60),
        ("SH-OXF-BLU", "Oxford shirt, blue", 60),
        ("SH-LIN-SND", "Linen shirt, sand", 70),
        ("SH-FLN-GRN", "Flannel shirt, green", 65),
        ("SH-POP-STR", "Poplin shirt, striped", 55),
        ("SH-DEN-IND", "Denim shirt, indigo", 75),
    ),
    *_range(
        "Trousers",
        ("TR-CHI-NVY", "Chinos, navy", 80),
        ("TR-CHI-OLV", "Chinos, olive", 80),
        ("TR-WOL-GRY", "Wool trousers, grey", 120),
        ("TR-JNS-DRK", "Jeans, dark", 95),
        ("TR-SHT-KHK", "Shorts, khaki", 50),
    ),
    *_range(
        "Suits",
        ("SU-2PC-NVY", "Two-piece suit, navy", 420),
        ("SU-2PC-CHR", "Two-piece suit, charcoal", 440),
        ("SU-LIN-BGE", "Linen suit, beige", 380),
        ("SU-DIN-BLK", "Dinner suit, black", 560),
    ),
    *_range(
        "Jackets",
        ("JK-BLZ-NVY", "Blazer, navy", 230),
        ("JK-TWD-BRN", "Tweed jacket, brown", 260),
        ("JK-FLD-OLV", "Field jacket, olive", 190),
        ("JK-BMB-BLK", "Bomber jacket, black", 170),
    ),
    *_range(
        "Coats",
        ("CO-WOL-CML", "Wool coat, camel", 340),
        ("CO-PEA-NVY", "Pea coat, navy", 290),
        ("CO-RAI-STN", "Raincoat, stone", 210),
        ("CO-PAR-BLK", "Parka, black", 310),
    ),
    *_range(
        "Knitwear",
        ("KN-CRW-GRY", "Crew-neck jumper, grey", 90),
        ("KN-RLL-BLK", "Roll-neck jumper, black", 100),
        ("KN-CRD-NVY", "Cardigan, navy", 110),
        ("KN-MER-BRG", "Merino jumper, burgundy", 95),
    ),
    *_range(
        "Shoes",
        ("SO-DRB-BRN", "Derby shoes, brown", 180),
        ("SO-OXF-BLK", "Oxford shoes, black", 195),
        ("SO-LFR-TAN", "Loafers, tan", 165),
        ("SO-TRN-WHT", "Trainers, white", 120),
        ("SO-CHL-SUE", "Chelsea boots, suede", 210),
    ),
    *_range(
        "Accessories",
        ("AC-BLT-BRN", "Belt, brown", 45),
        ("AC-TIE-RED", "Silk tie, red", 50),
        ("AC-TIE-NVY", "Knitted tie, navy", 40),
        ("AC-SCF-GRY", "Scarf, grey", 55),
        ("AC-GLV-BLK", "Leather gloves, black", 65),
        ("AC-SOX-5PK", "Socks, five pairs", 25),
        ("AC-WLT-BLK", "Wallet, black", 60),
    ),
)

BRANCHES: Mapping[str, tuple[str, ...]] = {  # by country
    "Germany": ("Hamburg", "Berlin", "Munich"),
    "United Kingdom": ("London",),
    "Spain": ("Madrid",),
    "Netherlands": ("Amsterdam",),
}

HOME_AIRPORTS: Mapping[str, tuple[str, ...]] = {
    "Germany": ("HAM", "BER", "MUC", "FRA"),
    "Austria": ("VIE",),
    "United Kingdom": ("LHR", "MAN"),
    "Spain": ("MAD", "BCN"),
    "Netherlands": ("AMS",),
    "France": ("CDG", "NCE"),
    "Denmark": ("CPH",),
    "Sweden": ("ARN",),
    "United States": ("JFK", "SFO"),
    "Hong Kong": ("HKG",),
    "Taiwan": ("TPE",),
}
FAR: Mapping[str, int] = {"JFK": 6200, "SFO": 9100, "HKG": 9000, "TPE": 9400, "SIN": 10100, "BKK": 8700}  # km from Europe
DESTINATIONS = ("LHR", "MAD", "BCN", "AMS", "CDG", "FCO", "VIE", "CPH", "LIS", "ATH", "PMI", "BER", "MUC", *FAR)
TIERS = ((0, "Blue"), (6_000, "Silver"), (18_000, "Gold"))  # from this many points

_SHOP_MONTHS = (0.75, 0.75, 0.95, 1.0, 1.05, 0.95, 0.9, 0.75, 1.1, 1.05, 1.1, 2.4)
_TRAVEL_MONTHS = (0.7, 0.8, 1.0, 1.2, 1.2, 1.4, 1.9, 1.8, 1.2, 1.1, 0.7, 0.7)
PEAK = 2.4


def in_summer_sale(day: date) -> bool:
    return day.month == 7 and day.day <= 21


def in_black_week(day: date) -> bool:
    return day.month == 11 and day.day >= 22


def shop_season(day: date) -> float:
    """How lively the shop is on a day; 1 is ordinary, PEAK the most."""
    if in_summer_sale(day):
        return 1.8
    if in_black_week(day):
        return 2.1
    if day.month == 12 and day.day > 20:
        return 1.4 if day.day < 25 else 0.7
    return _SHOP_MONTHS[day.month - 1]


def travel_season(day: date) -> float:
    """How many set off on a day; 1 is ordinary."""
    if day.month == 12 and day.day >= 18:
        return 1.8
    return _TRAVEL_MONTHS[day.month - 1]


def distance_km(origin: str, destination: str) -> int:
    """Roughly: what the club's points go by."""
    return max(FAR.get(origin, 0), FAR.get(destination, 0)) or 600 + 37 * (sum(map(ord, origin + destination)) % 40)
