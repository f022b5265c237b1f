"""The house's doors, one line a room, and what is said where nothing is."""

from django.urls import URLPattern, URLResolver, include, path

from rapport.console.views import home
from rapport.run import views as watching

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.front),
    path("v1/", include("rapport.intake.urls")),
    path("m/", include("rapport.messaging.urls")),
    path("api/", include("rapport.api.urls")),
    path("app/", include("rapport.console.urls")),
    path("healthz", watching.health),
    path("metrics", watching.metrics),
]

handler403 = "rapport.console.views.trouble.not_allowed"
handler404 = "rapport.console.views.trouble.not_found"
handler500 = "rapport.console.views.trouble.gone_wrong"
