// SPDX-License-Identifier: MIT
// The web page, in Chromium: what it shows of the stream that stream.test.js recorded in the folder RECORDS.
// Screenshots go there, too.
'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const readline = require('node:readline');
const test = require('node:test');
const WebSocket = require('ws');
const { Chromium } = require('./chromium');

const SERVER = require.resolve('../../examples/scope/server.js');
const { RECORDS } = process.env;

const RECORD = path.join(RECORDS, 'stream.jsonl');

async function replay(t, record = RECORD) {
  const server = spawn(process.execPath, [SERVER, '--port', '0', '--replay', record],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => { server.once('exit', resolve); });
  t.after(async () => {
    server.kill('SIGINT');
    await ended;
  });
  for await (const address of readline.createInterface(server.stdout)) return { address, server, ended };
  throw new Error('the server said no address');
}

async function look(t, address, options) {
  const chromium = new Chromium();
  t.after(() => chromium.close());
  await chromium.open(address, options);
  return chromium;
}

// In the page: until its state is this one, and that is drawn.
const until = async (state) => {
  while (document.getElementById('state')?.dataset.state !== state) {
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  await drawn;
};

const texts = () => Object.fromEntries(['device', 'about', 'state', 'packets', 'bad', 'gaps', 'lost', 'trust']
  .map((id) => [id, document.getElementById(id).textContent.trim()]));

const marks = () => {
  const wave = document.getElementById('wave').getBoundingClientRect();
  return [...document.querySelectorAll('#marks .mark')].map((mark) => {
    const { left, width } = mark.getBoundingClientRect();
    return {
      kind: mark.classList[1], text: mark.textContent, at: Math.round((left - wave.left) / wave.width * 8000),
      lost: width > 3 ? Math.round(width / wave.width * 8000) : null,
    };
  });
};

// Whether anything is drawn right above the middle of a channel's lane, at a service interval.
const isDrawn = (at, lane) => {
  const canvas = document.getElementById('canvas');
  const x = Math.round(at / 8000 * canvas.width);
  const y = Math.round((lane + 0.5) * canvas.height / 2) - 5;
  return canvas.getContext('2d').getImageData(x, y, 1, 1).data[3] > 0;
};

test('the page shows the stream, its numbers, and each gap where it was', async (t) => {
  const { address } = await replay(t);
  const chromium = await look(t, address, { height: 812 });
  await chromium.run(until, 'ended');
  assert.deepEqual(await chromium.run(texts), {
    device: 'Simulated isochronous device', about: 'endpoint 2 IN · 2 channels of 16 bits · a packet each 1 ms',
    state: 'ended: the time is over', packets: '6,896', bad: '1', gaps: '2', lost: '105',
    trust: '· checked against the bus',
  });
  assert.deepEqual(await chromium.run(marks), [
    { kind: 'gap', text: '100 lost', at: 2000, lost: 100 }, { kind: 'gap', text: '5 lost', at: 4100, lost: null },
    { kind: 'bad', text: 'CRC error', at: 5310, lost: null },
  ]);
  assert.deepEqual(await chromium.run(() => [...document.querySelectorAll('#log li')].map((line) => line.innerText
    .replace(/\s+/g, ' '))), [
    '5.310 s bad packet interval 5310: CRC error', '4.100 s gap 5 service intervals lost before interval 4105',
    '2.000 s gap 100 service intervals lost before interval 2100',
  ]);
  for (const lane of [0, 1]) {
    assert.equal(await chromium.run(isDrawn, lane ? 2700 : 1300, lane), true, `lane ${lane}: sound`);
    assert.equal(await chromium.run(isDrawn, 2050, lane), false, `lane ${lane}: nothing in the gap`);
    assert.equal(await chromium.run(isDrawn, 7500, lane), false, `lane ${lane}: nothing after the end`);
  }
  await chromium.screenshot(path.join(RECORDS, 'page.png'));
});

test('in the dark, and on a narrow screen, it shows the same', async (t) => {
  const { address } = await replay(t);
  const chromium = await look(t, address, { width: 420, height: 1000, scheme: 'dark' });
  await chromium.run(until, 'ended');
  assert.equal((await chromium.run(marks)).length, 3);
  assert.equal(await chromium.run(() => document.documentElement.scrollWidth), 420);
  await chromium.screenshot(path.join(RECORDS, 'page-narrow.png'));
});

test('the page says when the server goes', async (t) => {
  const begun = path.join(RECORDS, 'begun.jsonl');
  fs.writeFileSync(begun, fs.readFileSync(RECORD, 'utf8').split('\n').slice(0, 300).join('\n'));
  const { address, server } = await replay(t, begun);
  const chromium = await look(t, address);
  await chromium.run(until, 'live');
  server.kill('SIGINT');
  await chromium.run(until, 'lost');
  assert.equal((await chromium.run(texts)).state, 'the server has gone');
});

test('the server ends when it is told to, although a browser keeps a connection open', { timeout: 50000 }, async (t) => {
  const { address, server, ended } = await replay(t);
  const socket = net.connect(new URL(address).port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  await new Promise((resolve) => { socket.once('connect', resolve); });
  await (await fetch(address)).text();
  server.kill('SIGINT');
  await ended;
  assert.equal(server.exitCode, 0);
});

test('only its own page hears the stream, and only its own files are served', async (t) => {
  const { address } = await replay(t);
  const { host } = new URL(address);
  const status = (headers) => new Promise((resolve) => {
    const socket = new WebSocket(`ws://${host}/stream`, { headers });
    socket.on('unexpected-response', (_, response) => { resolve(response.statusCode); socket.terminate(); });
    socket.on('open', () => { resolve('open'); socket.terminate(); });
    socket.on('error', () => {});
  });
  assert.equal(await status({ origin: `http://${host}` }), 'open');
  assert.equal(await status({ origin: 'http://example.org' }), 401);
  assert.equal(await status({}), 401);
  assert.equal(await status({ origin: 'http://example.org', host: 'example.org' }), 401);
  const get = async (name) => (await fetch(new URL(name, address))).status;
  assert.deepEqual(await Promise.all(['/', '/scope.js', '/style.css', '/server.js', '/../server.js', '/page'].map(get)),
    [200, 200, 200, 404, 404, 404]);
});
