// SPDX-License-Identifier: MIT
// Streams over an endpoint, threads, garbage, and the end of a process, on the simulated device.
'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const test = require('node:test');
const { Worker } = require('node:worker_threads');
const { ready, rejects, counterOf, pattern, pause } = require('./scene');
const { createUSB, IsochronousInStream, IsochronousOutStream, isochronousInfo } = require('../..');

const FULL = 1024;
// 256 ms under way: counted in instructions, starting and collecting garbage take far longer than in life.
const AHEAD = { packets: 32, transfers: 64 };

async function read(stream, count) {
  const results = [];
  for await (const result of stream) {
    results.push(result);
    if (results.length === count) break;
  }
  return results;
}

test('an async iterator reads without a gap, and says so', async (t) => {
  const { device } = await ready(t, 1);
  const stream = new IsochronousInStream(device, 1, AHEAD);
  const results = await read(stream, 100);
  const counter = counterOf(results[0].packets[0].data);
  results.forEach((result, i) => assert.equal(counterOf(result.packets[0].data), counter + 32 * i));
  const { transfers, packets, badPackets, gaps, bytes } = stream.statistics;
  assert.deepEqual({ transfers, packets, badPackets, gaps, bytes },
    { transfers: 100, packets: 3200, badPackets: 0, gaps: 0, bytes: 3200 * FULL });
  assert.equal((await device.isochronousTransferIn(1, [FULL])).status, 'ok');
});

test('a hole is told with its service intervals, and bad packets are kept apart', async (t) => {
  const scene = await ready(t, 1);
  scene.fault('hole@800:pipe=0x81:n=5');
  scene.fault('crc@1600:pipe=0x81');
  const stream = new IsochronousInStream(scene.device, 1, AHEAD);
  const results = await read(stream, 70);
  const lost = results.map(isochronousInfo).reduce((sum, { gap, innerGap }) => sum + gap + innerGap, 0);
  assert.equal(lost, 5);
  const { gaps, lostIntervals, badPackets } = stream.statistics;
  assert.deepEqual({ gaps, lostIntervals, badPackets }, { gaps: 1, lostIntervals: 5, badPackets: 1 });
});

test('a ReadableStream asks for no more than was taken', async (t) => {
  const scene = await ready(t, 1);
  const stream = new IsochronousInStream(scene.device, 1, { packets: 8, transfers: 4, backlog: 2 });
  const reader = stream.readable.getReader();
  await reader.read();
  // The consumer sleeps for far longer than four transfers take; then there is a gap, and no flood.
  await pause(200);
  assert.ok(scene.stats(0x81).transfers <= 1 + 4 + 2, 'back-pressure');
  let lost = 0;
  for (let i = 0; i < 20; i++) lost += isochronousInfo((await reader.read()).value).gap;
  assert.ok(lost > 0, 'the gap is told');
  await reader.cancel();
  assert.equal((await reader.read()).done, true);
});

test('a WritableStream sends what was written, in order, without a gap', async (t) => {
  const scene = await ready(t, 1);
  const stream = new IsochronousOutStream(scene.device, 1, { transfers: 32 });
  const writer = stream.writable.getWriter();
  // Made before: who writes must keep up with the bus, or the gap is real.
  const chunks = Array.from({ length: 40 }, (_, i) =>
    Buffer.concat(Array.from({ length: 64 }, (__, j) => pattern(FULL, 0x01, 64 * i + j))));
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
  assert.equal(stream.statistics.gaps, 0);
  const { good, bad, jumps, missing, streams } = scene.stats(0x01);
  assert.deepEqual({ good, bad, jumps, missing, streams },
    { good: 2560, bad: 0, jumps: 0, missing: 0, streams: 1 });
});

test('an AbortSignal ends a stream, reading or writing', async (t) => {
  const { device } = await ready(t, 1);
  const controller = new AbortController();
  const input = new IsochronousInStream(device, 1, { signal: controller.signal });
  const output = new IsochronousOutStream(device, 1, { signal: controller.signal });
  const iterator = input[Symbol.asyncIterator]();
  await iterator.next();
  await output.write(new Uint8Array(FULL));
  controller.abort();
  await rejects((async () => { for (;;) if ((await iterator.next()).done) return; })(), 'AbortError');
  await rejects(output.write(new Uint8Array(FULL)), 'AbortError');
});

test('unplugging ends a stream with NotFoundError after what had come', async (t) => {
  const scene = await ready(t, 1);
  scene.fault('vanish@400:pipe=0x81');
  const stream = new IsochronousInStream(scene.device, 1, { packets: 8 });
  await rejects((async () => { for await (const { packets } of stream) assert.equal(packets.length, 8); })(),
    'NotFoundError');
  assert.ok(stream.statistics.transfers >= 32);
});

const HOUR = 3600;
const PACKETS = 4;

test('memory, files and threads do not grow while an hour is streamed', async (t) => {
  // A packet each 1.024 s: what an hour costs is what its transfers cost. 12 KiB in each: lost, they would show.
  const { device } = await ready(t, 1, { options: ['--alternate', 'in:0x81:1024x3:14'] });
  const stream = new IsochronousInStream(device, 1, { packets: PACKETS });
  const transfers = Math.ceil(HOUR * 1e6 / stream.intervalUs / PACKETS);
  let count = 0;
  let early;
  for await (const { packets, status } of stream) {
    assert.equal(packets.length, PACKETS);
    assert.equal(status, 'ok');
    if (++count === 300) early = await usage();
    if (count === transfers) break;
  }
  const late = await usage();
  assert.equal(stream.statistics.gaps, 0);
  assert.deepEqual([late.files, late.threads], [early.files, early.threads]);
  assert.ok(late.heap - early.heap < 256 * 1024, `${late.heap - early.heap} bytes of JavaScript more`);
  assert.ok(late.rss - early.rss < 4 * 1024 * 1024, `${late.rss - early.rss} bytes in all more`);
  t.diagnostic(`${count} transfers, ${count * PACKETS * stream.intervalUs / 1e6} s; more: ${late.heap - early.heap} bytes of ` +
    `JavaScript, ${late.rss - early.rss} in all`);
});

