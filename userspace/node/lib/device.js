// SPDX-License-Identifier: MIT
// USBDevice: WebUSB's checks in WebUSB's order, on sessions of the native part.
'use strict';

const webidl = require('./webidl');
const results = require('./results');
const names = require('./names');
const sysfs = require('./sysfs');
const configuration = require('./configuration');
const { native, exception, fromErrno } = require('./native');

const { USBInTransferResult, USBOutTransferResult } = results.classes;
const { USBConfiguration } = configuration.classes;

const MAX_TRANSFER = 32 * 1024 * 1024;
const KEEP_GOOD_PACKETS = 1;
const DIRECTION_IN = 0x80;
const ENODEV = 19;
const GET_DESCRIPTOR = 6;
const STRING = 3;
const STRING_BYTES = 255;
// Interfaces that web pages may not claim: audio, HID, mass storage, smart card, video, audio/video, wireless.
const PROTECTED = new Set([0x01, 0x03, 0x08, 0x0b, 0x0e, 0x10, 0xe0]);

const requestTypes = ['standard', 'class', 'vendor'];
const recipients = ['device', 'interface', 'endpoint', 'other'];
const setupMembers = {
  requestType: [webidl.enumeration('USBRequestType', requestTypes), true],
  recipient: [webidl.enumeration('USBRecipient', recipients), true],
  request: [webidl.octet, true],
  value: [webidl.unsignedShort, true],
  index: [webidl.unsignedShort, true],
};
const optionMembers = { keepGoodPackets: [Boolean, false], signal: [abortSignal, false] };

function abortSignal(value) {
  if (!(value instanceof AbortSignal)) throw new TypeError('not an AbortSignal');
  return value;
}

const aborted = () => exception('AbortError', 'the transfer was cancelled');
const disconnected = () => exception('NotFoundError', 'the device was disconnected');

