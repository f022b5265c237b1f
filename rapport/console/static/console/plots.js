/* Plots of the console. Figures come from a JSON block, colours from the tokens, drawn anew when the theme changes.
   Canvas and rich-text tooltips only: HTML tooltips and the SVG renderer carry inline styles, which the policy strips. */
(function () {
  'use strict';
  var C, F, text;

  function readTokens() {
    var css = getComputedStyle(document.documentElement);
    function v(name) { return css.getPropertyValue('--' + name).trim(); }
    C = { ink: v('ink'), ink2: v('ink-2'), ink3: v('ink-3'), line: v('line'), strong: v('line-strong'), surface: v('surface'), accent: v('accent'), pale: v('accent-line'), soft: v('accent-soft'), bad: v('bad'), d: [v('d1'), v('d2'), v('d3'), v('d4'), v('d5'), v('d6')] };
    F = getComputedStyle(document.body).fontFamily;
    text = { color: C.ink3, fontFamily: F, fontSize: 11 };
  }

  function base(options) {
    return Object.assign({
      animation: false, color: C.d, textStyle: { fontFamily: F, color: C.ink2, fontSize: 12 }, aria: { enabled: true },
      grid: { left: 4, right: 8, top: 12, bottom: 4, containLabel: true },
      tooltip: { trigger: 'axis', renderMode: 'richText', backgroundColor: C.surface, borderColor: C.strong, borderWidth: 1, padding: 8, textStyle: { color: C.ink, fontFamily: F, fontSize: 12 }, axisPointer: { type: 'line', lineStyle: { color: C.strong, width: 1 } } }
    }, options);
  }

  function axis(options) { return Object.assign({ axisLine: { show: false }, axisTick: { show: false }, axisLabel: Object.assign({}, text), splitLine: { show: false }, nameTextStyle: text }, options); }
  function names(data, options) { return axis(Object.assign({ type: 'category', data: data, axisLine: { show: true, lineStyle: { color: C.strong } } }, options)); }
  function values(options) { return axis(Object.assign({ type: 'value', splitNumber: 3, splitLine: { show: true, lineStyle: { color: C.line } } }, options)); }
  function short(x) { return x >= 1e6 ? x / 1e6 + ' M' : x >= 1e4 ? x / 1e3 + ' k' : x.toLocaleString('en-US'); }
  function money(code) {
    return function (x) {
      try { return new Intl.NumberFormat('en-US', { style: 'currency', currency: code, maximumFractionDigits: 0, notation: x >= 1e5 ? 'compact' : 'standard' }).format(x); } catch (unknown) { return short(x); }
    };
  }

  var draw = {};

  draw.lanes = function (data, element) {
    var lanes = data.lanes.slice().reverse(), last = lanes.length - 1;
    function of(tone) { return data.points.filter(function (p) { return p[3] === tone; }).map(function (p) { return { value: [p[0], last - p[1], p[2]], fact: p[4], words: p[5] }; }); }
    function dots(tone, style) { return { type: 'scatter', data: of(tone), symbolSize: function (p) { return p[2]; }, itemStyle: style }; }
    var series = [dots('', { color: C.accent, opacity: .55 }), dots('bad', { color: C.bad }), dots('ahead', { color: C.surface, borderColor: C.accent, borderWidth: 1.5 })];
    series[0].markLine = { symbol: 'none', silent: true, data: [{ xAxis: data.now }], lineStyle: { color: C.ink3, type: 'solid', width: 1 }, label: { show: false } };
    return base({
      tooltip: Object.assign(base({}).tooltip, { trigger: 'item', formatter: function (p) { return p.data.words || ''; } }),
      grid: { left: 4, right: 12, top: 6, bottom: 2, containLabel: true },
      xAxis: axis({ type: 'time', min: data.since, max: data.until, splitNumber: element.clientWidth < 480 ? 4 : 8, axisLabel: Object.assign({}, text, { formatter: { year: '{yyyy}', month: '{MMM}' }, hideOverlap: true }) }),
      yAxis: axis({ type: 'category', data: lanes, splitLine: { show: true, lineStyle: { color: C.line } }, axisLabel: Object.assign({}, text, { color: C.ink2, fontSize: 12 }) }),
      series: series
    });
  };

  draw.quarters = function (data) {
    return base({
      grid: { left: 0, right: 4, top: 10, bottom: 0, containLabel: true },
      tooltip: Object.assign(base({}).tooltip, { valueFormatter: money(data.code) }),
      xAxis: names(data.names.map(function (name) { return /^Q1/.test(name) ? name : name.split(' ')[0]; }), { axisLabel: Object.assign({}, text, { interval: 0, hideOverlap: true }) }),
      yAxis: values({ axisLabel: Object.assign({}, text, { formatter: money(data.code) }) }),
      series: [
        { type: 'bar', name: data.words.earned, stack: 'quarter', barWidth: '58%', data: data.values, itemStyle: { color: C.accent } },
        { type: 'bar', name: data.words.expected, stack: 'quarter', data: data.expected, itemStyle: { color: C.pale, borderColor: C.accent, borderWidth: 1 } }
      ]
    });
  };

  // A segment's size by day, who came and who left below: two scales are two plots.
  draw.sizes = function (data) {
    function upto(options) { return Object.assign({ axisLabel: Object.assign({}, text, { formatter: short }), minInterval: 1, splitNumber: 2 }, options); }
    function bars(name, values, colour) { return { type: 'bar', name: name, data: values, stack: 'moved', xAxisIndex: 1, yAxisIndex: 1, barWidth: '62%', itemStyle: { color: colour } }; }
    var line = { type: 'line', name: data.words.people, data: data.people, symbol: 'none', lineStyle: { color: C.accent, width: 2 } };
    if (data.changed) line.markLine = { symbol: 'none', silent: true, data: [{ xAxis: data.changed }], lineStyle: { color: C.ink3, type: 'solid', width: 1 }, label: Object.assign({}, text, { formatter: data.words.changed }) };
    return base({
      grid: [{ left: 52, right: 8, top: 16, height: 104 }, { left: 52, right: 8, top: 148, height: 60 }],
      axisPointer: { link: [{ xAxisIndex: 'all' }] },
      xAxis: [names(data.names, { gridIndex: 0, axisLabel: { show: false } }), names(data.names, { gridIndex: 1, axisLine: { show: true, onZero: true, lineStyle: { color: C.strong } }, axisLabel: Object.assign({}, text, { hideOverlap: true }) })],
      yAxis: [values(upto({ gridIndex: 0 })), values(upto({ gridIndex: 1, axisLabel: Object.assign({}, text, { formatter: function (x) { return short(Math.abs(x)); } }) }))],
      series: [line, bars(data.words.came, data.came, C.accent), bars(data.words.left, data.left.map(function (n) { return -n; }), C.d[2])]
    });
  };

  draw.days = function (data) {
    return base({
      grid: { left: 0, right: 8, top: 10, bottom: 0, containLabel: true },
      xAxis: names(data.names, { axisLabel: Object.assign({}, text, { interval: 6 }) }),
      yAxis: values({ minInterval: 1, axisLabel: Object.assign({}, text, { formatter: short }) }),
      series: [{ type: 'bar', name: data.of, barWidth: '62%', data: data.values, itemStyle: { color: C.accent } }]
    });
  };

  // Mails above, who answered below: two scales are two plots, never two axes.
  draw.answered = function (data) {
    function bars(name, place, style, more) { return Object.assign({ type: 'bar', name: data.words[name], data: data[name].map(function (n) { return n || null; }), xAxisIndex: place, yAxisIndex: place, barWidth: '62%', itemStyle: style }, more); }
    var hollow = { color: C.pale, borderColor: C.accent, borderWidth: 1 };
    function above(options) { return Object.assign({ axisLabel: Object.assign({}, text, { formatter: short }), minInterval: 1, splitNumber: 2 }, options); }
    return base({
      grid: [{ left: 40, right: 8, top: 10, height: 72 }, { left: 40, right: 8, top: 102, height: 72 }],
      axisPointer: { link: [{ xAxisIndex: 'all' }] },
      tooltip: Object.assign(base({}).tooltip, { formatter: undefined }),
      xAxis: [names(data.full, { gridIndex: 0, axisLabel: { show: false } }), names(data.full, { gridIndex: 1, axisLabel: Object.assign({}, text, { formatter: function (day) { return day.split(' ')[0]; } }) })],
      yAxis: [values(above({ gridIndex: 0 })), values(above({ gridIndex: 1 }))],
      series: [bars('sent', 0, hollow), bars('opened', 1, hollow, { barGap: '-100%' }), bars('clicked', 1, { color: C.accent })]
    });
  };

  // Flows between silos: nodes grey in their order, colour says direction only.
  draw.sankey = function (data, element) {
    var small = element.clientWidth < 560, side = small ? 104 : 150;
    function node(position, depth) { return function (n) { return { name: n[0], depth: depth, itemStyle: { color: C.ink3 }, label: { position: position, formatter: '{b|' + n[1].replace(/[{}|]/g, ' ') + '}' + (small ? '\n' : ' ') + n[2].toLocaleString('en-US'), width: side - 12, overflow: 'truncate' } }; }; }
    function link(l) {
      var stays = l[3] === 'stayed' || l[3] === 'neither', colour = stays ? C.strong : l[3] === 'away' ? C.d[2] : C.accent;
      return { source: l[0], target: l[1], value: l[2], query: 'from=' + encodeURIComponent(l[4]) + '&to=' + encodeURIComponent(l[5]), lineStyle: { color: colour, opacity: stays ? .35 : .5 } };
    }
    return base({
      tooltip: Object.assign(base({}).tooltip, { trigger: 'item', formatter: function (p) { return p.dataType === 'edge' ? p.data.value.toLocaleString('en-US') : ''; } }),
      series: [{ type: 'sankey', left: side, right: side, top: 8, bottom: 8, nodeWidth: 8, nodeGap: 14, layoutIterations: 0, draggable: false, data: data.before.map(node('left', 0)).concat(data.after.map(node('right', 1))), links: data.links.map(link), label: { color: C.ink2, fontFamily: F, fontSize: 12, rich: { b: { fontWeight: 600, color: C.ink, fontFamily: F, fontSize: 12 } } }, lineStyle: { curveness: .5 }, emphasis: { focus: 'adjacency' } }]
    });
  };

  // Who holds how much, the most valuable first: one marked point with a sentence.
  draw.lorenz = function (data) {
    function curve(values) { return values.map(function (held, place) { return [100 * place / (values.length - 1), held === null ? null : 100 * held]; }); }
    var x = 100 * data.at[0], y = 100 * data.at[1], part = Object.assign({}, text, { formatter: '{value} %' });
    var point = { symbol: 'circle', symbolSize: 9, silent: true, itemStyle: { color: C.surface, borderColor: C.accent, borderWidth: 2 }, data: [{ coord: [x, y] }], label: { show: true, formatter: data.sentence, position: y > 70 ? [18, 14] : [16, 2], color: C.ink, fontFamily: F, fontSize: 12, lineHeight: 16, fontWeight: 600, align: 'left', textBorderColor: C.surface, textBorderWidth: 3 } };
    var lines = { symbol: 'none', silent: true, label: { show: false }, lineStyle: { color: C.ink3, type: [3, 3], width: 1 }, data: [[{ coord: [x, 0] }, { coord: [x, y] }], [{ coord: [0, y] }, { coord: [x, y] }]] };
    return base({
      grid: { left: 0, right: 22, top: 10, bottom: 20, containLabel: true },
      tooltip: Object.assign(base({}).tooltip, { valueFormatter: function (held) { return held === null || held === undefined ? '–' : held.toFixed(1) + ' %'; } }),
      xAxis: axis({ type: 'value', max: 100, interval: 20, axisLine: { show: true, lineStyle: { color: C.strong } }, axisLabel: part, name: data.words.customers, nameLocation: 'middle', nameGap: 24 }),
      yAxis: values({ max: 100, interval: 25, axisLabel: part }),
      series: [
        { type: 'line', name: data.words.value, data: curve(data.value), symbol: 'none', lineStyle: { width: 2.5, color: C.accent }, itemStyle: { color: C.accent }, areaStyle: { color: C.soft, opacity: .6 }, markPoint: point, markLine: lines, z: 3 },
        { type: 'line', name: data.words.past, data: curve(data.past), symbol: 'none', lineStyle: { width: 1.5, color: C.d[4] }, itemStyle: { color: C.d[4] } },
        { type: 'line', data: [[0, 0], [100, 100]], symbol: 'none', silent: true, tooltip: { show: false }, lineStyle: { width: 1, color: C.strong }, itemStyle: { color: C.strong } }
      ]
    });
  };

  // A whisker from low to high, at a name of the axis.
  function whisker(params, api) {
    var low = api.coord([api.value(0), api.value(1)]), high = api.coord([api.value(0), api.value(2)]), cap = 4, style = { stroke: C.ink, lineWidth: 1.5 };
    function line(x1, y1, x2, y2) { return { type: 'line', shape: { x1: x1, y1: y1, x2: x2, y2: y2 }, style: style }; }
    return { type: 'group', children: [line(low[0], low[1], high[0], high[1]), line(low[0] - cap, low[1], low[0] + cap, low[1]), line(high[0] - cap, high[1], high[0] + cap, high[1])] };
  }

  // Actual against forecast: bars, dots, and whiskers on the dots where it was to lie.
  draw.tenths = function (data) {
    var hollow = { color: C.pale, borderColor: C.accent, borderWidth: 1 };
    var likely = { type: 'custom', name: data.words.likely, renderItem: whisker, data: data.likely.map(function (limits, place) { return [place, limits[0], limits[1]]; }), encode: { x: 0, y: [1, 2], tooltip: [1, 2] }, itemStyle: { color: C.ink }, z: 6, silent: true };
    return base({
      grid: { left: 0, right: 8, top: 10, bottom: 20, containLabel: true },
      tooltip: Object.assign(base({}).tooltip, { valueFormatter: money(data.code) }),
      xAxis: names(data.names, { name: data.words.tenths, nameLocation: 'middle', nameGap: 24 }),
      yAxis: values({ axisLabel: Object.assign({}, text, { formatter: money(data.code) }) }),
      series: [{ type: 'bar', name: data.words.did, data: data.did, barWidth: '52%', itemStyle: hollow }, { type: 'scatter', name: data.words.said, data: data.said, symbolSize: 7, itemStyle: { color: C.accent, opacity: 1 }, z: 7 }].concat(data.likely.length ? [likely] : [])
    });
  };

  // Repeat orders week by week, and the day beyond which the model saw nothing.
  draw.weeks = function (data) {
    function steps(values) { return values.map(function (n, week) { return [week, n]; }); }
    // the band of what was likely, from the cut on: its lower edge unseen, and above it what lies between
    var none = { type: 'line', symbol: 'none', silent: true, stack: 'likely', lineStyle: { opacity: 0 }, tooltip: { show: false } };
    var spread = data.high.map(function (n, week) { return n - data.low[week]; });
    var band = data.low.length ? [Object.assign({}, none, { data: steps(data.low).slice(data.cut) }), Object.assign({}, none, { data: steps(spread).slice(data.cut), areaStyle: { color: C.pale, opacity: .7 } })] : [];
    var last = data.did.length - 1, share = last ? data.cut / last : 0;
    var cut = { symbol: 'none', silent: true, data: [{ xAxis: data.cut }], lineStyle: { color: C.ink3, type: 'solid', width: 1 }, label: Object.assign({}, text, { formatter: data.words.cut, position: 'end', rotate: 0, distance: 6, color: C.ink2, align: share > .75 ? 'right' : share < .25 ? 'left' : 'center' }) };
    return base({
      grid: { left: 0, right: 10, top: 26, bottom: 20, containLabel: true },
      tooltip: Object.assign(base({}).tooltip, { valueFormatter: function (n) { return Math.round(n).toLocaleString('en-US'); } }),
      xAxis: axis({ type: 'value', min: 0, max: last, interval: last > 26 ? 13 * Math.ceil(last / 78) : undefined, axisLine: { show: true, lineStyle: { color: C.strong } }, axisLabel: Object.assign({}, text, { hideOverlap: true, showMaxLabel: false }), name: data.words.weeks, nameLocation: 'middle', nameGap: 24 }),
      yAxis: values({ minInterval: 1, axisLabel: Object.assign({}, text, { formatter: short }) }),
      series: band.concat([{ type: 'line', name: data.words.said, data: steps(data.said), symbol: 'none', lineStyle: { color: C.accent, width: 2 }, itemStyle: { color: C.accent }, markLine: cut }, { type: 'line', name: data.words.did, data: steps(data.did), symbol: 'none', lineStyle: { color: C.ink, width: 1.5, type: [4, 3] }, itemStyle: { color: C.ink } }])
    });
  };

  // How often the interval held, and how often it was meant to.
  draw.held = function (data) {
    var meant = { symbol: 'none', silent: true, data: [{ yAxis: 90 }], lineStyle: { color: C.ink, type: [4, 3], width: 1.5 }, label: { show: false } };
    return base({
      grid: { left: 0, right: 8, top: 10, bottom: 20, containLabel: true },
      tooltip: Object.assign(base({}).tooltip, { valueFormatter: function (part) { return part.toFixed(1) + ' %'; } }),
      xAxis: names(data.names, { name: data.words.tenths, nameLocation: 'middle', nameGap: 24 }),
      yAxis: values({ max: 100, interval: 25, axisLabel: Object.assign({}, text, { formatter: '{value} %' }) }),
      series: [{ type: 'bar', name: data.words.held, data: data.held.map(function (part) { return 100 * part; }), barWidth: '52%', itemStyle: { color: C.pale, borderColor: C.accent, borderWidth: 1 }, markLine: meant }]
    });
  };

  // How many are worth how much: bars that touch, each as wide as a factor.
  draw.spread = function (data) {
    return base({
      grid: { left: 0, right: 8, top: 10, bottom: 0, containLabel: true },
      xAxis: names(data.names, { axisLabel: Object.assign({}, text, { hideOverlap: true, formatter: function (name) { return name.split(' – ')[0]; } }) }),
      yAxis: values({ minInterval: 1, axisLabel: Object.assign({}, text, { formatter: short }) }),
      series: [{ type: 'bar', name: data.words.people, barWidth: '92%', data: data.people, itemStyle: { color: C.accent } }]
    });
  };

  function paint(element) {
    var source = document.getElementById(element.getAttribute('data-source')), kind = draw[element.getAttribute('data-plot')];
    if (!source || !kind) return;
    var chart = echarts.getInstanceByDom(element) || echarts.init(element, null, { renderer: 'canvas' });
    chart.setOption(kind(JSON.parse(source.textContent), element), true);
    chart.off('click');
    chart.on('click', function (mark) {
      var address = element.getAttribute('data-fact');
      if (element.hasAttribute('data-days')) window.location.assign(element.getAttribute('data-days') + JSON.parse(source.textContent).days[mark.dataIndex]);
      if (address && mark.data && mark.data.query) window.location.assign(address + '?' + mark.data.query);
      if (address && mark.data && mark.data.fact) window.location.assign(address.replace(/0\/$/, mark.data.fact + '/'));
    });
  }

  function paintAll() {
    readTokens();
    document.querySelectorAll('[data-plot]').forEach(paint);
  }

  document.addEventListener('theme', paintAll);
  document.addEventListener('htmx:after:settle', paintAll);
  window.addEventListener('resize', function () {
    document.querySelectorAll('[data-plot]').forEach(function (element) { var chart = echarts.getInstanceByDom(element); if (chart) chart.resize(); });
  });
  paintAll();
})();
