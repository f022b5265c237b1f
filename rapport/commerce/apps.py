"""Declares the room's facts when the house opens."""

from django.apps import AppConfig


class CommerceConfig(AppConfig):
    name = "rapport.commerce"

    def ready(self) -> None:
        from rapport.commerce import events  # noqa: F401  declares them
