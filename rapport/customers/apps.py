"""Declares the room's facts when the house opens."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "rapport.customers"

    def ready(self) -> None:
        from rapport.customers import events  # noqa: F401  declares them
