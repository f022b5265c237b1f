/* What every page shares: the keys, the find dialog, menus that close, words that go away when told to. */
(function () {
  'use strict';
  var waitingForLetter = 0;
  function byId(id) { return document.getElementById(id); }
  function typing(element) { return element.closest('input, textarea, select, [contenteditable]') !== null; }

  function openFind() {
    var dialog = byId('find');
    if (!dialog || dialog.open) return;
    dialog.showModal();
    dialog.querySelector('input').select();
  }

  function openKeys() {
    var dialog = byId('keys');
    if (dialog && !dialog.open) dialog.showModal();
  }

  function go(letter) {
    var way = document.querySelector('[data-go="' + CSS.escape(letter) + '"]');
    if (way) window.location.assign(way.getAttribute('data-href'));
    return way !== null;
  }

  document.addEventListener('keydown', function (key) {
    if (key.ctrlKey || key.metaKey || key.altKey || key.defaultPrevented) return;
    if (key.key === 'Escape') {
      document.querySelectorAll('details.menu[open]').forEach(function (menu) { menu.open = false; menu.querySelector('summary').focus(); });
      return;
    }
    if (typing(key.target) || document.querySelector('dialog[open]')) return;
    if (Date.now() < waitingForLetter) {
      waitingForLetter = 0;
      if (go(key.key.toLowerCase())) key.preventDefault();
    } else if (key.key === 'g') {
      waitingForLetter = Date.now() + 1500;
    } else if (key.key === '/') {
      key.preventDefault();
      openFind();
    } else if (key.key === '?') {
      openKeys();
    }
  });

  document.addEventListener('click', function (click) {
    var target = click.target;
    if (target.closest('[data-find]') && byId('find') && !(click.ctrlKey || click.metaKey)) {
      click.preventDefault();
      openFind();
    }
    if (target.closest('[data-keys]')) openKeys();
    var dismissed = target.closest('[data-dismiss]');
    if (dismissed) dismissed.parentElement.remove();
    if (target.nodeName === 'DIALOG') target.close(); // the ground behind it
    document.querySelectorAll('details.menu[open]').forEach(function (menu) { if (!menu.contains(target)) menu.open = false; });
  });

  // Arrows walk through what was found; Enter opens it as any link.
  document.addEventListener('keydown', function (key) {
    var dialog = key.target.closest && key.target.closest('#find');
    if (!dialog || (key.key !== 'ArrowDown' && key.key !== 'ArrowUp')) return;
    var stops = [dialog.querySelector('input')].concat(Array.from(dialog.querySelectorAll('#found a')));
    var next = stops[stops.indexOf(key.target) + (key.key === 'ArrowDown' ? 1 : -1)];
    if (next) { key.preventDefault(); next.focus(); }
  });

  // A select or a box that acts at once; the page works as a plain form too.
  document.addEventListener('change', function (change) {
    if (change.target.matches('[data-submits]')) change.target.form.requestSubmit();
  });
})();
