"""The house's doors, one line a room."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include("rapport.intake.urls")),
    path("app/", include("rapport.console.urls")),
]
