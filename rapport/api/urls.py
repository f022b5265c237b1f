"""The addresses under /api/: version 1, its OpenAPI description, and a plain no for the rest."""

from django.urls import URLPattern, URLResolver, path, re_path

from rapport.api.description import api, openapi
from rapport.api.plain import nothing_here

urlpatterns: list[URLPattern | URLResolver] = [
    path("openapi.json", openapi),
    path("v1/", api.urls),
    re_path("^", nothing_here),
]
