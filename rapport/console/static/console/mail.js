/* Writing mails: a field put where the hand is, a refusal that leads to its place, and the unsaved words shown as a mail.
   Everything works as plain forms too. htmx asks whether the words can stand; see mail/editor.html. */
(function () {
  'use strict';
  var form = document.getElementById('write'), box = document.getElementById('preview-box');
  var script = document.querySelector('script[data-preview]');
  var soon = 0, last = document.getElementById('part-mjml'), frames = 0;
  document.documentElement.classList.add('js');

  function insert(text) {
    if (!last) return;
    last.focus();
    last.setRangeText(text, last.selectionStart, last.selectionEnd, 'end');
    last.dispatchEvent(new Event('input', { bubbles: true }));
  }

  function goTo(alert) {
    var part = document.getElementById('part-' + alert.dataset.broken), at = Number(alert.dataset.at || 0);
    if (!part) return;
    var fold = part.closest('details');
    if (fold) fold.open = true;
    part.focus();
    part.setSelectionRange(at, Math.min(at + 2, part.value.length));
    if (part.nodeName === 'TEXTAREA') part.scrollTop = Math.max(0, (part.value.slice(0, at).split('\n').length - 4) * 20);
  }

  // Each picture is a fresh frame laid over the last one, so that the way back stays short and nothing flickers.
  function show() {
    if (!form || !box || !script || document.querySelector('[data-broken]')) return;
    var old = box.querySelectorAll('iframe'), fresh = document.createElement('iframe');
    fresh.name = 'preview-' + (++frames);
    fresh.title = old[0].title;
    fresh.className = 'mail-frame coming';
    fresh.setAttribute('sandbox', old[0].getAttribute('sandbox'));
    box.appendChild(fresh);
    var button = document.createElement('button');
    button.formAction = script.dataset.preview;
    button.formTarget = fresh.name;
    button.formNoValidate = true;
    button.hidden = true;
    form.appendChild(button);
    fresh.addEventListener('load', function () {
      box.querySelectorAll('iframe').forEach(function (one) { if (one !== fresh) one.remove(); });
      fresh.classList.remove('coming');
    });
    form.requestSubmit(button);
    button.remove();
  }

  document.addEventListener('focusin', function (event) { if (event.target.matches('[data-fills]')) last = event.target; });
  document.addEventListener('click', function (click) {
    var piece = click.target.closest('[data-insert], [data-goto], [data-mended]');
    if (!piece) return;
    if (piece.dataset.insert) insert(piece.dataset.insert);
    if (piece.hasAttribute('data-goto')) goTo(piece.closest('[data-broken]'));
    if (piece.dataset.mended) {
      var rule = document.getElementById('rule');
      rule.value = piece.dataset.mended;
      rule.focus();
      rule.dispatchEvent(new Event('input', { bubbles: true }));
    }
  });
  if (!form || !script || !form.querySelector('.btn-primary')) return;
  document.getElementById('case').addEventListener('change', function () {
    document.getElementById('customer').value = '';
    document.getElementById('who-reads').value = '';
    show();
  });
  document.getElementById('who-reads').addEventListener('keydown', function (key) { if (key.key === 'Enter') key.preventDefault(); });
  document.getElementById('mail-found').addEventListener('click', function (click) {
    var hit = click.target.closest('[data-reader]');
    if (!hit || click.ctrlKey || click.metaKey) return;
    click.preventDefault();
    document.getElementById('customer').value = hit.dataset.reader;
    document.getElementById('who-reads').value = hit.dataset.readerName;
    document.getElementById('mail-found').replaceChildren();
    show();
  });
  document.addEventListener('htmx:after:settle', function (event) {
    if (!event.target.closest || !event.target.closest('#parts')) return;
    window.clearTimeout(soon);
    soon = window.setTimeout(show, 60); // when every part has its word
  });
  show();
})();
