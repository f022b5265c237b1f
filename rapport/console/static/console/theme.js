/* Sets light or dark before the first paint. A file of its own in <head>, since the policy allows no inline script. */
(function () {
  'use strict';
  var KEY = 'rapport-theme', dark = window.matchMedia('(prefers-color-scheme: dark)');
  function chosen() { try { return localStorage.getItem(KEY) || ''; } catch (refused) { return ''; } }
  function paint() {
    document.documentElement.setAttribute('data-bs-theme', chosen() || (dark.matches ? 'dark' : 'light'));
    document.dispatchEvent(new CustomEvent('theme'));
  }
  function mark() {
    document.querySelectorAll('[data-theme]').forEach(function (button) {
      button.setAttribute('aria-pressed', String(button.getAttribute('data-theme') === chosen()));
    });
  }
  paint();
  dark.addEventListener('change', paint);
  document.addEventListener('DOMContentLoaded', mark);
  document.addEventListener('click', function (click) {
    var button = click.target.closest('[data-theme]');
    if (!button) return;
    try { localStorage.setItem(KEY, button.getAttribute('data-theme')); } catch (refused) { /* a private window keeps nothing */ }
    paint();
    mark();
  });
})();