// One interface's node, open, and the transfers under way on it.
class Session {
  #native;
  #onGone;
  #pending = new Map();
  #jobs = new Set();
  #closed = null;
  #leaving = null;
  constructor(path, onGone) {
    this.#onGone = onGone;
    this.#native = native().open(path, (id, errno, ...rest) => {
      const transfer = this.#pending.get(id);
      this.#pending.delete(id);
      transfer?.finish(errno, ...rest);
      if (!id) this.#allDelivered();
      else if (this.#leaving && !this.#pending.size) this.#end();
    });
  }
  get info() { return this.#native.info(); }
  pipe(address) { return this.#native.pipe(address); }

  // start(native) submits and gives an id; make(...) makes the result of what the native part says.
  submit({ start, make, doing, signal, control = false }) {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const id = this.#start(start, doing);
      const onAbort = () => {
        this.#pending.delete(id);
        this.#native.cancel(id);
        reject(signal.reason);
      };
      const finish = (errno, ...rest) => {
        signal?.removeEventListener('abort', onAbort);
        if (errno === ENODEV) this.#onGone(); // it may be told of that a moment later
        if (errno) {
          reject(this.#leaving ?? fromErrno(errno, doing));
          return;
        }
        try {
          resolve(make(...rest));
        } catch (error) {
          reject(error); // no memory for the result
        }
      };
      const fail = (error) => {
        signal?.removeEventListener('abort', onAbort);
        reject(error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(id, { finish, fail, control });
    });
  }

  #start(start, doing) {
    try {
      return start(this.#native);
    } catch (error) {
      if (error.errno === ENODEV) this.#onGone();
      throw error.errno ? fromErrno(error.errno, doing) : error;
    }
  }

  // Rejects what is under way; control transfers too only if asked.
  reject(error, { control }) {
    for (const [id, transfer] of this.#pending) {
      if (transfer.control && !control) continue;
      this.#pending.delete(id);
      transfer.fail(error);
    }
  }
  abort() {
    this.reject(aborted(), { control: false });
    this.#native.abort();
  }
  async #job(promise) {
    this.#jobs.add(promise);
    try {
      await promise;
    } finally {
      this.#jobs.delete(promise);
    }
  }
  setAlternate(setting) { return this.#job(this.#native.setAlternate(setting)); }
  resetPipe(address) { return this.#job(this.#native.resetPipe(address)); }
  // The device has gone: what is under way is cancelled, but what had completed is delivered before the end.
  leave(error) {
    if (this.#leaving) return;
    this.#leaving = error;
    for (const id of this.#pending.keys()) this.#native.cancel(id);
    if (!this.#pending.size) this.#end();
  }
  #allDelivered() {
    this.#onGone();
    this.leave(disconnected());
    this.#end();
  }
  #end() { this.close(this.#leaving).catch(() => {}); }
  // Unplugged while it is released, it is closed twice.
  close(error) {
    this.reject(error, { control: true });
    return this.#closed ??= this.#close();
  }
  async #close() {
    await Promise.allSettled(this.#jobs);
    await this.#native.close();
  }
}

class USBDevice {
  #place;
  #about;
  #usb;
  #configurations;
  #configurationValue;
  #opened = false;
  #gone = false;
  #changing = false;
  #interfacesChanging = new Set();
  #control = null;
  #claimed = new Map();
  #selected = new Map();

  constructor(key, usb, place, about) {
    if (key !== webidl.internal) webidl.illegalConstructor();
    this.#usb = usb;
    this.#place = place;
    this.#about = about;
    this.#configurationValue = about.active;
    names.nameSelected(place.name, about);
    this.#configurations = Object.freeze(about.configurations.map(
      (one) => new USBConfiguration(this, one.configurationValue)));
  }

  get usbVersionMajor() { return this.#about.usbVersion.major; }
  get usbVersionMinor() { return this.#about.usbVersion.minor; }
  get usbVersionSubminor() { return this.#about.usbVersion.subminor; }
  get deviceClass() { return this.#about.deviceClass; }
  get deviceSubclass() { return this.#about.deviceSubclass; }
  get deviceProtocol() { return this.#about.deviceProtocol; }
  get vendorId() { return this.#about.vendorId; }
  get productId() { return this.#about.productId; }
  get deviceVersionMajor() { return this.#about.deviceVersion.major; }
  get deviceVersionMinor() { return this.#about.deviceVersion.minor; }
  get deviceVersionSubminor() { return this.#about.deviceVersion.subminor; }
  get manufacturerName() { return this.#about.manufacturer; }
  get productName() { return this.#about.product; }
  get serialNumber() { return this.#about.serial; }
  get configuration() {
    return this.#configurations.find((one) => one.configurationValue === this.#configurationValue) ?? null;
  }
  get configurations() { return this.#configurations; }
  get opened() { return this.#opened; }

  // --- checks ---

  #checkConnected() {
    if (!this.#gone && sysfs.identity(this.#place.name) !== this.#place.identity) this.#disconnect();
    if (this.#gone) throw disconnected();
  }
  #checkNoChange() {
    this.#checkConnected();
    if (this.#changing) throw exception('InvalidStateError', 'an operation that changes the device is in progress');
  }
  #checkOpen() {
    if (!this.#opened) throw exception('InvalidStateError', 'the device must be opened first');
  }
  #checkConfigured() {
    this.#checkNoChange();
    this.#checkOpen();
    if (!this.configuration) throw exception('InvalidStateError', 'no configuration is selected');
  }
  #findInterface(number) {
    const found = this.configuration.interfaces.find((one) => one.interfaceNumber === number);
    if (!found) throw exception('NotFoundError', `there is no interface ${number} in this configuration`);
    if (this.#interfacesChanging.has(number)) {
      throw exception('InvalidStateError', 'an operation that changes the interface is in progress');
    }
    return found;
  }
  // In the current alternate setting of a claimed interface.
  #findEndpoint(number, direction) {
    for (const one of this.configuration.interfaces) {
      if (!this.#claimed.has(one.interfaceNumber) || this.#interfacesChanging.has(one.interfaceNumber)) continue;
      for (const endpoint of one.alternate.endpoints) {
        if (endpoint.endpointNumber === number && endpoint.direction === direction && number > 0) {
          return { endpoint, session: this.#claimed.get(one.interfaceNumber), number: one.interfaceNumber };
        }
      }
    }
    throw exception('NotFoundError', `no claimed interface has endpoint ${number} ${direction} now`);
  }

  // --- the device as a whole ---

  async open() {
    this.#checkNoChange();
    if (this.#opened) return;
    this.#changing = true;
    try {
      this.#control = this.#openNode(this.#nodes()[0], 'open');
      await names.nameOthers(this.#about, (...which) => this.#getString(...which));
      if (this.#gone) throw disconnected();
      this.#opened = true;
    } finally {
      this.#changing = false;
    }
  }
  async #getString(index, language, signal) {
    const buffer = new ArrayBuffer(STRING_BYTES);
    return this.#control.submit({
      start: (session) => session.control(DIRECTION_IN, GET_DESCRIPTOR, STRING << 8 | index, language, buffer),
      make: (moved, status) => makeIn(buffer, moved, status), doing: 'open', signal, control: true,
    });
  }

  async close() {
    this.#checkNoChange();
    if (!this.#opened) return;
    this.#changing = true;
    try {
      await this.#closeAll(aborted());
    } finally {
      this.#opened = false;
      this.#changing = false;
    }
  }

  async forget() {
    await undefined;
    this.#usb.forget(this);
    if (!this.#gone && this.#opened && !this.#changing) await this.close();
  }

  async selectConfiguration(configurationValue) {
    webidl.needArguments(arguments.length, 1);
    const value = webidl.octet(configurationValue);
    this.#checkNoChange();
    if (!this.#configurations.some((one) => one.configurationValue === value)) {
      throw exception('NotFoundError', `the device has no configuration ${value}`);
    }
    this.#checkOpen();
    this.#changing = true;
    try {
      await this.#closeClaimed(aborted());
      if (value !== this.#configurationValue) await this.#changeConfiguration(value);
    } finally {
      this.#changing = false;
    }
  }

  async reset() {
    this.#checkConfigured();
    this.#changing = true;
    try {
      for (const session of this.#sessions()) {
        session.reject(aborted(), { control: true });
        session.abort();
      }
      await this.#native(native().resetDevice(this.#place.bus, this.#place.address), 'reset');
      if (this.#gone) throw disconnected();
    } finally {
      this.#changing = false;
    }
  }

  #nodes() {
    return native().list().filter(
      (node) => node.bus === this.#place.bus && node.address === this.#place.address);
  }
  #openNode(node, doing) {
    if (!node) throw exception('NetworkError', `${doing}: the interface is not bound to winusb_iso`);
    try {
      return new Session(node.path, () => this.#disconnect());
    } catch (error) {
      throw error.errno ? fromErrno(error.errno === 2 ? 5 : error.errno, doing) : error;
    }
  }
  // What the native part promises; its failures are NetworkErrors but for those that have other names.
  async #native(promise, doing) {
    try {
      await promise;
    } catch (error) {
      if (!error.errno) throw error;
      if (error.errno === ENODEV) {
        this.#disconnect();
        throw disconnected();
      }
      throw exception('NetworkError', `${doing}: ${error.message}`);
    }
  }
  // The same of an interface's session: what close() or unplugging ended says so, whatever became of it.
  async #nativeOf(number, session, promise, doing) {
    try {
      await this.#native(promise, doing);
    } finally {
      this.#checkStill(number, session);
    }
  }
  #checkStill(number, session) {
    if (this.#gone) throw disconnected();
    if (this.#claimed.get(number) !== session) throw aborted();
  }
  #sessions() {
    return [...this.#claimed.values(), ...(this.#control ? [this.#control] : [])];
  }
  async #closeClaimed(error) {
    const sessions = [...this.#claimed.values()];
    this.#claimed.clear();
    this.#selected.clear();
    for (const session of sessions) session.reject(error, { control: true });
    await Promise.allSettled(sessions.map((session) => session.close(error)));
  }
  async #closeAll(error) {
    const control = this.#control;
    this.#control = null;
    control?.reject(error, { control: true });
    await this.#closeClaimed(error);
    await control?.close(error);
  }
  // The kernel unbinds everything: other nodes are there afterwards.
  async #changeConfiguration(value) {
    const control = this.#control;
    this.#control = null;
    await control?.close(aborted());
    try {
      await sysfs.setConfiguration(this.#place.name, value);
    } catch (error) {
      this.#checkConnected();
      throw exception('NetworkError', `selectConfiguration: ${error.message}`);
    }
    this.#configurationValue = value;
    names.nameSelected(this.#place.name, this.#about);
  }
  #disconnect() {
    if (this.#gone) return;
    this.#gone = true;
    this.#opened = false;
    for (const session of this.#sessions()) session.leave(disconnected());
    this.#claimed.clear();
    this.#selected.clear();
    this.#control = null;
  }

  // --- interfaces ---

  async claimInterface(interfaceNumber) {
    webidl.needArguments(arguments.length, 1);
    const number = webidl.octet(interfaceNumber);
    this.#checkConfigured();
    const found = this.#findInterface(number);
    if (this.#claimed.has(number)) return;
    if (!this.#usb.unrestricted && found.alternates.some((one) => PROTECTED.has(one.interfaceClass))) {
      throw exception('SecurityError', 'the interface is of a protected class');
    }
    const session = this.#openNode(this.#nodes().find((node) => node.interfaceNumber === number), 'claimInterface');
    this.#selected.set(number, Math.max(session.info.currentAlternate, 0));
    this.#claimed.set(number, session);
    await undefined;
  }

  async releaseInterface(interfaceNumber) {
    webidl.needArguments(arguments.length, 1);
    const number = webidl.octet(interfaceNumber);
    this.#checkConfigured();
    this.#findInterface(number);
    const session = this.#claimed.get(number);
    if (!session) return;
    this.#interfacesChanging.add(number);
    try {
      session.abort();
      if (this.#selected.get(number)) await session.setAlternate(0).catch(() => {});
      this.#checkStill(number, session);
      this.#claimed.delete(number);
      this.#selected.delete(number);
      await session.close(aborted());
    } finally {
      this.#interfacesChanging.delete(number);
    }
  }

  async selectAlternateInterface(interfaceNumber, alternateSetting) {
    webidl.needArguments(arguments.length, 2);
    const number = webidl.octet(interfaceNumber);
    const setting = webidl.octet(alternateSetting);
    this.#checkConfigured();
    const found = this.#findInterface(number);
    const session = this.#claimed.get(number);
    if (!session) throw exception('InvalidStateError', `interface ${number} has not been claimed`);
    if (!found.alternates.some((one) => one.alternateSetting === setting)) {
      throw exception('NotFoundError', `interface ${number} has no alternate setting ${setting}`);
    }
    this.#interfacesChanging.add(number);
    try {
      session.abort();
      await this.#nativeOf(number, session, session.setAlternate(setting), 'selectAlternateInterface');
      this.#selected.set(number, setting);
    } finally {
      this.#interfacesChanging.delete(number);
    }
  }

  async clearHalt(direction, endpointNumber) {
    webidl.needArguments(arguments.length, 2);
    const way = configuration.direction(direction);
    const number = webidl.octet(endpointNumber);
    this.#checkConfigured();
    const { session, number: owner } = this.#findEndpoint(number, way);
    await this.#nativeOf(owner, session, session.resetPipe(way === 'in' ? number | DIRECTION_IN : number),
      'clearHalt');
  }

  // --- control ---

  // The session that the driver lets such a request through.
  #controlSession(setup) {
    if (setup.recipient === 'interface') {
      const number = setup.index & 0xff;
      this.#findInterface(number);
      const session = this.#claimed.get(number);
      if (!session) throw exception('InvalidStateError', `interface ${number} has not been claimed`);
      return session;
    }
    if (setup.recipient === 'endpoint' && setup.index & 0x0f) {
      return this.#findEndpoint(setup.index & 0x0f, setup.index & DIRECTION_IN ? 'in' : 'out').session;
    }
    if (setup.recipient === 'endpoint') {
      throw exception('NotFoundError', 'endpoint 0 is not part of an interface');
    }
    // Another configuration had no node, or has another one.
    this.#control ??= this.#openNode(this.#nodes()[0], 'control transfer');
    return this.#control;
  }
  #submitControl(setup, direction, data, make) {
    const type = direction | (requestTypes.indexOf(setup.requestType) << 5) | recipients.indexOf(setup.recipient);
    return this.#controlSession(setup).submit({
      start: (session) => session.control(type, setup.request, setup.value, setup.index, data),
      make, doing: 'control transfer', control: true,
    });
  }

  async controlTransferIn(setup, length) {
    webidl.needArguments(arguments.length, 2);
    const parameters = webidl.dictionary(setup, setupMembers);
    const size = webidl.unsignedShort(length);
    this.#checkConfigured();
    const buffer = new ArrayBuffer(size);
    return this.#submitControl(parameters, DIRECTION_IN, buffer, (moved, status) => makeIn(buffer, moved, status));
  }

  async controlTransferOut(setup) {
    webidl.needArguments(arguments.length, 1);
    const parameters = webidl.dictionary(setup, setupMembers);
    const source = arguments[1] === undefined ? new ArrayBuffer(0) : webidl.bufferSource(arguments[1]);
    this.#checkConfigured();
    const data = webidl.bytesOf(source);
    if (data.byteLength > 0xffff) throw exception('DataError', 'a control transfer has at most 65535 bytes');
    return this.#submitControl(parameters, 0, data, makeOut);
  }

  // --- bulk and interrupt ---

  #findPlain(number, direction, size) {
    this.#checkConfigured();
    const { endpoint, session } = this.#findEndpoint(number, direction);
    if (size > MAX_TRANSFER) throw exception('DataError', 'more than 32 MiB in one transfer');
    if (endpoint.type !== 'bulk' && endpoint.type !== 'interrupt') {
      throw exception('InvalidAccessError', `endpoint ${number} is neither bulk nor interrupt`);
    }
    return session;
  }

  async transferIn(endpointNumber, length) {
    webidl.needArguments(arguments.length, 2);
    const number = webidl.octet(endpointNumber);
    const size = webidl.unsignedLong(length);
    const session = this.#findPlain(number, 'in', size);
    const buffer = new ArrayBuffer(size);
    return session.submit({
      start: (one) => one.transferIn(number, buffer),
      make: (moved, status) => makeIn(buffer, moved, status), doing: 'transferIn',
    });
  }

  async transferOut(endpointNumber, data) {
    webidl.needArguments(arguments.length, 2);
    const number = webidl.octet(endpointNumber);
    const source = webidl.bufferSource(data);
    const bytes = webidl.bytesOf(source);
    const session = this.#findPlain(number, 'out', bytes.byteLength);
    return session.submit({
      start: (one) => one.transferOut(number, bytes), make: makeOut, doing: 'transferOut',
    });
  }

  // --- isochronous ---

  #findIsochronous(number, direction, lengths) {
    this.#checkConfigured();
    const { endpoint, session } = this.#findEndpoint(number, direction);
    if (endpoint.type !== 'isochronous') {
      throw exception('InvalidAccessError', `endpoint ${number} is not isochronous`);
    }
    let total = 0;
    for (const length of lengths) total += length;
    if (total > MAX_TRANSFER) throw exception('DataError', 'the packets add up to more than 32 MiB');
    return { session, total };
  }

  // Beyond WebUSB: a third argument { keepGoodPackets, signal }.
  async isochronousTransferIn(endpointNumber, packetLengths) {
    webidl.needArguments(arguments.length, 2);
    const number = webidl.octet(endpointNumber);
    const lengths = Uint32Array.from(webidl.sequence(packetLengths, webidl.unsignedLong));
    const options = webidl.dictionary(arguments[2], optionMembers);
    const { session, total } = this.#findIsochronous(number, 'in', lengths);
    const buffer = new ArrayBuffer(total);
    return session.submit({
      start: (one) => one.isochronousIn(number, lengths, options.keepGoodPackets ? KEEP_GOOD_PACKETS : 0, buffer),
      make: (packets, info) => results.makeIsochronousIn(buffer, packets, info, native().packetText),
      doing: 'isochronousTransferIn', signal: options.signal,
    });
  }

  async isochronousTransferOut(endpointNumber, data, packetLengths) {
    webidl.needArguments(arguments.length, 3);
    const number = webidl.octet(endpointNumber);
    const source = webidl.bufferSource(data);
    const lengths = Uint32Array.from(webidl.sequence(packetLengths, webidl.unsignedLong));
    const options = webidl.dictionary(arguments[3], optionMembers);
    const { session, total } = this.#findIsochronous(number, 'out', lengths);
    const bytes = webidl.bytesOf(source);
    if (bytes.byteLength !== total) {
      throw exception('DataError', `the packets add up to ${total} bytes, not ${bytes.byteLength}`);
    }
    return session.submit({
      start: (one) => one.isochronousOut(number, lengths, options.keepGoodPackets ? KEEP_GOOD_PACKETS : 0, bytes),
      make: (packets, info) => results.makeIsochronousOut(packets, info, native().packetText),
      doing: 'isochronousTransferOut', signal: options.signal,
    });
  }

  // --- for the rest of the package ---

  static describe(value) {
    if (!webidl.isObject(value) || !(#about in value)) throw new TypeError('not a USBDevice');
    return value.#about;
  }
  static isClaimed(device, owner, number) {
    return device.configuration === owner && device.#claimed.has(number);
  }
  static selected(device, owner, number) {
    return device.configuration === owner ? device.#selected.get(number) ?? 0 : 0;
  }
  static pipe(device, number, direction) {
    device.#checkConfigured();
    const { endpoint, session } = device.#findEndpoint(number, direction);
    if (endpoint.type !== 'isochronous') {
      throw exception('InvalidAccessError', `endpoint ${number} is not isochronous`);
    }
    return session.pipe(direction === 'in' ? number | DIRECTION_IN : number);
  }
  static isChanging(device) { return device.#changing; }
  static isGone(device) { return device.#gone; }
  static unplugged(device) {
    device.#disconnect();
  }
}

function makeIn(buffer, moved, status) {
  return new USBInTransferResult(status, moved || status === 'ok' ? new DataView(buffer.slice(0, moved)) : null);
}

function makeOut(moved, status) {
  return new USBOutTransferResult(status, moved);
}

const { describe, isClaimed, selected, pipe, isChanging, isGone, unplugged } = USBDevice;
Object.assign(configuration.state, { describe, isClaimed, selected });
for (const name of ['describe', 'isClaimed', 'selected', 'pipe', 'isChanging', 'isGone', 'unplugged']) {
  delete USBDevice[name];
}
webidl.defineInterface(USBDevice, 0);

module.exports = { USBDevice, describe, pipe, isChanging, isGone, unplugged };
