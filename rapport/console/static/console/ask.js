/* The rule editor: colours over a plain text box, completion from the catalogue, the drawer of evidence.
   The text box stays an ordinary one: without this file the form still asks. htmx fetches the answer; see ask.html. */
(function () {
  'use strict';
  var box = document.getElementById('rule'), colours = document.getElementById('rule-colours'), list = document.getElementById('completion');
  var form = document.getElementById('rule-form'), drawer = document.getElementById('drawer'), answer = document.getElementById('answer');
  var lastTyped = 0, before = null, options = null, chosen = 0, asked = 0, wrong = null;

  // Colours

  var words = JSON.parse(document.getElementById('grammar').textContent).map(function (word) { return word.replace(/ /g, '\\s+'); }).join('|');
  var PIECES = new RegExp('("(?:\\\\.|[^"\\\\])*"?|`[^`]*`?)|(\\bBUT\\s+NOT\\b)|(\\bAND\\b)|(\\bOR\\b)|(\\b(?:' + words + ')\\b)', 'gi');
  var CLASSES = [null, 'k-s', 'k-not', 'k-and', 'k-or', 'k-k'];

  function pieces(text) {
    var found = [], done = 0, match;
    PIECES.lastIndex = 0;
    while ((match = PIECES.exec(text))) {
      if (match.index > done) found.push(['', text.slice(done, match.index)]);
      var kind = CLASSES[match.findIndex(function (group, index) { return index > 0 && group !== undefined; })];
      if (kind === 'k-and' && /\bbetween\s+\S+\s+$/i.test(text.slice(0, match.index))) kind = 'k-k';
      found.push([kind, match[0]]);
      done = match.index + match[0].length;
    }
    if (done < text.length) found.push(['', text.slice(done)]);
    return found;
  }

  // Each line of the text is a block, so that its number stands at its first row however it wraps.
  function paint() {
    var lines = [document.createElement('div')], at = 0, caret = box.selectionStart, focused = document.activeElement === box;
    lines[0].dataset.from = '0';
    pieces(box.value).forEach(function (piece) {
      piece[1].split('\n').forEach(function (part, index) {
        if (index) {
          at += 1;
          lines.push(document.createElement('div'));
          lines[lines.length - 1].dataset.from = String(at);
        }
        span(lines[lines.length - 1], piece[0], part, at);
        at += part.length;
      });
    });
    lines.forEach(function (line, index) {
      var next = index + 1 < lines.length ? Number(lines[index + 1].dataset.from) : Infinity;
      line.className = 'l' + (focused && caret >= Number(line.dataset.from) && caret < next ? ' cur' : '');
      if (!line.textContent) line.appendChild(document.createTextNode('\u200b'));
    });
    colours.replaceChildren.apply(colours, lines);
  }

  function span(line, kind, part, at) {
    var cuts = wrong ? [wrong[0], wrong[1]].filter(function (cut) { return cut > at && cut < at + part.length; }) : [];
    [0].concat(cuts.map(function (cut) { return cut - at; })).forEach(function (start, index, starts) {
      var piece = part.slice(start, starts[index + 1]);
      if (!piece) return;
      var element = document.createElement('span'), from = at + start;
      element.className = kind + (wrong && from >= wrong[0] && from < wrong[1] ? ' squig' : '');
      element.textContent = piece;
      line.appendChild(element);
    });
  }

  // The word about a rule that cannot be read waits until the hand rests; the count is stale at once.
  function typed() {
    lastTyped = Date.now();
    wrong = null;
    document.getElementById('rule-error').classList.add('resting');
    answer.classList.add('stale');
    var draft = document.getElementById('draft');
    if (draft) draft.hidden = false;
    paint();
    narrow();
    suggest();
  }

  function showStumble() {
    var element = document.querySelector('#rule-error [data-start]'), rest = document.getElementById('rule-error');
    wrong = element ? [Number(element.dataset.start), Number(element.dataset.end)] : null;
    rest.classList.add('resting');
    window.setTimeout(function () {
      if (Date.now() - lastTyped < 1100) return;
      rest.classList.remove('resting');
      paint();
    }, Math.max(0, 1200 - (Date.now() - lastTyped)));
  }

  function write(text, caret) {
    box.value = text;
    box.focus();
    box.setSelectionRange(caret, caret);
    box.dispatchEvent(new Event('input', { bubbles: true }));
  }

  // Completion

  function close() {
    options = null;
    list.hidden = true;
    box.setAttribute('aria-expanded', 'false');
    box.removeAttribute('aria-activedescendant');
  }

  function suggest() {
    window.clearTimeout(before);
    before = window.setTimeout(fetchOptions, 90, false);
  }

  function fetchOptions(eager) {
    var mine = ++asked, text = box.value;
    post(box.dataset.complete, { caret: String(box.selectionStart) })
      .then(function (response) { return response.ok ? response.json() : { options: [] }; })
      .then(function (found) { if (mine === asked && document.activeElement === box && (eager || found.eager)) open(found, text); else if (mine === asked) close(); })
      .catch(function () { if (mine === asked) close(); });
  }

  function open(found, text) { // an answer may be to less than what stands there by now
    if (!found.options.length) return close();
    options = { options: found.options, length: text.length };
    if (box.value !== text) return narrow();
    chosen = 0;
    var rows = found.options.map(function (option, index) {
      var row = document.createElement('div'), name = document.createElement('span'), note = document.createElement('small');
      row.id = 'option-' + index;
      row.className = 'o';
      row.setAttribute('role', 'option');
      row.dataset.index = String(index);
      name.textContent = option.label;
      note.textContent = option.note || '';
      row.append(name, note);
      return row;
    });
    var rest = document.createElement('div'), foot = document.createElement('div');
    rest.className = 'list-o';
    rest.append.apply(rest, rows);
    foot.className = 'f';
    [['\u2191\u2193', ' ' + list.dataset.choose + ' \u00a0'], ['Tab', ' ' + list.dataset.take + ' \u00a0'], ['Esc', ' ' + list.dataset.close]].forEach(function (pair) {
      var key = document.createElement('span');
      key.className = 'key';
      key.textContent = pair[0];
      foot.append(key, pair[1]);
    });
    list.replaceChildren(rest, foot);
    list.hidden = false;
    box.setAttribute('aria-expanded', 'true');
    place();
    choose(0);
  }

  // An open list follows the hand: what no longer fits goes at once, and what is taken replaces all that was typed since.
  function narrow() {
    if (!options) return;
    var caret = box.selectionStart, grown = box.value.length - options.length;
    var left = options.options.map(function (option) { return Object.assign({}, option, { end: option.end + grown }); }).filter(function (option) {
      return option.start <= caret && option.end >= caret && option.insert.toLowerCase().indexOf(box.value.slice(option.start, caret).toLowerCase()) === 0;
    });
    if (left.length) open({ options: left }, box.value); else close();
  }

  function place() {
    var rect = rectAt(Math.min(options.options[0].start, box.selectionStart)), pane = list.parentElement.getBoundingClientRect();
    if (!rect) return;
    list.style.top = (rect.bottom - pane.top + 4) + 'px';
    if (window.innerWidth >= 768) list.style.left = Math.max(8, Math.min(rect.left - pane.left - 12, window.innerWidth - pane.left - 364)) + 'px';
  }

  function rectAt(offset) {
    var lines = Array.from(colours.children), line = lines.filter(function (one) { return Number(one.dataset.from) <= offset; }).pop();
    if (!line) return null;
    var left = offset - Number(line.dataset.from), walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT), node = walker.nextNode();
    while (node && left > node.length) { left -= node.length; node = walker.nextNode(); }
    if (!node) return line.getBoundingClientRect();
    var range = document.createRange();
    range.setStart(node, Math.min(left, node.length));
    range.collapse(true);
    var rects = range.getClientRects();
    return rects.length ? rects[0] : line.getBoundingClientRect();
  }

  function choose(index) {
    var rows = list.querySelectorAll('.o');
    chosen = (index + rows.length) % rows.length;
    rows.forEach(function (row, number) {
      row.classList.toggle('on', number === chosen);
      row.setAttribute('aria-selected', String(number === chosen));
    });
    rows[chosen].scrollIntoView({ block: 'nearest' });
    box.setAttribute('aria-activedescendant', rows[chosen].id);
  }

  function take(index) {
    var option = options.options[index], start = option.start, end = option.end, text = box.value;
    close();
    asked += 1;
    write(text.slice(0, start) + option.insert + text.slice(end), start + option.insert.length);
  }

  box.addEventListener('input', typed);
  box.addEventListener('click', function () { paint(); close(); });
  box.addEventListener('keyup', function (key) { if (/^(Arrow|Home|End|Page)/.test(key.key)) paint(); });
  box.addEventListener('focus', paint);
  box.addEventListener('blur', function () { window.setTimeout(function () { if (document.activeElement !== box) close(); }, 150); paint(); });
  box.addEventListener('keydown', function (key) {
    if (key.key === ' ' && key.ctrlKey) { key.preventDefault(); fetchOptions(true); }
    if (list.hidden) return;
    if (key.key === 'ArrowDown' || key.key === 'ArrowUp') { key.preventDefault(); choose(chosen + (key.key === 'ArrowDown' ? 1 : -1)); }
    if (key.key === 'Tab' && !key.shiftKey) { key.preventDefault(); take(chosen); }
    if (key.key === 'Escape') { key.preventDefault(); key.stopPropagation(); close(); }
  });
  list.addEventListener('mousedown', function (press) {
    var row = press.target.closest('.o');
    press.preventDefault();
    if (row) take(Number(row.dataset.index));
  });

  // Mending, the moment, saving

  document.addEventListener('click', function (click) {
    var mend = click.target.closest('[data-mended]');
    if (mend) {
      write(mend.dataset.mended, mend.dataset.mended.length);
    } else if (click.target.closest('[data-now]')) {
      document.getElementById('as-of').value = '';
      momentChanged();
    } else if (click.target.closest('[data-renew]')) {
      document.querySelector('#pinned [name=pin]').value = '';
      ask();
    } else if (click.target.closest('[data-open-save]')) {
      var menu = document.querySelector('.save-menu');
      if (menu) { click.stopPropagation(); menu.open = true; menu.scrollIntoView({ block: 'center' }); menu.querySelector('input').focus(); } else form.requestSubmit(document.querySelector('[formaction]'));
    } else if (click.target.closest('[data-close-drawer]')) {
      closeDrawer();
    }
  }, true);

  function momentChanged() {
    var field = document.getElementById('as-of'), shown = document.getElementById('as-of-words');
    shown.textContent = field.value ? field.value.replace('T', ' ') : shown.dataset.nowWords;
    ask();
  }
  document.getElementById('as-of').addEventListener('change', momentChanged);
  document.querySelectorAll('details.save-menu').forEach(function (menu) { menu.addEventListener('toggle', function () { if (menu.open) menu.querySelector('input').focus(); }); });
  document.addEventListener('keydown', function (key) { // Enter in the name saves; it must not ask
    if (key.key !== 'Enter' || !key.target.matches('.save-menu input')) return;
    key.preventDefault();
    key.target.closest('.save-menu').querySelector('button').click();
  });

  // The drawer takes focus and gives it back

  var opener = null;
  function closeDrawer() {
    drawer.replaceChildren();
    document.querySelectorAll('tr.person-row.sel').forEach(function (row) { row.classList.remove('sel'); });
    if (opener && opener.isConnected) opener.focus();
  }
  document.addEventListener('keydown', function (key) { if (key.key === 'Escape' && list.hidden && drawer.children.length && !document.querySelector('dialog[open]')) closeDrawer(); });

  document.addEventListener('htmx:before:request', function (event) {
    var source = event.detail.ctx.sourceElement, row = source.closest('tr.person-row');
    if (row) {
      opener = source;
      document.querySelectorAll('tr.person-row').forEach(function (one) { one.classList.toggle('sel', one === row); });
    }
  });

  // What happened in the tree is said at once with the next count, the count itself at most every two seconds.
  var spokenAt = 0, speaking = null, deed = '';
  function speak() {
    var tree = document.querySelector('.tree[data-count]');
    window.clearTimeout(speaking);
    speaking = window.setTimeout(function () {
      spokenAt = Date.now();
      document.getElementById('spoken').textContent = (deed ? deed + ', ' : '') + (tree ? tree.dataset.count : '');
      deed = '';
    }, deed ? 0 : Math.max(0, 2000 - (Date.now() - spokenAt)));
  }

  document.addEventListener('htmx:finally:request', function (event) {
    var source = event.detail.ctx.sourceElement, status = event.detail.ctx.response ? event.detail.ctx.response.status : 0;
    if (source === box) {
      if (status === 200) { answer.classList.remove('stale'); wrong = null; speak(); answered(); }
      if (status >= 400) showStumble();
      paint();
    }
    var heading = drawer.querySelector('[data-focus]');
    if (event.detail.ctx.target === drawer && heading) heading.focus({ preventScroll: window.innerWidth >= 1200 });
  });

  // What the other files of this page stand on

  function ask() {
    answer.classList.add('stale');
    box.dispatchEvent(new Event('ask'));
  }

  function post(address, fields) {
    var body = fields instanceof FormData ? fields : new FormData();
    if (body !== fields) Object.keys(fields || {}).forEach(function (name) { body.set(name, fields[name]); });
    new FormData(form).forEach(function (value, name) { if (!body.has(name)) body.append(name, value); });
    return fetch(address, { method: 'POST', body: body, credentials: 'same-origin', headers: { 'X-CSRFToken': form.querySelector('[name=csrfmiddlewaretoken]').value, 'HX-Request': 'true' } });
  }

  // Another text, made by a deed in the tree or by undo: asked for at once. `said` is what a screen reader hears of it.
  function replace(text, said) {
    deed = said || '';
    box.value = text;
    typed();
    window.clearTimeout(before);
    close();
    ask();
  }

  var listeners = [];
  function answered() { listeners.forEach(function (listener) { listener(); }); }

  window.rapportAsk = { box: box, form: form, ask: ask, post: post, replace: replace, paint: paint, whenAnswered: function (listener) { listeners.push(listener); } };

  document.body.classList.add('live');
  if (document.querySelector('#rule-error [data-start]')) showStumble();
  paint();
})();
