"""The room by its name."""

from django.apps import AppConfig


class ValueConfig(AppConfig):
    name = "rapport.value"
