/* One history of the rule, whoever changed it: typing, the tree, undo. It lives as long as the tab. Beside it: the link to hand on. */
(function () {
  'use strict';
  var ask = window.rapportAsk, box = ask.box, KEY = 'rapport.ask ' + window.location.pathname + window.location.search;
  var ENTRIES_MAX = 200, CHARACTERS_MAX = 1000000, REST_MS = 700;
  var undo = document.getElementById('undo'), redo = document.getElementById('redo'), spoken = document.getElementById('spoken').dataset;
  var against = document.getElementById('against'), base = box.defaultValue, entries = [base], at = 0, typedAt = 0, going = false;

  function keep() {
    while (entries.length > ENTRIES_MAX || (entries.length > 2 && entries.join('').length > CHARACTERS_MAX)) { entries.shift(); at -= 1; }
    undo.disabled = at === 0;
    redo.disabled = at === entries.length - 1;
    try { window.sessionStorage.setItem(KEY, JSON.stringify({ base: base, entries: entries, at: at })); } catch (full) { window.sessionStorage.removeItem(KEY); }
  }

  // A row of keystrokes without a rest is one step.
  function note(byHand) {
    if (going || box.value === entries[at]) return;
    var goesOn = byHand && Date.now() - typedAt < REST_MS && at === entries.length - 1 && at > 0;
    typedAt = byHand ? Date.now() : 0;
    if (goesOn) entries[at] = box.value; else { entries = entries.slice(0, at + 1).concat(box.value); at += 1; }
    keep();
  }

  function go(step, said) {
    if (at + step < 0 || at + step >= entries.length) return;
    at += step;
    typedAt = 0;
    going = true;
    ask.replace(entries[at], said);
    going = false;
    keep();
  }

  function restore() {
    var kept = null, way = window.performance.getEntriesByType('navigation')[0];
    if (way && way.type === 'navigate') { keep(); return; } // a fresh question, not one come back to
    try { kept = JSON.parse(window.sessionStorage.getItem(KEY)); } catch (broken) { kept = null; }
    if (kept && kept.entries && kept.entries[kept.at] !== undefined) {
      entries = kept.entries;
      at = kept.at;
      if (kept.base !== base) { entries = entries.slice(0, at + 1).concat(base); at += 1; } // the server has another text by now: it comes after
    }
    if (box.value !== entries[at]) { going = true; ask.replace(entries[at]); going = false; }
    keep();
  }

  box.addEventListener('input', function () { note(true); });
  document.addEventListener('rule-made', function () { note(false); });
  undo.addEventListener('click', function () { go(-1, spoken.undone); });
  redo.addEventListener('click', function () { go(1, spoken.redone); });
  document.addEventListener('keydown', function (key) {
    if (!(key.ctrlKey || key.metaKey) || key.altKey) return;
    if (key.target !== box && key.target.closest('input, textarea, select')) return; // other fields have an undo of their own
    var letter = key.key.toLowerCase();
    if (letter === 'z') { key.preventDefault(); go(key.shiftKey ? 1 : -1, key.shiftKey ? spoken.redone : spoken.undone); }
    if (letter === 'y') { key.preventDefault(); go(1, spoken.redone); }
  });

  // A new rule is compared with the last one that could be answered.
  ask.whenAnswered(function () { if (against) against.value = box.value; });
  if (against && document.querySelector('.tree')) against.value = base;

  document.querySelector('[data-share]').addEventListener('click', function (click) {
    var field = document.getElementById('share-address'), word = document.getElementById('share-word');
    if (click.currentTarget.parentElement.open) return;
    word.textContent = '';
    ask.post(click.currentTarget.dataset.share, {}).then(function (response) { return response.json(); }).then(function (found) {
      field.value = found.address;
      field.select();
      var copied = navigator.clipboard ? navigator.clipboard.writeText(found.address) : Promise.reject(new Error('not over a safe line'));
      copied.then(function () { word.textContent = word.dataset.copied; }, function () { word.textContent = word.dataset.not; });
    });
  });

  restore();
})();
