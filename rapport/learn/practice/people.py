"""Who the practice company's customers are: made-up people of many countries, with addresses nobody can own."""

import random
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from rapport.learn.practice import company

MAIL_DOMAINS = ("mail.example", "post.example", "inbox.example", "home.example")


class Country(NamedTuple):
    name: str
    language: str
    share: int
    given: tuple[str, ...]
    family: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]  # with a postal code
    phone: str = ""  # a range kept free for films, with # for digits


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GERMAN = _words("Lukas Jonas Felix Maximilian Paul Leon Jürgen Björn Matthias Sören Katharina Anja Heike Sabine Uwe Thomas Jan Tobias")
_GERMAN_FAMILY = _words("Müller Schmidt Weber Schäfer Krüger Hoffmann Köhler Groß Jäger Böhm Vogel Brandt Lorenz Peters Ziegler Weiß")
_ENGLISH = _words("Oliver George Harry Jack James William Thomas Daniel Samuel Emma Charlotte Grace Edward Henry Noah Liam Ethan Jennifer")
_CITIES = {
    "Germany": (
        ("Hamburg", "20095"),
        ("Berlin", "10115"),
        ("München", "80331"),
        ("Köln", "50667"),
        ("Leipzig", "04109"),
        ("Bremen", "28195"),
    ),
    "United Kingdom": (("London", "SW1A 1AA"), ("Manchester", "M1 1AE"), ("Leeds", "LS1 1UR"), ("Bristol", "BS1 4DJ")),
    "Spain": (("Madrid", "28001"), ("Barcelona", "08002"), ("Sevilla", "41001"), ("Málaga", "29001")),
}
COUNTRIES = (
    Country("Germany", "de", 27, _GERMAN, _GERMAN_FAMILY, _CITIES["Germany"]),
    Country("Austria", "de", 6, _GERMAN, _GERMAN_FAMILY, (("Wien", "1010"), ("Graz", "8010"), ("Linz", "4020"))),
    Country(
        "United Kingdom",
        "en",
        17,
        _ENGLISH,
        _words("Smith Jones Taylor Brown Wilson Evans O'Brien O'Neill Walker Wright Clarke Hughes Patel Singh MacDonald Bennett"),
        _CITIES["United Kingdom"],
        "+447700900###",
    ),
    Country(
        "Spain",
        "es",
        13,
        _words("José Manuel Javier Álvaro Íñigo Sergio Andrés Ramón María Lucía Begoña Pablo Jesús Iván Raúl Nicolás"),
        _words("García Fernández González Rodríguez López Martínez Sánchez Pérez Gómez Núñez Ibáñez Muñoz Jiménez Ortiz"),
        _CITIES["Spain"],
    ),
    Country(
        "Netherlands",
        "nl",
        9,
        _words("Daan Sem Bram Lars Thijs Joris Sander Jeroen Anouk Fleur Pieter Ruben"),
        ("de Vries", "van den Berg", "Jansen", "Bakker", "Visser", "Smit", "van der Meer", "Mulder", "'t Hart"),
        (("Amsterdam", "1012 JS"), ("Utrecht", "3511 CE"), ("Rotterdam", "3011 AA")),
    ),
    Country(
        "France",
        "fr",
        9,
        _words("Lucas Hugo Louis Gabriel Théo Rémi Benoît François Zoé Chloé Étienne Jérôme"),
        _words("Martin Bernard Dubois Durand Lefèvre Moreau Laurent Girard Bonnet Mercier Blanc Guérin"),
        (("Paris", "75001"), ("Lyon", "69001"), ("Nice", "06000"), ("Lille", "59000")),
        "+3363998####",
    ),
    Country(
        "Denmark",
        "da",
        4,
        _words("Søren Mads Rasmus Jørgen Freja Anders Nikolaj"),
        _words("Jensen Nielsen Sørensen Møller Kjær Østergaard"),
        (("København", "1050"), ("Aarhus", "8000")),
    ),
    Country(
        "Sweden",
        "sv",
        4,
        _words("Erik Gustav Åke Björn Linnéa Oskar Viktor"),
        _words("Andersson Johansson Lindström Sjöberg Åström Öberg"),
        (("Stockholm", "111 29"), ("Malmö", "211 18")),
    ),
    Country(
        "United States",
        "en",
        5,
        _ENGLISH,
        _words("Johnson Williams Miller Davis Garcia Anderson Jackson Thompson Young Nguyen"),
        (("New York", "10001"), ("Boston", "02108"), ("San Francisco", "94103"), ("Omaha", "68102")),
        "+12125550###",
    ),
    Country(
        "Hong Kong",
        "zh",
        4,
        _words("大文 志強 家明 美玲 俊傑 偉強 詠詩 子軒"),
        _words("陳 黃 李 張 梁 林 何 歐陽"),
        (("香港", "999077"), ("九龍", "999077")),
    ),
    Country("Taiwan", "zh", 2, _words("雅婷 怡君 冠宇 承恩 志豪 淑芬"), _words("陳 林 王 蔡 吳 司馬"), (("台北", "100"), ("高雄", "800"))),
)
_SHARES = [country.share for country in COUNTRIES]

