"""The console's addresses, under /app/."""

from django.urls import URLPattern, path

from rapport.console.views import ask, customers, doors, home, imports, segments, sign_in, staff

app_name = "console"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-out/", sign_in.SignOut.as_view(), name="sign-out"),
    path("more/", home.more, name="more"),
    path("running/", home.running_now, name="running"),
    path("find/", customers.found, name="find"),
    path("customers/", customers.listed, name="customers"),
    path("customers/<int:customer_id>/", customers.profile, name="profile"),
    path("customers/<int:customer_id>/timeline/", customers.later, name="timeline"),
    path("customers/<int:customer_id>/facts/<int:event_id>/", customers.fact, name="fact"),
    path("ask/", ask.editor, name="ask"),
    path("ask/answer/", ask.answered, name="answer"),
    path("ask/complete/", ask.complete, name="complete"),
    path("ask/move/", ask.move, name="move"),
    path("ask/evidence/", ask.evidence, name="evidence"),
    path("ask/people/", ask.people, name="people"),
    path("ask/meaning/", ask.meaning, name="meaning"),
    path("ask/members/", ask.members, name="members"),
    path("ask/save/", ask.save, name="save-segment"),
    path("segments/", segments.listed, name="segments"),
    path("segments/restore/", segments.restore, name="restore-segment"),
    path("segments/<int:segment_id>/count/", segments.counted, name="segment-count"),
    path("segments/<int:segment_id>/delete/", segments.delete, name="delete-segment"),
    path("doors/", doors.imports, name="doors"),
    path("doors/refused/", doors.refused, name="refused"),
    path("doors/catalogue/", doors.catalogue, name="catalogue"),
    path("doors/catalogue/<int:kind_id>/", doors.kind, name="kind"),
    path("doors/keys/", doors.keys, name="keys"),
    path("doors/keys/make/", doors.make_key, name="make-key"),
    path("doors/keys/revoke/", doors.revoke_key, name="revoke-key"),
    path("doors/imports/new/", imports.new, name="new-import"),
    path("doors/imports/preview/", imports.preview, name="preview"),
    path("doors/imports/<int:load_id>/", imports.one, name="import"),
    path("doors/imports/<int:load_id>/stop/", imports.stop, name="stop-import"),
    path("doors/imports/<int:load_id>/go-on/", imports.go_on, name="go-on-import"),
    path("doors/imports/<int:load_id>/take-back/", imports.take_back, name="take-back-import"),
    path("doors/imports/<int:load_id>/rejects/", imports.rejects, name="rejects"),
    path("settings/", staff.listed, name="settings"),
    path("orders/<path:order_id>/", customers.order, name="order"),
]
