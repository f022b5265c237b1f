"""The addresses in mails, under /m/."""

from django.urls import URLPattern, path

from rapport.messaging import views

app_name = "messaging"
urlpatterns: list[URLPattern] = [
    path("c/<str:token>", views.clicked, name="click"),
    path("o/<str:token>.gif", views.opened, name="open"),
    path("u/<str:token>", views.leave, name="leave"),
    path("v/<str:token>", views.shown, name="view"),
]
