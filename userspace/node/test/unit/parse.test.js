// SPDX-License-Identifier: MIT
// Descriptors of devices that may lie. No device.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { parse } = require('../../lib/parse');

const DEVICE = [18, 1, 0x10, 0x02, 0xef, 2, 1, 64, 0x09, 0x12, 1, 0, 0x34, 0x12, 1, 2, 3, 1];
const configuration = (value) => [9, 2, 0, 0, 1, value, 0, 0x80, 50];
const alternate = (number, setting, cls = 0xff) => [9, 4, number, setting, 0, cls, 1, 2, 0];
const endpoint = (address, attributes, size) => [7, 5, address, attributes, size & 255, size >> 8, 1];
const of = (...parts) => parse(Uint8Array.from(parts.flat()));

test('a device descriptor: versions are binary-coded decimals', () => {
  const device = of(DEVICE);
  assert.deepEqual(device.usbVersion, { major: 2, minor: 1, subminor: 0 });
  assert.deepEqual(device.deviceVersion, { major: 0x12, minor: 3, subminor: 4 });
  assert.deepEqual([device.vendorId, device.productId, device.deviceClass], [0x1209, 1, 0xef]);
  assert.deepEqual(device.configurations, []);
});

test('interfaces are put together by number, alternates by setting', () => {
  const { configurations } = of(DEVICE, configuration(1), alternate(0, 0), alternate(1, 0), alternate(0, 1, 3),
    configuration(7), alternate(4, 0));
  assert.deepEqual(configurations.map((one) => one.configurationValue), [1, 7]);
  assert.deepEqual(configurations[0].interfaces.map((one) => [one.interfaceNumber,
    one.alternates.map(({ alternateSetting, interfaceClass }) => [alternateSetting, interfaceClass])]),
  [[0, [[0, 0xff], [1, 3]]], [1, [[0, 0xff]]]]);
});

test('packetSize has the transactions of high speed and the burst of SuperSpeed in it', () => {
  const { configurations } = of(DEVICE, configuration(1), alternate(0, 1), endpoint(0x81, 1, 1024 | 2 << 11),
    endpoint(0x02, 1, 1024), [6, 0x30, 3, 0, 0, 16], endpoint(0x83, 2, 512), endpoint(0x04, 0, 64),
    endpoint(0x85, 3, 8));
  const { endpoints } = configurations[0].interfaces[0].alternates[0];
  assert.deepEqual(endpoints.map(({ endpointNumber, direction, type, packetSize }) =>
    [endpointNumber, direction, type, packetSize]),
  [[1, 'in', 'isochronous', 3072], [2, 'out', 'isochronous', 4096], [3, 'in', 'bulk', 512],
    [5, 'in', 'interrupt', 8]]);
});

test('what is cut short or makes no sense ends it, without an error', () => {
  assert.throws(() => of(DEVICE.slice(0, 17)), RangeError);
  assert.throws(() => of([18, 2, ...DEVICE.slice(2)]), RangeError);
  for (const junk of [[0, 0], [1, 4], [9, 4, 0], [200, 4, 0, 0], endpoint(0x81, 1, 8), alternate(0, 0)]) {
    assert.deepEqual(of(DEVICE, junk).configurations, []);
  }
  assert.deepEqual(of(DEVICE, configuration(1), [0, 4, 0]).configurations[0].interfaces, []);
  assert.deepEqual(of(DEVICE, configuration(1), [5, 4, 0, 0, 0], alternate(3, 0)).configurations[0].interfaces
    .map((one) => one.interfaceNumber), [3]);
});
