// SPDX-License-Identifier: MIT
// Draws what the server tells: columns of the waveform on the time of the bus, gaps and bad packets where
// they were.
'use strict';

const VIEW_US = 8e6;
const FULL_SCALE = 32768;
const FLOOR_DB = -60;
const METER_US = 300000;
const VALUES = 3; // of each channel in a column: lowest, highest, effective

const element = (id) => document.getElementById(id);
const names = (channels) => (channels === 2 ? ['L', 'R'] : Array.from({ length: channels }, (_, i) => `${i + 1}`));
const plural = (count, thing) => `${count.toLocaleString('en')} ${thing}${count === 1 ? '' : 's'}`;
const seconds = (us) => `${(us / 1e6).toFixed(3)} s`;

let format = null;
let now = { at: 0 };
let columns = [];
let marks = [];

// The service interval at the left edge, and how many there are across.
function view() {
  const across = VIEW_US / format.intervalUs;
  return { across, from: Math.max(0, now.at - across) };
}

// --- waveform ---

function fitCanvas(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  return { context, width, height };
}

function drawGrid(context, width, height, lanes, color) {
  context.fillStyle = color('--grid');
  const { across, from } = view();
  const perSecond = 1e6 / format.intervalUs;
  for (let at = Math.ceil(from / perSecond) * perSecond; at <= from + across; at += perSecond) {
    context.fillRect(Math.round((at - from) / across * width), 0, 1, height);
  }
  for (let lane = 0; lane < lanes; lane++) context.fillRect(0, Math.round((lane + 0.5) * height / lanes), width, 1);
}

function drawWave(context, width, height, color) {
  const { across, from } = view();
  const lanes = format.channels;
  const half = height / lanes / 2 - 4;
  const step = format.perColumn / across * width;
  for (const [index, ...values] of columns) {
    const left = (index * format.perColumn - from) / across * width;
    if (left + step < 0) continue;
    const x = Math.round(left);
    const wide = Math.max(Math.round(left + step) - x, 1);
    for (let lane = 0; lane < lanes; lane++) {
      const [min, max, power] = values.slice(lane * VALUES, (lane + 1) * VALUES).map((one) => one / FULL_SCALE * half);
      const middle = (lane + 0.5) * height / lanes;
      context.fillStyle = color('--peak');
      context.fillRect(x, middle - max, wide, Math.max(max - min, 1));
      context.fillStyle = color('--power');
      context.fillRect(x, middle - power, wide, Math.max(2 * power, 1));
    }
  }
}

function drawCanvas() {
  const { context, width, height } = fitCanvas(element('canvas'));
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name);
  drawGrid(context, width, height, format.channels, color);
  drawWave(context, width, height, color);
}

// --- marks, and the times below ---

const markText = ({ kind, lost, text }) => (kind === 'gap' ? `${lost} lost` : text);

function makeMark(mark) {
  const node = document.createElement('div');
  node.className = `mark ${mark.kind}`;
  node.dataset.at = mark.at;
  if (mark.kind === 'gap') node.dataset.lost = mark.lost;
  const label = document.createElement('span');
  label.textContent = markText(mark);
  node.append(label);
  return node;
}

function placeMarks() {
  const { across, from } = view();
  const percent = (count) => `${count / across * 100}%`;
  marks = marks.filter(({ mark, node }) => {
    const there = mark.at + (mark.lost ?? 0) >= from;
    if (!there) node.remove();
    return there;
  });
  for (const { mark, node } of marks) {
    node.style.left = percent(mark.at - from);
    node.style.width = percent(mark.lost ?? 0);
    node.classList.toggle('left', mark.at - from > across * 0.85);
  }
}

function drawAxis() {
  const { across, from } = view();
  const parts = 8;
  element('axis').replaceChildren(...Array.from({ length: parts + 1 }, (_, i) => {
    const label = document.createElement('span');
    label.style.left = `${i / parts * 100}%`;
    label.textContent = `${((from + i / parts * across) * format.intervalUs / 1e6).toFixed(1)} s`;
    return label;
  }));
}

// --- numbers ---

const decibels = (value) => (value > 0 ? Math.max(20 * Math.log10(value / FULL_SCALE), FLOOR_DB) : FLOOR_DB);
const place = (db) => `${(1 - db / FLOOR_DB) * 100}%`;

