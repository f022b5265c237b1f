"""What the rule builder asks of the server: a rule edited in its tree, a condition as a form, what may be chosen, a link to hand on."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.console.frames import whole
from rapport.console.guard import REFUSED, page, staff
from rapport.console.pages import asking, conditions, editing, picks
from rapport.console.pages.moving import WAYS, laid_out, moved
from rapport.console.pages.starts import started
from rapport.console.views.ask import typed
from rapport.lib.refusals import Refusal
from rapport.segments import queries as segments
from rapport.segments.actions import share_question
from rapport.segments.nodes import Rule, preorder

URL_MAX = 1_800  # characters of an address that every program on the way lets through


@page("segments.ask")
@require_POST
def complete(request: HttpRequest) -> JsonResponse:
    """What may stand where the caret is."""
    text, _as_of = typed(request)
    units = whole(request.POST.get("caret"))
    before = text.encode("utf-16-le")[: units * 2].decode("utf-16-le", errors="ignore")
    return JsonResponse(asking.completion(text, len(before), segments.vocabulary()))


@page("segments.ask")
@require_POST
def edit(request: HttpRequest) -> JsonResponse:
    """The text after a deed in the tree, and the node to choose; a refusal changes nothing and says why."""
    text, _as_of = typed(request)
    deed = DEEDS.get(request.POST.get("deed", ""))
    try:
        if deed is None:
            raise Refusal(_("There is no such deed in a tree."))
        made = deed(request, text)
    except Refusal as refusal:
        return JsonResponse({"what": refusal.what, "mend": refusal.mend}, status=REFUSED)
    if made is None:
        return JsonResponse({"text": "", "node": 0})
    is_same = bool(text.strip()) and made[0] == segments.parse_rule(text)  # then it keeps the lines it was typed in
    return JsonResponse({"text": text if is_same else laid_out(made[0]), "node": made[1]})


def _add(request: HttpRequest, text: str) -> editing.Edited:
    condition = _condition(request)
    if not text.strip():
        return condition, 0
    joint = _one_of(request, "joint", editing.JOINTS)
    return editing.added(segments.parse_rule(text), _node(request), joint, condition, apart="apart" in request.POST)  # type: ignore[arg-type]


def _set(request: HttpRequest, text: str) -> editing.Edited:
    return editing.replaced(segments.parse_rule(text), _node(request), _condition(request))


def _drop(request: HttpRequest, text: str) -> editing.Edited:
    side = next(one for one in editing.SIDES if one == _one_of(request, "side", editing.SIDES))
    return editing.dropped(segments.parse_rule(text), _node(request), whole(request.POST.get("target")), side)


def _join(request: HttpRequest, text: str) -> editing.Edited:
    joint = _one_of(request, "joint", editing.JOINTS)
    return editing.joined_by(segments.parse_rule(text), _node(request), joint)  # type: ignore[arg-type]


def _move(request: HttpRequest, text: str) -> editing.Edited:
    """The same rule where there is no way."""
    way = next((one for one in WAYS if one == request.POST.get("way")), None)
    if way is None:
        raise Refusal(_("A node moves up, down, in or out."))
    rule = segments.parse_rule(text)
    return moved(rule, _node(request), way) or (rule, _node(request))


DEEDS: dict[str, Callable[[HttpRequest, str], editing.Edited | None]] = {
    "add": _add,
    "set": _set,
    "drop": _drop,
    "join": _join,
    "move": _move,
    "turn": lambda request, text: editing.turned_round(segments.parse_rule(text), _node(request)),
    "double": lambda request, text: editing.doubled(segments.parse_rule(text), _node(request)),
    "delete": lambda request, text: editing.deleted(segments.parse_rule(text), _node(request)),
}


@page("segments.ask")
@require_POST
def condition(request: HttpRequest) -> HttpResponse:
    """The form of a condition: of the node chosen, of a new one, or as it was filled in so far."""
    vocabulary = segments.vocabulary()
    if "c-kind" in request.POST:
        said = conditions.said_of(request.POST)
    elif "joint" in request.POST:
        said = conditions.Said()
    else:
        said = conditions.form_of(_chosen(request), vocabulary)
    context = {
        **conditions.shown(said, vocabulary),
        "joint": request.POST.get("joint", ""),
        "apart": "apart" in request.POST,
        "node": _node(request),
    }
    return render(request, "console/ask/condition.html", context)


def _chosen(request: HttpRequest) -> Rule:
    nodes = preorder(segments.parse_rule(typed(request)[0]))
    number = _node(request)
    if number >= len(nodes):
        raise Refusal(_("That node is not there any more."), mend=_("Choose another one."))
    return nodes[number]


def _condition(request: HttpRequest) -> Rule:
    """What the form says; names are checked now, so that the word about them stands beside the form."""
    vocabulary = segments.vocabulary()
    return segments.check(conditions.condition_of(conditions.said_of(request.POST), vocabulary), vocabulary)


@page("segments.ask")
def picked(request: HttpRequest) -> JsonResponse:
    """What may be chosen in a field of a form."""
    asked = picks.Asked(*(request.GET.get(name, "")[:400] for name in ("what", "event", "path", "q")))
    return JsonResponse({"picks": picks.picks(asked, segments.vocabulary())})


@page("segments.ask")
def start(request: HttpRequest, key: str) -> HttpResponse:
    """A usual question with its figures filled in, opened in the editor."""
    return redirect(f"{reverse('console:ask')}?{urlencode({'rule': laid_out(segments.parse_rule(started(key, request.GET.dict())))})}")


@page("segments.ask")
@require_POST
def share(request: HttpRequest) -> JsonResponse:
    """An address that opens this very question; a long one is kept here under a short name."""
    text, as_of = typed(request)
    address = f"{reverse('console:ask')}?{urlencode({'rule': text, **({'as_of': as_of} if as_of else {})})}"
    address = request.build_absolute_uri(address)
    if len(address) > URL_MAX:
        kept = share_question(text, as_of=as_of[:64], by=staff(request).email)
        address = request.build_absolute_uri(f"{reverse('console:ask')}?{urlencode({'shared': kept.token})}")
    return JsonResponse({"address": address})


def _one_of(request: HttpRequest, name: str, among: object) -> str:
    said = request.POST.get(name, "")
    if said not in among:  # type: ignore[operator]
        raise Refusal(_("There is no such deed in a tree."))
    return said


def _node(request: HttpRequest) -> int:
    return whole(request.POST.get("node"))