# Names that break careless programs; they come first, so that every practice company has them.
ODD_NAMES = {
    3: ("Jennifer", "Null"),
    7: ("Maximiliane-Friederike Charlotte Wilhelmine", "von Hohenfels-Waldenburg-Schillingstein zu Oberniederbach"),
    11: ("Ng", "O"),
    14: ("True", "False"),
}


@dataclass(slots=True, eq=False)
class Person:
    """A customer of the practice company, and what the simulation must remember of them."""

    number: int
    given: str
    family: str
    country: Country
    city: str
    postal_code: str
    email: str
    phone: str
    birthday: date | None
    device: str  # the anonymous id of the browser they use now
    branch: str  # the one they go to; "" for none
    home_airport: str
    favourite: str  # a category
    gap_days: float  # between orders; 0: buys once
    leaves_us: int  # buys nothing from then on
    trip_gap_days: float  # between journeys; 0: does not fly
    careful: bool  # reads reviews, writes reviews
    known: bool = False
    signed_in: bool = False
    subscribed: bool = False
    in_club: bool = False
    points: int = 0
    tier: str = "Blue"
    wants: set[str] = field(default_factory=set)

    @property
    def user_id(self) -> str:
        return f"HD-{100_000 + self.number}"

    @property
    def membership_number(self) -> str:
        return f"AC{4_100_000 + 7 * self.number}"


def _plain(text: str) -> str:
    """A name as it stands in a mail address: letters of ASCII only."""
    bare = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").replace("æ", "ae"))
    return "".join(letter for letter in bare.lower() if letter.isascii() and letter.isalpha())[:20]


def make_person(rng: random.Random, number: int, *, gap_days: float, leaves_us: int, trip_gap_days: float) -> Person:
    """The customer of that number. Mail address and phone are theirs alone."""
    country = rng.choices(COUNTRIES, _SHARES)[0]
    given, family = rng.choice(country.given), rng.choice(country.family)
    given, family = ODD_NAMES.get(number, (given, family))
    city, postal_code = rng.choice(country.cities)
    branches = company.BRANCHES.get(country.name, ())
    return Person(
        number=number,
        given=given,
        family=family,
        country=country,
        city=city,
        postal_code=postal_code,
        email=_email(rng, given, family, number),
        phone=_phone(country, number) if rng.random() < 0.5 else "",
        birthday=date(rng.randint(1948, 2006), rng.randint(1, 12), rng.randint(1, 28)) if rng.random() < 0.62 else None,
        device=new_device(rng),
        branch=rng.choice(branches) if branches and rng.random() < 0.5 else "",
        home_airport=rng.choice(company.HOME_AIRPORTS[country.name]),
        favourite=rng.choice(company.ITEMS).category,
        gap_days=gap_days,
        leaves_us=leaves_us,
        trip_gap_days=trip_gap_days,
        careful=rng.random() < 0.3,
    )


def new_device(rng: random.Random) -> str:
    """An anonymous id, shaped like the ones browsers make."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _email(rng: random.Random, given: str, family: str, number: int) -> str:
    name = ".".join(filter(None, (_plain(given), _plain(family)))) or "customer"
    return f"{name}.{number}@{rng.choice(MAIL_DOMAINS)}"


def _phone(country: Country, number: int) -> str:
    """Each number once: two people with one phone would be taken for one."""
    digits = country.phone.count("#")
    if not digits or number >= 10**digits:
        return ""
    return country.phone.replace("#" * digits, f"{number:0{digits}d}")