function makeMeters() {
  element('meters').replaceChildren(...names(format.channels).map((name) => {
    const meter = document.createElement('div');
    meter.className = 'meter';
    meter.innerHTML = '<b></b><div class="bar"><i></i><u></u></div><output></output>';
    meter.querySelector('b').textContent = name;
    return meter;
  }));
}

// Of the newest columns: effective value as a bar, peak as a line and in figures.
function drawMeters() {
  const recent = columns.slice(-Math.round(METER_US / format.intervalUs / format.perColumn));
  element('meters').childNodes.forEach((meter, lane) => {
    const of = (column, value) => column[1 + lane * VALUES + value];
    const squares = recent.reduce((sum, column) => sum + of(column, 2) ** 2, 0);
    const peak = recent.reduce((most, column) => Math.max(most, of(column, 1), -of(column, 0)), 0);
    meter.querySelector('i').style.width = place(decibels(Math.sqrt(squares / Math.max(recent.length, 1))));
    meter.querySelector('u').style.left = place(decibels(peak));
    meter.querySelector('output').textContent = `${decibels(peak).toFixed(1).replace('-', '−')} dB`;
  });
}

function drawNumbers() {
  for (const name of ['packets', 'bad', 'gaps', 'lost']) {
    const value = now[name] ?? 0;
    element(name).textContent = value.toLocaleString('en');
    element(name).classList.toggle('some', value > 0);
  }
  const knows = { exact: 'checked against the bus', timed: 'checked against the clock', unknown: 'an estimate' };
  element('trust').textContent = now.trust ? `· ${knows[now.trust]}` : '';
}

function logMark(mark) {
  const line = document.createElement('li');
  line.className = mark.kind;
  const [when, what, more] = ['em', 'b', 'span'].map((tag) => document.createElement(tag));
  when.textContent = seconds(mark.at * format.intervalUs);
  what.textContent = mark.kind === 'gap' ? 'gap' : 'bad packet';
  more.textContent = mark.kind === 'gap' ?
    `${plural(mark.lost, 'service interval')} lost before interval ${mark.at + mark.lost}` :
    `interval ${mark.at}: ${mark.text}`;
  line.append(when, what, more);
  element('log').prepend(line);
}

// --- what the server says ---

let drawn = Promise.resolve();
let waiting = false;

function draw() {
  waiting = false;
  if (!format) return;
  drawCanvas();
  placeMarks();
  drawAxis();
  drawMeters();
  drawNumbers();
}
function drawSoon() {
  if (waiting) return;
  waiting = true;
  drawn = new Promise((resolve) => { requestAnimationFrame(() => { draw(); resolve(); }); });
}

function setState(state, text) {
  element('state').dataset.state = state;
  element('state').firstElementChild.textContent = text;
}

const hear = {
  format(message) {
    format = message;
    element('device').textContent = format.device;
    element('about').textContent = `endpoint ${format.endpoint} IN · ${plural(format.channels, 'channel')} of 16 bits · ` +
      `a packet each ${format.intervalUs < 1000 ? `${format.intervalUs} µs` : `${format.intervalUs / 1000} ms`}`;
    makeMeters();
    setState('live', 'live');
  },
  data(message) {
    now = message;
    columns.push(...message.columns);
    const first = (view().from - VIEW_US / format.intervalUs) / format.perColumn;
    if (columns.length && columns[0][0] < first) columns = columns.filter(([index]) => index >= first);
    for (const mark of message.marks) {
      const node = makeMark(mark);
      marks.push({ mark, node });
      element('marks').append(node);
      logMark(mark);
    }
  },
  end({ reason }) { setState('ended', `ended: ${reason}`); },
};

function connect() {
  const socket = new WebSocket(`ws://${location.host}/stream`);
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    hear[message.type](message);
    drawSoon();
  };
  socket.onclose = ({ code, reason }) => {
    if (element('state').dataset.state === 'ended') return;
    setState('lost', code === 1013 ? `this page was ${reason}` : 'the server has gone');
  };
}

new ResizeObserver(drawSoon).observe(element('wave'));
connect();
