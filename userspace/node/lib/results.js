// SPDX-License-Identifier: MIT
// Results of transfers: the six classes of WebUSB, and what this package knows beyond them.
'use strict';

const webidl = require('./webidl');

const { internal } = webidl;
const transferStatus = webidl.enumeration('USBTransferStatus', ['ok', 'stall', 'babble']);
// What a driver says, with packets that are kept; no script can make one.
const anyStatus = webidl.enumeration('status', ['ok', 'stall', 'babble', 'error']);

class USBInTransferResult {
  #status;
  #data;
  constructor(status, data) {
    webidl.needArguments(arguments.length, 1);
    this.#status = transferStatus(status);
    this.#data = webidl.nullableDataView(data);
  }
  get data() { return this.#data; }
  get status() { return this.#status; }
}

class USBOutTransferResult {
  #status;
  #bytesWritten;
  constructor(status, bytesWritten) {
    webidl.needArguments(arguments.length, 1);
    this.#status = transferStatus(status);
    this.#bytesWritten = bytesWritten === undefined ? 0 : webidl.unsignedLong(bytesWritten);
  }
  get bytesWritten() { return this.#bytesWritten; }
  get status() { return this.#status; }
}

class USBIsochronousInTransferPacket {
  #status;
  #data;
  constructor(status, data) {
    webidl.needArguments(arguments.length, 1);
    this.#status = arguments[2] === internal ? anyStatus(status) : transferStatus(status);
    this.#data = webidl.nullableDataView(data);
  }
  get data() { return this.#data; }
  get status() { return this.#status; }
  static isPacket(value) { return #status in value; }
}

class USBIsochronousInTransferResult {
  #packets;
  #data;
  constructor(packets, data) {
    webidl.needArguments(arguments.length, 1);
    this.#packets = Object.freeze(webidl.sequence(packets, inPacket));
    this.#data = webidl.nullableDataView(data);
  }
  get data() { return this.#data; }
  get packets() { return this.#packets; }
  // Beyond WebUSB: of the transfer as a whole: ok, stall or error.
  get status() { return summary(this.#packets); }
}

class USBIsochronousOutTransferPacket {
  #status;
  #bytesWritten;
  constructor(status, bytesWritten) {
    webidl.needArguments(arguments.length, 1);
    this.#status = arguments[2] === internal ? anyStatus(status) : transferStatus(status);
    this.#bytesWritten = bytesWritten === undefined ? 0 : webidl.unsignedLong(bytesWritten);
  }
  get bytesWritten() { return this.#bytesWritten; }
  get status() { return this.#status; }
  static isPacket(value) { return #status in value; }
}

class USBIsochronousOutTransferResult {
  #packets;
  constructor(packets) {
    webidl.needArguments(arguments.length, 1);
    this.#packets = Object.freeze(webidl.sequence(packets, outPacket));
  }
  get packets() { return this.#packets; }
  get status() { return summary(this.#packets); }
}

const { isPacket: isInPacket } = USBIsochronousInTransferPacket;
const { isPacket: isOutPacket } = USBIsochronousOutTransferPacket;
delete USBIsochronousInTransferPacket.isPacket;
delete USBIsochronousOutTransferPacket.isPacket;

function inPacket(value) {
  if (!webidl.isObject(value) || !isInPacket(value)) throw new TypeError('not a USBIsochronousInTransferPacket');
  return value;
}

function outPacket(value) {
  if (!webidl.isObject(value) || !isOutPacket(value)) throw new TypeError('not a USBIsochronousOutTransferPacket');
  return value;
}

function summary(packets) {
  let result = 'ok';
  for (const { status } of packets) {
    if (status === 'stall') result = 'stall';
    else if (status !== 'ok') return 'error';
  }
  return result;
}

for (const Class of [USBInTransferResult, USBOutTransferResult, USBIsochronousInTransferPacket,
  USBIsochronousInTransferResult, USBIsochronousOutTransferPacket, USBIsochronousOutTransferResult]) {
  webidl.defineInterface(Class, 1);
}

const infos = new WeakMap();

// What is known of an isochronous result: gaps, time, and why packets failed. undefined for results that
// a script made.
function isochronousInfo(result) {
  return infos.get(result);
}

// The driver's packet table: offset, length and status of each.
const WORDS = 3;
const statusOf = (error) => ({ 0: 'ok', '-32': 'stall', '-75': 'babble' })[error] ?? 'error';

function describe(result, table, info, packetText) {
  const errors = [];
  for (let i = 0; i < table.length / WORDS; i++) {
    const error = -table[i * WORDS + 2];
    if (error) errors.push(Object.freeze({ packet: i, errno: error, message: packetText(error) }));
  }
  const { newStream, ...rest } = info;
  infos.set(result, Object.freeze({ ...rest, newStream: Boolean(newStream), errors: Object.freeze(errors) }));
  return result;
}

function makeIsochronousIn(buffer, records, info, packetText) {
  const table = new Int32Array(records);
  const packets = [];
  for (let i = 0; i < table.length; i += WORDS) {
    const view = new DataView(buffer, table[i], table[i + 1]);
    packets.push(new USBIsochronousInTransferPacket(statusOf(table[i + 2]), view, internal));
  }
  return describe(new USBIsochronousInTransferResult(packets, new DataView(buffer)), table, info, packetText);
}

function makeIsochronousOut(records, info, packetText) {
  const table = new Int32Array(records);
  const packets = [];
  for (let i = 0; i < table.length; i += WORDS) {
    packets.push(new USBIsochronousOutTransferPacket(statusOf(table[i + 2]), table[i + 1], internal));
  }
  return describe(new USBIsochronousOutTransferResult(packets), table, info, packetText);
}

module.exports = {
  classes: {
    USBInTransferResult, USBOutTransferResult, USBIsochronousInTransferPacket, USBIsochronousInTransferResult,
    USBIsochronousOutTransferPacket, USBIsochronousOutTransferResult,
  },
  isochronousInfo, makeIsochronousIn, makeIsochronousOut,
};
