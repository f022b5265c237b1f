/* A field with a list of what may be chosen: fetched as one types, taken by mouse or keys; any other text may be typed as well. */
(function () {
  'use strict';
  var ask = window.rapportAsk, address = ask.box.dataset.picks, field = null, list = null, chosen = -1, asked = 0, quiet = null;

  function close() { // and want no answer that is still to come
    asked += 1;
    shut();
  }

  function shut() {
    if (list) list.remove();
    if (field) { field.setAttribute('aria-expanded', 'false'); field.removeAttribute('aria-activedescendant'); }
    list = null;
    chosen = -1;
  }

  function line(element) { // of a field with a value a line, the one the caret is in
    if (element.nodeName !== 'TEXTAREA') return [0, element.value.length];
    var start = element.value.lastIndexOf('\n', element.selectionStart - 1) + 1, end = element.value.indexOf('\n', element.selectionStart);
    return [start, end < 0 ? element.value.length : end];
  }

  function event(element) {
    var form = element.closest('.cond'), kind = form && form.elements['c-kind'].value;
    return kind && kind !== 'trait' && form.elements['c-event'] ? form.elements['c-event'].value : '';
  }

  function show(element, typing) {
    var mine = ++asked, piece = line(element), query = new URLSearchParams({ what: element.dataset.pick, event: event(element), path: element.dataset.path || '', q: typing ? element.value.slice(piece[0], piece[1]) : '' });
    fetch(address + '?' + query, { credentials: 'same-origin' })
      .then(function (response) { return response.ok ? response.json() : { picks: [] }; })
      .then(function (found) { if (mine === asked && document.activeElement === element) open(element, found.picks, typing); }, function () { if (mine === asked) close(); });
  }

  function open(element, picks, typing) {
    shut();
    field = element;
    if (!picks.length || (picks.length === 1 && picks[0].value === element.value)) return;
    list = document.createElement('div');
    list.className = 'pop picks';
    list.id = 'picks';
    list.setAttribute('role', 'listbox');
    picks.forEach(function (pick, index) {
      var row = document.createElement('div'), name = document.createElement('span'), note = document.createElement('small');
      row.className = 'o';
      row.id = 'pick-' + index;
      row.setAttribute('role', 'option');
      row.dataset.value = pick.value;
      name.textContent = pick.value;
      note.textContent = pick.note;
      row.append(name, note);
      list.append(row);
    });
    element.parentElement.append(list);
    element.setAttribute('aria-expanded', 'true');
    element.setAttribute('aria-controls', 'picks');
    if (typing) choose(0);
    list.scrollIntoView({ block: 'nearest' });
  }

  function choose(index) {
    var rows = Array.from(list.children);
    chosen = (index + rows.length) % rows.length;
    rows.forEach(function (row, number) { row.classList.toggle('on', number === chosen); row.setAttribute('aria-selected', String(number === chosen)); });
    rows[chosen].scrollIntoView({ block: 'nearest' });
    field.setAttribute('aria-activedescendant', rows[chosen].id);
  }

  function take(row) {
    var piece = line(field), taken = field, several = field.nodeName === 'TEXTAREA';
    quiet = taken;
    taken.value = taken.value.slice(0, piece[0]) + row.dataset.value + (several ? '\n' : '') + taken.value.slice(piece[1]).replace(/^\n/, '');
    close();
    taken.focus();
    taken.dispatchEvent(new Event('change', { bubbles: true }));
    quiet = null;
  }

  document.addEventListener('focusin', function (focus) { if (focus.target.matches('[data-pick]') && focus.target !== quiet && !focus.target.dataset.quiet) show(focus.target, false); });
  document.addEventListener('input', function (input) { if (input.target.matches('[data-pick]')) show(input.target, true); });
  document.addEventListener('focusout', function (blur) { if (blur.target === field) window.setTimeout(function () { if (blur.target === field && document.activeElement !== field) shut(); }, 150); }); // the next field may wait for its own
  document.addEventListener('mousedown', function (press) {
    var row = press.target.closest('.picks .o');
    if (!row) { if (press.target.matches('[data-pick]') && !(list && press.target === field) && press.target === document.activeElement) show(press.target, false); return; }
    press.preventDefault();
    take(row);
  });
  document.addEventListener('keydown', function (key) {
    if (!key.target.matches('[data-pick]')) return;
    if (!list) { if (key.key === 'ArrowDown' && key.target.nodeName !== 'TEXTAREA') { key.preventDefault(); show(key.target, false); } return; }
    if (key.key === 'ArrowDown' || key.key === 'ArrowUp') { key.preventDefault(); choose(chosen < 0 ? (key.key === 'ArrowDown' ? 0 : -1) : chosen + (key.key === 'ArrowDown' ? 1 : -1)); }
    if ((key.key === 'Enter' || (key.key === 'Tab' && !key.shiftKey)) && chosen >= 0) { key.preventDefault(); take(list.children[chosen]); }
    if (key.key === 'Escape') { key.preventDefault(); key.stopPropagation(); close(); }
  }, true);
})();
