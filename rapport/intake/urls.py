"""The HTTP door, at the paths every client of the Segment spec calls."""

from django.urls import URLPattern, path

from rapport.intake import views

urlpatterns: list[URLPattern] = [
    *(path(call, views.one, {"call": call}) for call in ("identify", "track", "page", "screen", "group", "alias")),
    *(path(short, views.one, {"call": call}) for short, call in (("i", "identify"), ("t", "track"), ("p", "page"), ("s", "screen"))),
    path("batch", views.batch),
    path("import", views.batch),
    path("b", views.batch),
]
