/* The tree of the rule: arrows walk, keys and buttons edit, a condition opens as a form in its place, nodes are dragged.
   Every deed is done by the server on the text and comes back as text; see editing.py. */
(function () {
  'use strict';
  var ask = window.rapportAsk, box = ask.box, tree = document.getElementById('tree'), held = null, chosen = 0;
  var SAID = { move: 'moved', drop: 'moved', delete: 'deleted', add: 'added', set: 'changed', join: 'changed', turn: 'changed', double: 'doubled' };
  var spoken = document.getElementById('spoken');

  function nodes() { return Array.from(tree.querySelectorAll('.tree .node')); }
  function current() { return tree.querySelector('.tree .node.sel') || nodes()[0] || null; }
  function numbered(number) { return tree.querySelector('.tree .node[data-node="' + number + '"]'); }

  function select(node) {
    chosen = Number(node.dataset.node);
    nodes().forEach(function (one) {
      one.classList.toggle('sel', one === node);
      one.setAttribute('aria-selected', String(one === node));
      one.tabIndex = one === node ? 0 : -1;
    });
  }

  ask.whenAnswered(function () {
    var node = numbered(held === null ? chosen : held) || nodes()[0];
    if (node) { select(node); if (held !== null) node.focus(); }
    held = null;
  });

  // Deeds

  function edit(deed, fields, trouble) {
    var body = fields instanceof FormData ? fields : new FormData();
    if (body !== fields) Object.keys(fields).forEach(function (name) { body.set(name, fields[name]); });
    body.set('deed', deed);
    return ask.post(box.dataset.edit, body).then(function (response) { return response.json(); }).then(function (made) {
      if (made.what !== undefined) { (trouble || say)(made); return; }
      if (made.text === box.value) return;
      held = made.node;
      ask.replace(made.text, spoken.dataset[SAID[deed]]);
      document.dispatchEvent(new Event('rule-made'));
    });
  }

  function say(made) {
    var line = document.createElement('div');
    line.className = 'alertx w';
    line.setAttribute('role', 'alert');
    line.textContent = made.what + (made.mend ? ' ' + made.mend : '');
    tree.querySelectorAll('.card-b > .alertx').forEach(function (old) { old.remove(); });
    tree.querySelector('.card-b').append(line);
  }

  function act(button) {
    var node = current(), number = node ? node.dataset.node : '0';
    if (button.dataset.add) openForm(node, { joint: button.dataset.add, apart: button.hasAttribute('data-apart') });
    else if (button.hasAttribute('data-change')) change(node);
    else edit(button.dataset.deed, { node: number, way: button.dataset.way || '' });
  }

  function change(node) {
    if (node) openForm(node, {});
  }

  // The form of a condition

  function openForm(node, wish) {
    var fields = { node: node ? node.dataset.node : '0' };
    if (wish.joint) fields.joint = wish.joint;
    if (wish.apart) fields.apart = '1';
    ask.post(box.dataset.condition, fields).then(function (response) { return response.text(); }).then(function (html) {
      closeForm();
      var place = node ? node.parentElement : document.getElementById('first-place'), form = parsed(html);
      if (!place || !form) return;
      if (node) node.after(form); else place.append(form);
      var first = form.querySelector('[data-pick], textarea') || form.querySelector('select');
      if (!wish.joint) first.dataset.quiet = '1'; // a condition that stands already shows itself, not its lists
      first.focus();
      delete first.dataset.quiet;
      form.scrollIntoView({ block: 'nearest' });
    });
  }

  function parsed(html) { return new DOMParser().parseFromString(html, 'text/html').querySelector('form.cond'); }
  function form() { return document.getElementById('condition'); }

  function closeForm() {
    if (!form()) return;
    var node = form().previousElementSibling;
    form().remove();
    if (node && node.matches('.node')) node.focus();
  }

  // Another kind, event, property or test asks for other fields. What was typed meanwhile is carried over; of two changes in a row
  // the later one decides, since its question holds the earlier.
  var shaped = 0;
  function reshape(extra, focus) {
    var body = new FormData(form()), old = form(), mine = ++shaped;
    (extra || []).forEach(function (pair) { body.append(pair[0], pair[1]); });
    return ask.post(box.dataset.condition, body).then(function (response) { return response.ok ? response.text() : ''; }).then(function (html) {
      var made = parsed(html);
      if (!made || form() !== old || mine !== shaped) return;
      var active = old.contains(document.activeElement) ? document.activeElement : null, was = active ? spot(old, active) : null;
      carry(old, made);
      old.replaceWith(made);
      var target = focus ? focus(made) : was && made.querySelectorAll('[name="' + was[0] + '"]')[was[1]];
      if (!target) target = active && active.name ? made.querySelector('[data-pick]') : null;
      if (target) {
        if (!focus) target.dataset.quiet = '1';
        target.focus();
        if (active && active.selectionStart !== undefined && target.setSelectionRange && target.type !== 'date') target.setSelectionRange(target.value.length, target.value.length);
        delete target.dataset.quiet;
      }
    });
  }

  function spot(within, element) { return [element.name, Array.from(within.querySelectorAll('[name="' + element.name + '"]')).indexOf(element)]; }

  function carry(old, made) {
    made.querySelectorAll('input[data-pick], input:not([type=hidden]):not([data-pick]), textarea').forEach(function (field) {
      var at = spot(made, field), was = old.querySelectorAll('[name="' + at[0] + '"]')[at[1]];
      if (was && was.nodeName === field.nodeName && was.type === field.type && was.value !== field.value) field.value = was.value;
    });
  }

  // Tests that ask for the same fields leave the form as it is: whoever types `<=` must not lose it between two keys.
  var SHAPES = { 'is known': 'none', 'is unknown': 'none', 'in': 'list', 'not in': 'list', 'in the last': 'span', 'in the next': 'span', 'anniversary in the next': 'span', 'between': 'two' };
  function keepsShape(field) {
    var was = field.name === 't-op' && (field.querySelector('option[selected]') || field.options[0]);
    return was && (SHAPES[was.value] || 'one') === (SHAPES[field.value] || 'one');
  }

  tree.addEventListener('change', function (change) { if (change.target.matches('.cond [data-reshapes]') && !keepsShape(change.target)) reshape(); });
  tree.addEventListener('submit', function (submit) {
    if (!submit.target.matches('.cond')) return;
    submit.preventDefault();
    var asked = submit.target, fields = new FormData(asked), first = fields.get('joint') === 'first';
    if (first) fields.set('joint', 'and');
    edit(asked.dataset.deed, fields, function (made) { asked.querySelector('.cond-trouble').textContent = made.what + (made.mend ? ' ' + made.mend : ''); })
      .then(function () { if (asked.isConnected && !asked.querySelector('.cond-trouble').textContent) closeForm(); });
  });

  // Mouse

  document.addEventListener('click', function (click) {
    if (click.target.closest('.cond')) {
      var row = click.target.closest('[data-less]');
      if (row) { row.closest('.test').remove(); reshape(); }
      else if (click.target.closest('[data-more-tests]')) reshape([['t-path', ''], ['t-op', ''], ['t-value', ''], ['t-more', '']], function (made) { return Array.from(made.querySelectorAll('[name=t-path]')).pop(); });
      else if (click.target.closest('[data-cancel]')) closeForm();
      return;
    }
    var turn = click.target.closest('[data-turn-to]'), button = click.target.closest('#tree [data-add], #tree [data-deed], #tree [data-change]'), node = click.target.closest('.tree .node');
    if (turn && !node.classList.contains('sel')) turn = null; // the first click chooses
    if (turn) edit('join', { node: node.dataset.node, joint: turn.dataset.turnTo });
    else if (button) { var menu = button.closest('details'); if (menu) menu.open = false; act(button); }
    else if (node && !click.target.closest('a')) { select(node); node.focus(); }
  });
  tree.addEventListener('dblclick', function (click) { var node = click.target.closest('.tree .node'); if (node && !node.dataset.group && !click.target.closest('a')) change(node); });

  // Keys

  var WAYS = { ArrowUp: 'up', ArrowDown: 'down', ArrowRight: 'in', ArrowLeft: 'out' }, JOINTS = { a: 'and', o: 'or', n: 'not' };
  document.addEventListener('keydown', function (key) {
    if (key.key === 'Escape' && form() && form().contains(key.target)) { key.preventDefault(); key.stopPropagation(); closeForm(); return; }
    var node = key.target.closest && key.target.closest('.tree .node');
    if (!node || key.target !== node || key.ctrlKey || key.metaKey || key.defaultPrevented) return;
    var number = node.dataset.node;
    if (key.altKey) { if (WAYS[key.key]) { key.preventDefault(); edit('move', { node: number, way: WAYS[key.key] }); } return; }
    if (JOINTS[key.key]) { key.preventDefault(); openForm(node, { joint: JOINTS[key.key] }); return; }
    if (key.key === 'd') { key.preventDefault(); edit('double', { node: number }); return; }
    if (key.key === 'Delete' || key.key === 'Backspace') { key.preventDefault(); edit('delete', { node: number }); return; }
    if (key.key === 'Enter') { key.preventDefault(); if (key.shiftKey) toWords(node); else change(node); return; }
    walk(key, node);
  });

  function walk(key, node) {
    var all = nodes(), at = all.indexOf(node), next = null;
    if (key.key === 'ArrowDown' || key.key === 'ArrowRight') next = all[at + 1];
    if (key.key === 'ArrowUp') next = all[at - 1];
    if (key.key === 'ArrowLeft') next = all.slice(0, at).reverse().find(function (one) { return Number(one.getAttribute('aria-level')) < Number(node.getAttribute('aria-level')); });
    if (key.key === 'Home') next = all[0];
    if (key.key === 'End') next = all[all.length - 1];
    if (next) { key.preventDefault(); select(next); next.focus(); }
  }

  function toWords(node) {
    if (!node.dataset.line) return;
    var lines = box.value.split('\n'), line = Number(node.dataset.line) - 1;
    // the place counts characters, the text box counts UTF-16 units
    var offset = lines.slice(0, line).join('\n').length + (line ? 1 : 0) + Array.from(lines[line] || '').slice(0, Number(node.dataset.column) - 1).join('').length;
    box.focus();
    box.setSelectionRange(offset, offset);
    ask.paint();
  }

  // Dragging: a mouse takes a node anywhere, a finger by its grip, so that a page can still be scrolled

  var drag = null, FAR = 6;
  tree.addEventListener('pointerdown', function (press) {
    var node = press.target.closest('.tree .node');
    if (!node || press.button || node.dataset.node === '0' || press.target.closest('a, input, select')) return;
    if (press.pointerType !== 'mouse' && !press.target.closest('.grip')) return;
    drag = { node: node, x: press.clientX, y: press.clientY, going: false, over: null, side: '' };
  });
  document.addEventListener('pointermove', function (move) {
    if (!drag) return;
    if (!drag.going && Math.hypot(move.clientX - drag.x, move.clientY - drag.y) < FAR) return;
    if (!drag.going) { drag.going = true; document.body.classList.add('dragging'); drag.node.classList.add('dragged'); }
    mark(move);
  });
  document.addEventListener('pointerup', function () {
    var done = drag;
    if (!done) return;
    stop();
    if (!done.going) return;
    function swallow(click) { click.stopPropagation(); click.preventDefault(); }
    window.addEventListener('click', swallow, true); // the click that ends a drag chooses nothing
    window.setTimeout(function () { window.removeEventListener('click', swallow, true); }, 0);
    if (done.over) edit('drop', { node: done.node.dataset.node, target: done.over.dataset.node, side: done.side });
  });
  document.addEventListener('pointercancel', stop);
  document.addEventListener('keydown', function (key) { if (key.key === 'Escape' && drag) stop(); });
  document.addEventListener('selectstart', function (start) { if (drag) start.preventDefault(); });

  function mark(move) {
    var under = document.elementFromPoint(move.clientX, move.clientY), over = under && under.closest('.tree .node');
    if (over && drag.node.parentElement.contains(over)) over = null;
    clear();
    drag.over = over;
    if (!over) return;
    var rect = over.getBoundingClientRect(), part = (move.clientY - rect.top) / rect.height, group = over.dataset.group !== '';
    drag.side = over.dataset.node === '0' ? 'in' : part < .3 ? 'before' : !group && part > .7 ? 'after' : 'in';
    over.classList.add('drop-' + drag.side);
  }

  function clear() { tree.querySelectorAll('.drop-before, .drop-after, .drop-in').forEach(function (one) { one.classList.remove('drop-before', 'drop-after', 'drop-in'); }); }

  function stop() {
    if (!drag) return;
    clear();
    drag.node.classList.remove('dragged');
    document.body.classList.remove('dragging');
    drag = null;
  }
})();
