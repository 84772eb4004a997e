// SPDX-License-Identifier: MIT
// The web page's server with the module and the simulated device, in a guest: what a page is told. What it
// was told is kept for page.test.js, in the folder that RECORDS names.
'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const test = require('node:test');
const WebSocket = require('ws');
const { plug } = require('../vm/scene');

const SERVER = require.resolve('../../examples/scope/server.js');
const RECORD = '/tmp/stream.jsonl';
// The IN endpoint says again what came out of the OUT endpoint 16 ms before: 48 kHz, stereo.
const LOOP = { options: ['--alternate', 'in:0x82:192:4:loop=2,out:0x02:192:4'] };

async function serve(t, ...options) {
  const server = spawn(process.execPath, [SERVER, '--port', '0', ...options, '1209:0001', '1', '2'],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => { server.once('exit', resolve); });
  t.after(async () => {
    server.kill('SIGINT');
    assert.equal(await ended, 0);
  });
  for await (const address of readline.createInterface(server.stdout)) return address;
  throw new Error('the server said no address');
}

// Everything that a page hears until the end.
function listen(address) {
  return new Promise((resolve, reject) => {
    const { host, origin } = new URL(address);
    const socket = new WebSocket(`ws://${host}/stream`, { origin });
    const messages = [];
    socket.on('error', reject);
    socket.on('message', (text) => {
      messages.push(JSON.parse(text));
      if (messages.at(-1).type !== 'end') return;
      socket.close();
      resolve(messages);
    });
  });
}

test('a page is told every gap and every bad packet where it was, and the sound between', async (t) => {
  const scene = await plug(t, LOOP);
  for (const fault of ['hole@2000:pipe=0x82:n=100', 'hole@4000:pipe=0x82:n=5', 'crc@5205:pipe=0x82']) {
    scene.fault(fault);
  }
  const address = await serve(t, '--tone', '--seconds', '7', '--record', RECORD);
  const messages = await listen(address);
  assert.deepEqual(messages[0], {
    type: 'format', device: 'Simulated isochronous device', endpoint: 2, intervalUs: 1000, channels: 2, perColumn: 10,
  });
  assert.deepEqual(messages.flatMap(({ marks = [] }) => marks), [
    { kind: 'gap', at: 2000, lost: 100 }, { kind: 'gap', at: 4100, lost: 5 },
    { kind: 'bad', at: 5310, status: 'error', text: 'CRC error' },
  ]);
  const { at, packets, bad, gaps, lost } = messages.at(-2);
  assert.deepEqual({ at, packets, bad, gaps, lost }, { at: 7001, packets: 6896, bad: 1, gaps: 2, lost: 105 });
  assert.deepEqual(messages.at(-1), { type: 'end', reason: 'the time is over' });
  // From where the tone began: a column for each 10 ms, but for those that were lost whole.
  const indexes = messages.flatMap(({ columns = [] }) => columns).map(([index]) => index);
  const [first] = indexes;
  assert.ok(first < 50, `the tone begins in column ${first}`);
  const wanted = Array.from({ length: 700 - first }, (_, i) => first + i).filter((i) => i < 200 || i >= 210);
  assert.deepEqual(indexes, wanted);
  const record = fs.readFileSync(RECORD, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(record, messages);
  // Not before: while a guest waits for its host's disk its clock runs.
  fs.copyFileSync(RECORD, path.join(process.env.RECORDS, path.basename(RECORD)));
});

test('a page is told when the device goes', async (t) => {
  const scene = await plug(t, LOOP);
  scene.fault('vanish@500:pipe=0x82');
  const messages = await listen(await serve(t));
  assert.match(messages.at(-1).reason, /the device was disconnected|No such device/);
  assert.equal(messages.at(-2).packets, 500);
});
