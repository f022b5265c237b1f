"""Declares the room's facts when the house opens."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "rapport.segments"

    def ready(self) -> None:
        from rapport.segments import events  # noqa: F401  declares them
