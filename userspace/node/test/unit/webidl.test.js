// SPDX-License-Identifier: MIT
// Interface objects, constructors and conversions, to the letter of Web IDL. No device.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const api = require('../..');
const { bufferSource } = require('../../lib/webidl');

// name: [length of the constructor, attributes, operations with their lengths]
const interfaces = {
  USBInTransferResult: [1, ['data', 'status'], {}],
  USBOutTransferResult: [1, ['bytesWritten', 'status'], {}],
  USBIsochronousInTransferPacket: [1, ['data', 'status'], {}],
  USBIsochronousInTransferResult: [1, ['data', 'packets', 'status'], {}],
  USBIsochronousOutTransferPacket: [1, ['bytesWritten', 'status'], {}],
  USBIsochronousOutTransferResult: [1, ['packets', 'status'], {}],
  USBConfiguration: [2, ['configurationValue', 'configurationName', 'interfaces'], {}],
  USBInterface: [2, ['interfaceNumber', 'alternate', 'alternates', 'claimed'], {}],
  USBAlternateInterface: [2, ['alternateSetting', 'interfaceClass', 'interfaceSubclass', 'interfaceProtocol',
    'interfaceName', 'endpoints'], {}],
  USBEndpoint: [3, ['endpointNumber', 'direction', 'type', 'packetSize'], {}],
  USBConnectionEvent: [2, ['device'], {}],
  USBDevice: [0, ['usbVersionMajor', 'usbVersionMinor', 'usbVersionSubminor', 'deviceClass', 'deviceSubclass',
    'deviceProtocol', 'vendorId', 'productId', 'deviceVersionMajor', 'deviceVersionMinor', 'deviceVersionSubminor',
    'manufacturerName', 'productName', 'serialNumber', 'configuration', 'configurations', 'opened'],
  { open: 0, close: 0, forget: 0, selectConfiguration: 1, claimInterface: 1, releaseInterface: 1,
    selectAlternateInterface: 2, controlTransferIn: 2, controlTransferOut: 1, clearHalt: 2, transferIn: 2,
    transferOut: 2, isochronousTransferIn: 2, isochronousTransferOut: 3, reset: 0 }],
  USB: [0, ['onconnect', 'ondisconnect'], { getDevices: 0, requestDevice: 1 }],
};

for (const [name, [length, attributes, operations]] of Object.entries(interfaces)) {
  test(`${name} looks like an interface object`, async () => {
    const Interface = api[name];
    assert.equal(Interface.name, name);
    assert.equal(Interface.length, length);
    assert.throws(() => Interface(), TypeError);
    assert.deepEqual(Object.getOwnPropertyDescriptor(Interface.prototype, Symbol.toStringTag),
      { value: name, writable: false, enumerable: false, configurable: true });
    assert.equal(Object.getOwnPropertyDescriptor(Interface, 'prototype').writable, false);
    for (const attribute of attributes) {
      const { get, enumerable, configurable } = Object.getOwnPropertyDescriptor(Interface.prototype, attribute);
      assert.equal(get.name, `get ${attribute}`);
      assert.deepEqual([enumerable, configurable], [true, true]);
      assert.throws(() => get.call({}), TypeError);
      assert.throws(() => Interface.prototype[attribute], TypeError);
    }
    for (const [operation, wanted] of Object.entries(operations)) {
      const { value, enumerable, writable } = Object.getOwnPropertyDescriptor(Interface.prototype, operation);
      assert.deepEqual([value.name, value.length, enumerable, writable], [operation, wanted, true, true]);
      await assert.rejects(value.call({}), TypeError);
    }
    if (!['USB', 'USBConnectionEvent'].includes(name)) {
      assert.equal(Object.getPrototypeOf(Interface), Function.prototype);
      assert.equal(Object.getPrototypeOf(Interface.prototype), Object.prototype);
    }
  });
}

test('globals are not enumerable, and only there when asked for', () => {
  assert.equal(globalThis.USBDevice, undefined);
  const target = {};
  api.installGlobals(target);
  assert.deepEqual(Object.getOwnPropertyDescriptor(target, 'USBDevice'),
    { value: api.USBDevice, writable: true, enumerable: false, configurable: true });
  assert.deepEqual(Object.keys(target), []);
});

