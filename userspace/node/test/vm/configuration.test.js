// SPDX-License-Identifier: MIT
// A device with two configurations and names for them: the kernel's gadget on dummy_hcd.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { rejects, pause } = require('./scene');
const { createUSB } = require('../..');

const GADGET = '/sys/kernel/config/usb_gadget/two';
const CONTROLLER = 'dummy_udc.0';

const write = (name, text) => fs.writeFileSync(path.join(GADGET, name), text);
const folder = (name) => fs.mkdirSync(path.join(GADGET, name), { recursive: true });
const configuration = (value) => `configs/c.${value}`;

function configure(value, name, instance) {
  folder(`${configuration(value)}/strings/0x409`);
  write(`${configuration(value)}/strings/0x409/configuration`, name);
  folder(`functions/${instance}`);
  fs.symlinkSync(path.join(GADGET, 'functions', instance), path.join(GADGET, configuration(value), instance));
}

// Configuration 1 sinks and sources (two alternate settings, the second has isochronous endpoints);
// configuration 2 sends back what it gets.
async function plugGadget(t) {
  folder('strings/0x409');
  write('idVendor', '0x1209');
  write('idProduct', '0x0001');
  write('strings/0x409/serialnumber', 'two');
  configure(1, 'Source and sink', 'SourceSink.0');
  configure(2, 'Größe: 2 µm 🙂', 'Loopback.0');
  write('UDC', CONTROLLER);
  const usb = createUSB();
  t.after(async () => {
    usb.stopWatching();
    write('UDC', '\n');
    for (const [value, instance] of [[1, 'SourceSink.0'], [2, 'Loopback.0']]) {
      fs.unlinkSync(path.join(GADGET, configuration(value), instance));
      for (const name of [`${configuration(value)}/strings/0x409`, configuration(value), `functions/${instance}`]) {
        fs.rmdirSync(path.join(GADGET, name));
      }
    }
    fs.rmdirSync(path.join(GADGET, 'strings/0x409'));
    fs.rmdirSync(GADGET);
    while ((await usb.getDevices()).length) await pause(5);
  });
  while (!(await usb.getDevices()).length) await pause(5);
  const [device] = await usb.getDevices();
  t.after(async () => { if (device.opened) await device.close(); });
  return { usb, device };
}

const namesOf = (device) => device.configurations.map(({ configurationValue, configurationName }) =>
  [configurationValue, configurationName]);

test('names: what the kernel keeps at once, the others when the device is open', async (t) => {
  const { device } = await plugGadget(t);
  assert.deepEqual(namesOf(device), [[1, 'Source and sink'], [2, null]]);
  assert.equal(device.configuration.configurationValue, 1);
  await device.open();
  assert.deepEqual(namesOf(device), [[1, 'Source and sink'], [2, 'Größe: 2 µm 🙂']]);
  const [sink, loop] = device.configurations.map(({ interfaces }) => interfaces[0].alternates);
  assert.deepEqual(sink.map(({ interfaceName }) => interfaceName), [null, null]);
  assert.deepEqual(loop.map(({ interfaceName }) => interfaceName), ['loop input to output']);
  await device.selectConfiguration(2);
  const [same] = await createUSB().getDevices();
  assert.deepEqual(namesOf(same), [[1, null], [2, 'Größe: 2 µm 🙂']]);
  assert.equal(same.configuration.interfaces[0].alternate.interfaceName, 'loop input to output');
});

test('another configuration: transfers end, interfaces are given back, the others can be had', async (t) => {
  const { device, usb } = await plugGadget(t);
  const told = [];
  for (const type of ['connect', 'disconnect']) usb.addEventListener(type, () => told.push(type));
  await device.open();
  const [one, two] = device.configurations;
  await device.claimInterface(0);
  await device.selectAlternateInterface(0, 1);
  const [input] = one.interfaces[0].alternate.endpoints.filter(({ type, direction }) =>
    type === 'isochronous' && direction === 'in');
  const transfer = device.isochronousTransferIn(input.endpointNumber, new Array(8000).fill(input.packetSize));
  const selecting = device.selectConfiguration(2);
  await rejects(transfer, 'AbortError');
  await rejects(device.claimInterface(0), 'InvalidStateError');
  await selecting;
  assert.equal(device.configuration, two);
  assert.equal(one.interfaces[0].claimed, false);
  assert.equal(one.interfaces[0].alternate.alternateSetting, 0);
  await rejects(device.isochronousTransferIn(input.endpointNumber, [1]), 'NotFoundError');

  const endpoint = (direction) => two.interfaces[0].alternate.endpoints.find((it) => it.direction === direction);
  await device.claimInterface(0);
  assert.equal(two.interfaces[0].claimed, true);
  const sent = Uint8Array.from({ length: 512 }, (_, i) => i * 7);
  const back = device.transferIn(endpoint('in').endpointNumber, 512);
  assert.equal((await device.transferOut(endpoint('out').endpointNumber, sent)).bytesWritten, 512);
  const { data, status } = await back;
  assert.equal(status, 'ok');
  assert.deepEqual(new Uint8Array(data.buffer), sent);

  await device.selectConfiguration(1);
  assert.equal(device.configuration, one);
  const descriptor = { requestType: 'standard', recipient: 'device', request: 8, value: 0, index: 0 };
  assert.equal((await device.controlTransferIn(descriptor, 1)).data.getUint8(0), 1);
  await device.claimInterface(0);
  await device.selectAlternateInterface(0, 1);
  assert.equal((await device.isochronousTransferIn(input.endpointNumber, [input.packetSize])).status, 'ok');

  // It is the same device all the time, for events, too.
  assert.deepEqual(await usb.getDevices(), [device]);
  assert.deepEqual(told, []);
});

test('unplugged while another configuration is selected: NotFoundError', async (t) => {
  const { device } = await plugGadget(t);
  await device.open();
  await device.claimInterface(0);
  const selecting = device.selectConfiguration(2);
  write('UDC', '\n');
  await rejects(selecting, 'NotFoundError');
  write('UDC', CONTROLLER);
});