// Of this process, when nothing is left to be collected. Memory of buffers is given back a turn later.
async function usage() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await pause(1);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const count = (name) => fs.readdirSync(`/proc/self/${name}`).length;
  return { heap: heapUsed + external, rss, files: count('fd'), threads: count('task') };
}

test('garbage collection at every turn changes nothing', async (t) => {
  const { device } = await ready(t, 1);
  const stream = new IsochronousInStream(device, 1, { packets: 64, transfers: 4 });
  const controller = new AbortController();
  for await (const result of stream) {
    const dropped = device.isochronousTransferIn(1, [FULL], { signal: controller.signal }).catch(() => {});
    globalThis.gc();
    assert.equal(result.status, 'ok');
    assert.equal(counterOf(result.packets[63].data), counterOf(result.packets[0].data) + 63);
    if (stream.statistics.transfers === 8) controller.abort();
    if (stream.statistics.transfers === 16) break;
    await dropped;
  }
});

test('what is dropped without close() is closed by the garbage collector, when its transfers are over', async (t) => {
  const scene = await ready(t, 1);
  await scene.device.close();
  const before = await usage();
  const open = async () => {
    const [device] = await createUSB().getDevices();
    await device.open();
    return device;
  };
  for (let i = 0; i < 20; i++) await open();
  let results = 0;
  const stream = async () => {
    const device = await open();
    await device.claimInterface(0);
    await device.selectAlternateInterface(0, 1);
    for (let i = 0; i < 10; i++) device.isochronousTransferIn(1, [FULL, FULL]).then(() => results++);
  };
  await stream();
  let now = await usage();
  for (let turns = 0; turns < 20 && (results < 10 || now.files > before.files); turns++) now = await usage();
  assert.deepEqual([results, now.files, now.threads], [10, before.files, before.threads]);
});

function inWorker(code) {
  const setUp = `
    const { createUSB } = require(${JSON.stringify(require.resolve('../..'))});
    const { parentPort } = require('node:worker_threads');
    (async () => {
      const [device] = await createUSB().getDevices();
      await device.open();
      await device.claimInterface(0);
      await device.selectAlternateInterface(0, 1);
      ${code}
    })();`;
  return new Worker(setUp, { eval: true });
}

test('a worker thread streams; terminated with anything under way it leaves nothing behind', async (t) => {
  const { device } = await ready(t, 1);
  await device.close();
  const long = 'device.isochronousTransferIn(1, new Array(8000).fill(1024));';
  const setup = "{ requestType: 'vendor', recipient: 'device', request: 3, value: 0xffff, index: 0 }";
  for (const underWay of [long.repeat(10), `${long} device.selectAlternateInterface(0, 1); device.clearHalt('in', 1);`,
    `device.controlTransferIn(${setup}, 8); device.controlTransferOut(${setup}); ${long} device.close();`]) {
    const worker = inWorker(`
      const one = await device.isochronousTransferIn(1, [1024, 1024]);
      process.on('unhandledRejection', () => {});
      ${underWay}
      parentPort.postMessage(one.status);
      setInterval(() => {}, 1000);`);
    assert.equal(await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject)), 'ok');
    await worker.terminate();
  }
  await device.open();
  await device.claimInterface(0);
  await device.selectAlternateInterface(0, 1);
  assert.equal((await device.isochronousTransferIn(1, [FULL])).status, 'ok');
});

test('a process exits cleanly with transfers pending, and by itself when none are', async (t) => {
  const { device } = await ready(t, 1);
  await device.close();
  const run = (code) => spawnSync(process.execPath, ['-e', `
    const { usb } = require(${JSON.stringify(require.resolve('../..'))});
    (async () => {
      const [device] = await usb.getDevices();
      await device.open();
      await device.claimInterface(0);
      await device.selectAlternateInterface(0, 1);
      ${code}
    })();`], { encoding: 'utf8', timeout: 60000 });
  const pending = run(`for (let i = 0; i < 10; i++) device.isochronousTransferIn(1, new Array(8000).fill(1024));
    setTimeout(() => process.exit(7), 50);`);
  assert.deepEqual([pending.status, pending.stderr], [7, '']);
  const idle = run('console.log((await device.isochronousTransferIn(1, [1024])).status);');
  assert.deepEqual([idle.status, idle.stdout, idle.stderr], [0, 'ok\n', '']);
});

test('the level meter shows levels, each gap, and adds up', async (t) => {
  const scene = await ready(t, 6);
  await scene.device.close();
  scene.fault('hole@500:pipe=0x81:n=5');
  const meter = require.resolve('../../examples/level-meter.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [meter, '1209:0001', '6', '1', '2'],
    { encoding: 'utf8', timeout: 60000 });
  assert.deepEqual([status, stderr], [0, '']);
  const lines = stdout.trim().split('\n');
  assert.ok(lines.filter((line) => /^\[[#|-]{51}\] +-?[0-9]+\.[0-9] dB$/.test(line)).length > 10, stdout);
  assert.deepEqual(lines.filter((line) => line.startsWith('gap')), ['gap: 5 intervals']);
  assert.match(lines.at(-1), /^[0-9]{4} packets, 0 bad, 1 gaps, 5 intervals lost$/);
});