test('USB and USBDevice can not be constructed', () => {
  assert.throws(() => new api.USB(), TypeError);
  assert.throws(() => new api.USBDevice(), TypeError);
});

test('statuses: strings of the enumeration, else TypeError', () => {
  for (const Class of [api.USBInTransferResult, api.USBOutTransferResult, api.USBIsochronousInTransferPacket,
    api.USBIsochronousOutTransferPacket]) {
    for (const status of ['ok', 'stall', 'babble']) assert.equal(new Class(status).status, status);
    assert.equal(new Class({ toString: () => 'ok' }).status, 'ok');
    for (const wrong of ['', 'OK', 'error', undefined, null, 0, Symbol('ok')]) {
      assert.throws(() => new Class(wrong), TypeError);
    }
    assert.throws(() => new Class(), TypeError);
  }
});

test('data is a DataView or null, never undefined', () => {
  const view = new DataView(new ArrayBuffer(3));
  for (const make of [(data) => new api.USBInTransferResult('ok', data),
    (data) => new api.USBIsochronousInTransferPacket('ok', data),
    (data) => new api.USBIsochronousInTransferResult([], data)]) {
    assert.equal(make(view).data, view);
    assert.equal(make(undefined).data, null);
    assert.equal(make(null).data, null);
    for (const wrong of [new Uint8Array(1), new ArrayBuffer(1), {}, 1, 'x',
      new DataView(new SharedArrayBuffer(1))]) assert.throws(() => make(wrong), TypeError);
  }
});

test('memory that can be resized is no data, as without [AllowResizable]', () => {
  const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
  if (!buffer.resizable) return; // this Node.js has none
  assert.throws(() => new api.USBIsochronousInTransferPacket('ok', new DataView(buffer)), TypeError);
  assert.throws(() => bufferSource(buffer), TypeError);
  assert.throws(() => bufferSource(new Uint8Array(buffer)), TypeError);
  const fixed = new Uint8Array(8);
  assert.equal(bufferSource(fixed), fixed);
  assert.equal(bufferSource(fixed.buffer), fixed.buffer);
});

test('bytesWritten is an unsigned long: modulo 2^32, not a range error', () => {
  for (const Class of [api.USBOutTransferResult, api.USBIsochronousOutTransferPacket]) {
    const convert = (value) => new Class('ok', value).bytesWritten;
    assert.equal(new Class('ok').bytesWritten, 0);
    for (const [given, wanted] of [[undefined, 0], [null, 0], [7, 7], [-1, 2 ** 32 - 1], [2 ** 32 + 5, 5], [1.9, 1],
      [-1.9, 2 ** 32 - 1], [NaN, 0], [Infinity, 0], ['12', 12], [true, 1], [-0, 0]]) {
      assert.ok(Object.is(convert(given), wanted), `${given}: ${convert(given)}`);
    }
    assert.throws(() => convert(Symbol('x')), TypeError);
    assert.throws(() => convert(1n), TypeError);
  }
});

test('packets: a sequence of the right interface, kept as one frozen array', () => {
  const packets = [new api.USBIsochronousInTransferPacket('ok'), new api.USBIsochronousInTransferPacket('stall')];
  const result = new api.USBIsochronousInTransferResult(packets);
  assert.notEqual(result.packets, packets);
  assert.equal(result.packets, result.packets);
  assert.ok(Object.isFrozen(result.packets));
  assert.ok(Array.isArray(result.packets));
  assert.deepEqual([...result.packets], packets);
  assert.equal(result.status, 'stall');
  assert.equal(new api.USBIsochronousInTransferResult(new Set(packets)).packets.length, 2);
  const out = new api.USBIsochronousOutTransferPacket('ok');
  for (const wrong of [undefined, null, {}, 1, 'ab', [out], [{}], [null]]) {
    assert.throws(() => new api.USBIsochronousInTransferResult(wrong), TypeError);
  }
  assert.throws(() => new api.USBIsochronousOutTransferResult(packets), TypeError);
  assert.equal(new api.USBIsochronousOutTransferResult([out]).packets[0], out);
});

test('results that a script made have no information of a driver', () => {
  assert.equal(api.isochronousInfo(new api.USBIsochronousInTransferResult([])), undefined);
});
