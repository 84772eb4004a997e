// SPDX-License-Identifier: MIT
// Descriptors, as bytes of a device that may lie, to plain objects. Pure.
'use strict';

const DEVICE = 1;
const CONFIGURATION = 2;
const INTERFACE = 4;
const ENDPOINT = 5;
const COMPANION = 0x30;

const bcd = (value) => ({ major: value >> 8, minor: (value >> 4) & 15, subminor: value & 15 });

// Each descriptor; a length that makes no sense ends it.
function* each(bytes) {
  for (let at = 0; at + 2 <= bytes.length; at += bytes[at]) {
    if (bytes[at] < 2 || at + bytes[at] > bytes.length) return;
    yield bytes.subarray(at, at + bytes[at]);
  }
}

const word = (bytes, at) => bytes[at] | (bytes[at + 1] << 8);

function parseDevice(bytes) {
  if (bytes.length < 18 || bytes[1] !== DEVICE) throw new RangeError('not a device descriptor');
  return {
    usbVersion: bcd(word(bytes, 2)),
    deviceClass: bytes[4],
    deviceSubclass: bytes[5],
    deviceProtocol: bytes[6],
    vendorId: word(bytes, 8),
    productId: word(bytes, 10),
    deviceVersion: bcd(word(bytes, 12)),
  };
}

function parseEndpoint(bytes) {
  const size = word(bytes, 4);
  return {
    endpointNumber: bytes[2] & 15,
    direction: bytes[2] & 0x80 ? 'in' : 'out',
    type: ['control', 'isochronous', 'bulk', 'interrupt'][bytes[3] & 3],
    packetSize: size & 0x7ff,
    transactions: ((size >> 11) & 3) + 1,
    interval: bytes[6],
  };
}

function addInterface(configuration, bytes) {
  const number = bytes[2];
  let owner = configuration.interfaces.find((one) => one.interfaceNumber === number);
  if (!owner) {
    owner = { interfaceNumber: number, alternates: [] };
    configuration.interfaces.push(owner);
  }
  const alternate = {
    alternateSetting: bytes[3],
    interfaceClass: bytes[5],
    interfaceSubclass: bytes[6],
    interfaceProtocol: bytes[7],
    nameIndex: bytes[8],
    endpoints: [],
  };
  owner.alternates.push(alternate);
  return alternate;
}

// wMaxPacketSize with what multiplies it: transactions per microframe, or the burst.
function applyCompanion(endpoint, bytes) {
  endpoint.packetSize *= (bytes[2] & 15) + 1;
}

function parseConfigurations(bytes) {
  const configurations = [];
  let configuration;
  let alternate;
  let endpoint;
  for (const descriptor of each(bytes)) {
    const [length, type] = descriptor;
    if (type === CONFIGURATION && length >= 9) {
      configuration = { configurationValue: descriptor[5], nameIndex: descriptor[6], interfaces: [] };
      configurations.push(configuration);
      alternate = endpoint = undefined;
    } else if (type === INTERFACE && length >= 9 && configuration) {
      alternate = addInterface(configuration, descriptor);
      endpoint = undefined;
    } else if (type === ENDPOINT && length >= 7 && alternate) {
      endpoint = parseEndpoint(descriptor);
      endpoint.packetSize *= endpoint.transactions;
      if (endpoint.type !== 'control') alternate.endpoints.push(endpoint);
    } else if (type === COMPANION && length >= 6 && endpoint) {
      applyCompanion(endpoint, descriptor);
    }
  }
  return configurations;
}

function parse(bytes) {
  return { ...parseDevice(bytes), configurations: parseConfigurations(bytes.subarray(18)) };
}

module.exports = { parse };
