// SPDX-License-Identifier: MIT
// USB (navigator.usb) and USBConnectionEvent: finding devices that have an interface bound to winusb_iso.
'use strict';

const fs = require('node:fs');
const webidl = require('./webidl');
const sysfs = require('./sysfs');
const { parse } = require('./parse');
const { native, exception } = require('./native');
const { USBDevice, describe, isChanging, isGone, unplugged } = require('./device');

const filterMembers = {
  vendorId: [webidl.unsignedShort, false],
  productId: [webidl.unsignedShort, false],
  classCode: [webidl.octet, false],
  subclassCode: [webidl.octet, false],
  protocolCode: [webidl.octet, false],
  serialNumber: [webidl.string, false],
};
const filters = (value) => webidl.sequence(value, (one) => webidl.dictionary(one, filterMembers));
const requestMembers = { filters: [filters, true], exclusionFilters: [filters, false] };

function checkFilter(filter) {
  if (filter.productId !== undefined && filter.vendorId === undefined) {
    throw new TypeError('productId without vendorId');
  }
  if (filter.protocolCode !== undefined && filter.subclassCode === undefined) {
    throw new TypeError('protocolCode without subclassCode');
  }
  if (filter.subclassCode !== undefined && filter.classCode === undefined) {
    throw new TypeError('subclassCode without classCode');
  }
}

const same = (wanted, got) => wanted === undefined || wanted === got;

function classMatches(filter, device) {
  const about = describe(device);
  if (filter.classCode === undefined) return true;
  const interfaces = device.configuration?.interfaces ?? [];
  return interfaces.some(({ alternates }) => alternates.some((one) => filter.classCode === one.interfaceClass &&
    same(filter.subclassCode, one.interfaceSubclass) && same(filter.protocolCode, one.interfaceProtocol))) ||
    (filter.classCode === about.deviceClass && same(filter.subclassCode, about.deviceSubclass) &&
     same(filter.protocolCode, about.deviceProtocol));
}

function matches(filter, device) {
  return same(filter.vendorId, device.vendorId) && same(filter.productId, device.productId) &&
    same(filter.serialNumber, device.serialNumber ?? null) && classMatches(filter, device);
}

class USBConnectionEvent extends Event {
  #device;
  constructor(type, eventInitDict) {
    webidl.needArguments(arguments.length, 2);
    super(type, eventInitDict);
    const { device } = webidl.dictionary(eventInitDict, { device: [(one) => (describe(one), one), true] });
    this.#device = device;
  }
  get device() { return this.#device; }
}
webidl.defineInterface(USBConnectionEvent, 2);

const isBound = (name) => name.startsWith('winusb-iso');

class USB extends EventTarget {
  #devices = new Map(); // those that are there, with a bound interface
  #known = new Map();   // those that are plugged in, and have been seen
  #forgotten = new WeakSet();
  #handlers = { connect: null, disconnect: null };
  #watcher = null;
  #kept = true;
  #chooser;
  #owner;

  constructor(key, { unrestricted = false, chooser = (devices) => devices[0] } = {}) {
    if (key !== webidl.internal) webidl.illegalConstructor();
    super();
    this.#chooser = chooser;
    this.#owner = { unrestricted, forget: (device) => this.#forgotten.add(device) };
  }

  async getDevices() {
    await undefined;
    return this.#update().filter((device) => !this.#forgotten.has(device));
  }

  async requestDevice(options) {
    webidl.needArguments(arguments.length, 1);
    const request = webidl.dictionary(options, requestMembers);
    const excluded = request.exclusionFilters ?? [];
    if (request.exclusionFilters && !excluded.length) throw new TypeError('exclusionFilters must not be empty');
    [...request.filters, ...excluded].forEach(checkFilter);
    const found = this.#update().filter((device) =>
      (!request.filters.length || request.filters.some((filter) => matches(filter, device))) &&
      !excluded.some((filter) => matches(filter, device)));
    const device = found.length ? await this.#chooser(found) : undefined;
    if (!device) throw exception('NotFoundError', 'no device selected');
    this.#forgotten.delete(device);
    return device;
  }

  get onconnect() { return this.#handlers.connect; }
  set onconnect(handler) { this.#setHandler('connect', handler); }
  get ondisconnect() { return this.#handlers.disconnect; }
  set ondisconnect(handler) { this.#setHandler('disconnect', handler); }

  #setHandler(type, handler) {
    const old = this.#handlers[type];
    if (old) this.removeEventListener(type, old);
    this.#handlers[type] = typeof handler === 'function' ? handler : null;
    if (this.#handlers[type]) this.addEventListener(type, this.#handlers[type]);
  }

  // The objects of all devices that are there, old ones where they are known.
  #update() {
    const present = new Map();
    this.#forgetGone();
    for (const node of native().list()) {
      const name = node.interfaceName.replace(/:.*$/, '');
      const identity = sysfs.identity(name);
      if (!identity || present.has(identity)) continue;
      const device = this.#known.get(identity) ?? this.#make(name, identity, node);
      if (device) present.set(identity, device);
    }
    // While another configuration is selected nothing is bound for a moment.
    for (const [identity, device] of this.#devices) {
      if (this.#known.has(identity) && isChanging(device)) present.set(identity, device);
    }
    const gone = [...this.#devices].filter(([identity]) => !present.has(identity));
    const fresh = [...present].filter(([identity]) => !this.#devices.has(identity));
    this.#devices = present;
    for (const [, device] of gone) this.#fire('disconnect', device);
    for (const [identity, device] of fresh) {
      this.#known.set(identity, device);
      this.#fire('connect', device);
    }
    return [...present.values()];
  }
  #make(name, identity, { bus, address }) {
    try {
      const about = sysfs.read(name);
      return new USBDevice(webidl.internal, this.#owner, { name, identity, bus, address },
        { ...about, ...parse(about.descriptors) });
    } catch {
      return null; // it went while it was looked at, or its descriptors make no sense
    }
  }
  // A device whose interfaces were unbound is the same one when they are bound again, unless it was in use.
  #forgetGone() {
    for (const [identity, device] of this.#known) {
      if (sysfs.identity(identity.replace(/\/.*$/, '')) !== identity) unplugged(device);
      if (isGone(device)) this.#known.delete(identity);
    }
  }
  #fire(type, device) {
    if (!this.#watcher || this.#forgotten.has(device)) return;
    this.dispatchEvent(new USBConnectionEvent(type, { device }));
  }

  // Nodes come and go in /dev. Watching keeps the process alive, unless unref() was called.
  addEventListener(type, ...rest) {
    super.addEventListener(type, ...rest);
    if (type === 'connect' || type === 'disconnect') this.#watch();
  }
  #watch() {
    if (this.#watcher) return;
    this.#update();
    this.#watcher = fs.watch('/dev', { persistent: this.#kept }, (_, name) => {
      if (!name || isBound(name)) this.#update();
    });
    this.#update();
  }
  // Beyond WebUSB: whether listening keeps the process alive, and the end of it.
  ref() { this.#kept = true; this.#watcher?.ref(); }
  unref() { this.#kept = false; this.#watcher?.unref(); }
  stopWatching() { this.#watcher?.close(); this.#watcher = null; }
}
webidl.defineInterface(USB, 0);

// { unrestricted: true } lets protected classes (audio, video ...) be claimed; chooser(devices) picks one
// for requestDevice(), which takes the first otherwise.
const createUSB = (options) => new USB(webidl.internal, options);

module.exports = { USB, USBConnectionEvent, createUSB };
