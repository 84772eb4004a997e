// SPDX-License-Identifier: MIT
// What the tests of the device stand on: a simulated device of the test's own, and the checks they share.
'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { setTimeout: pause } = require('node:timers/promises');
const { createUSB } = require('../..');

const SIM = process.env.SIM ?? 'winusb-iso-sim';
const CONTROL = '/run/sim';

class Scene {
  usb;
  device;
  constructor(t, usb) {
    this.t = t;
    this.usb = usb;
  }
  send(command) {
    return execFileSync(SIM, ['--control', CONTROL, '--send', command], { encoding: 'utf8' });
  }
  fault(text) { this.send(`fault ${text}`); }
  deviceStats() { return JSON.parse(this.send('stats')); }
  stats(address) { return this.deviceStats().pipes.find((pipe) => Number(pipe.pipe) === address); }
  // Asks the device until this is true of its counters; the device says how time goes on.
  until(isSo, frames = 80000) {
    const { frame: first } = this.deviceStats();
    for (;;) {
      const stats = this.deviceStats();
      if (isSo(stats)) return stats;
      assert.ok(stats.frame - first < frames, `not in ${frames} frames: ${JSON.stringify(stats)}`);
    }
  }
  // Unplugs, and waits until the kernel has forgotten it.
  async unplug() {
    try { this.send('vanish'); } catch { /* it has gone already */ }
    while ((await this.usb.getDevices()).length) await pause(5);
  }
}

// Plugs a device in, and waits until it is bound.
async function plug(t, { options = [], unrestricted = false } = {}) {
  execFileSync(SIM, ['--daemon', '--wait', '--control', CONTROL, ...options], { stdio: 'ignore' });
  const scene = new Scene(t, createUSB({ unrestricted }));
  t.after(() => scene.unplug());
  while (!(await scene.usb.getDevices()).length) await pause(5);
  [scene.device] = await scene.usb.getDevices();
  return scene;
}

// The same, opened, claimed, with an alternate setting selected.
async function ready(t, alternate, options) {
  const scene = await plug(t, options);
  await scene.device.open();
  t.after(async () => { if (scene.device.opened) await scene.device.close(); });
  await scene.device.claimInterface(0);
  await scene.device.selectAlternateInterface(0, alternate);
  return scene;
}

const rejects = (promise, name) => assert.rejects(promise, (error) => {
  assert.ok(error instanceof DOMException, `not a DOMException: ${error?.stack}`);
  assert.equal(error.name, name, error.message);
  return true;
});

// Word 0 of a packet of the simulated device: the counter of its service interval.
const counterOf = (view) => view.getUint32(0, true) + view.getUint8(4) * 2 ** 32;

function isPattern(view, address, counter) {
  for (let i = 0; i + 8 <= view.byteLength; i += 8) {
    if (view.getUint32(i, true) + view.getUint8(i + 4) * 2 ** 32 !== counter) return false;
    if (view.getUint8(i + 5) !== address || view.getUint16(i + 6, true) !== i / 8) return false;
  }
  return true;
}

function pattern(length, address, counter) {
  const view = new DataView(new ArrayBuffer(length));
  for (let i = 0; i + 8 <= length; i += 8) {
    view.setUint32(i, counter % 2 ** 32, true);
    view.setUint8(i + 4, Math.floor(counter / 2 ** 32));
    view.setUint8(i + 5, address);
    view.setUint16(i + 6, i / 8, true);
  }
  return new Uint8Array(view.buffer);
}

module.exports = { plug, ready, rejects, counterOf, isPattern, pattern, pause };
