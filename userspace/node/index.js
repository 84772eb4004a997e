// SPDX-License-Identifier: MIT
// WebUSB for interfaces bound to winusb_iso, isochronous transfers first.
'use strict';

const { classes: results, isochronousInfo } = require('./lib/results');
const { classes: configuration } = require('./lib/configuration');
const { USBDevice } = require('./lib/device');
const { USB, USBConnectionEvent, createUSB } = require('./lib/usb');
const streams = require('./lib/stream');

const interfaces = { USB, USBConnectionEvent, USBDevice, ...configuration, ...results };

// Makes the interface objects globals, as a browser has them.
function installGlobals(target = globalThis) {
  for (const [name, value] of Object.entries(interfaces)) {
    Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

module.exports = { usb: createUSB(), createUSB, isochronousInfo, installGlobals, ...streams, ...interfaces };
