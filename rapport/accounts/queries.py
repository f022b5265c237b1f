"""The questions other rooms may ask of staff."""

from rapport.accounts.models import User


def user_of(email: str) -> User | None:
    return User.objects.filter(email=email.strip().lower()).first()


def has_users() -> bool:
    """Whether anybody may sign in yet."""
    return User.objects.exists()


def everybody() -> list[User]:
    """Every member of staff, by mail address."""
    return list(User.objects.order_by("email"))
