#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// A live level meter in the terminal, for an isochronous source of 16-bit stereo sound.
//   level-meter.js VENDOR:PRODUCT ALTERNATE ENDPOINT [SECONDS]
// Gaps in the stream are shown as soon as they are known. Ctrl-C ends it.
'use strict';

const { IsochronousInStream, isochronousInfo } = require('..');
const { openSource, isIds } = require('./source');

const FLOOR = -60; // dB
const WIDTH = 50;
const EVERY_MS = 100;
const TRANSFERS = 64; // a pause of 256 ms leaves no gap

// Sum of squares and peak of both channels, in parts of full scale.
class Meter {
  #sum = 0;
  #samples = 0;
  #peak = 0;
  add(view) {
    for (let at = 0; at + 2 <= view.byteLength; at += 2) {
      const sample = view.getInt16(at, true) / 32768;
      this.#sum += sample * sample;
      this.#samples++;
      this.#peak = Math.max(this.#peak, Math.abs(sample));
    }
  }
  take() {
    const level = decibels(Math.sqrt(this.#sum / Math.max(this.#samples, 1)));
    const peak = decibels(this.#peak);
    this.#sum = this.#samples = this.#peak = 0;
    return { level, peak };
  }
}

const decibels = (part) => (part > 0 ? Math.max(20 * Math.log10(part), FLOOR) : FLOOR);

function bar({ level, peak }) {
  const place = (value) => Math.round((1 - value / FLOOR) * WIDTH);
  const cells = Array.from({ length: WIDTH + 1 }, (_, i) => (i < place(level) ? '#' : '-'));
  cells[place(peak)] = '|';
  return `[${cells.join('')}] ${level.toFixed(1).padStart(6)} dB`;
}

async function show(device, endpoint, signal) {
  const stream = new IsochronousInStream(device, endpoint, { transfers: TRANSFERS, signal });
  const live = process.stdout.isTTY;
  const meter = new Meter();
  let next = 0;
  try {
    for await (const result of stream) {
      const { gap, innerGap, timestamp } = isochronousInfo(result);
      if (gap || innerGap) process.stdout.write(`${live ? '\r\x1b[K' : ''}gap: ${gap + innerGap} intervals\n`);
      for (const { data, status } of result.packets) if (status === 'ok') meter.add(data);
      if (timestamp < next) continue;
      next = timestamp + EVERY_MS;
      process.stdout.write(live ? `\r${bar(meter.take())}` : `${bar(meter.take())}\n`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const { packets, badPackets, gaps, lostIntervals } = stream.statistics;
  console.log(`${live ? '\n' : ''}${packets} packets, ${badPackets} bad, ${gaps} gaps, ${lostIntervals} intervals lost`);
}

async function main([ids, alternate, endpoint, seconds]) {
  if (!isIds(ids) || !(alternate >= 0) || !(endpoint >= 1)) {
    console.error('usage: level-meter.js VENDOR:PRODUCT ALTERNATE ENDPOINT [SECONDS]');
    process.exitCode = 2;
    return;
  }
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  const device = await openSource(ids, Number(alternate), Number(endpoint));
  const timer = seconds && setTimeout(() => controller.abort(), seconds * 1000);
  await show(device, Number(endpoint), controller.signal);
  clearTimeout(timer);
  await device.close();
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`level-meter: ${error.message}`);
  process.exitCode = 1;
});
