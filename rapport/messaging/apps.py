"""Declares the room's facts when the house opens."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "rapport.messaging"

    def ready(self) -> None:
        from rapport.messaging import events  # noqa: F401  declares them
