"""Under which source a token's facts stand in the log."""

from rapport.api.models import Token
from rapport.intake import keys


def source_id_of(token: Token) -> int:
    """Made at the token's first fact; a token of the same name that follows it goes on with it."""
    return keys.source(f"api {token.name}").id
