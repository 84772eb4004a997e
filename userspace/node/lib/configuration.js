// SPDX-License-Identifier: MIT
// USBConfiguration, USBInterface, USBAlternateInterface, USBEndpoint: what a device is made of.
'use strict';

const webidl = require('./webidl');

const { internal } = webidl;
const direction = webidl.enumeration('USBDirection', ['in', 'out']);

// Device-wide state is the device's: which configuration, what is claimed, which alternates. It says so
// through these functions; device.js fills them in.
const state = { describe: null, isClaimed: null, selected: null };

function need(value, test, name) {
  if (!webidl.isObject(value) || !test(value)) throw new TypeError(`not a ${name}`);
  return value;
}

// A number that nothing has: browsers say so with a RangeError.
function found(value, name) {
  if (value === undefined) throw new RangeError(`no such ${name}`);
  return value;
}

class USBConfiguration {
  #device;
  #about;
  #interfaces;
  constructor(device, configurationValue) {
    webidl.needArguments(arguments.length, 2);
    const about = state.describe(device);
    const value = webidl.octet(configurationValue);
    this.#device = device;
    this.#about = found(about.configurations.find((one) => one.configurationValue === value), 'configuration');
    this.#interfaces = Object.freeze(this.#about.interfaces.map(
      (one) => new USBInterface(this, one.interfaceNumber)));
  }
  get configurationValue() { return this.#about.configurationValue; }
  get configurationName() { return this.#about.name ?? null; }
  get interfaces() { return this.#interfaces; }
  static inside(value) { return #about in value ? { about: value.#about, device: value.#device } : null; }
}
const insideConfiguration = USBConfiguration.inside;
delete USBConfiguration.inside;

class USBInterface {
  #configuration;
  #about;
  #alternates;
  constructor(configuration, interfaceNumber) {
    webidl.needArguments(arguments.length, 2);
    need(configuration, insideConfiguration, 'USBConfiguration');
    const number = webidl.octet(interfaceNumber);
    const { about } = insideConfiguration(configuration);
    this.#configuration = configuration;
    this.#about = found(about.interfaces.find((one) => one.interfaceNumber === number), 'interface');
    this.#alternates = Object.freeze(this.#about.alternates.map(
      (one) => new USBAlternateInterface(this, one.alternateSetting)));
  }
  get interfaceNumber() { return this.#about.interfaceNumber; }
  get alternate() {
    const { device } = insideConfiguration(this.#configuration);
    const setting = state.selected(device, this.#configuration, this.#about.interfaceNumber);
    return this.#alternates.find((one) => one.alternateSetting === setting) ?? this.#alternates[0];
  }
  get alternates() { return this.#alternates; }
  get claimed() {
    const { device } = insideConfiguration(this.#configuration);
    return state.isClaimed(device, this.#configuration, this.#about.interfaceNumber);
  }
  static inside(value) { return #about in value ? value.#about : null; }
}
const insideInterface = USBInterface.inside;
delete USBInterface.inside;

class USBAlternateInterface {
  #about;
  #endpoints;
  constructor(deviceInterface, alternateSetting) {
    webidl.needArguments(arguments.length, 2);
    need(deviceInterface, insideInterface, 'USBInterface');
    const setting = webidl.octet(alternateSetting);
    this.#about = found(insideInterface(deviceInterface).alternates.find(
      (one) => one.alternateSetting === setting), 'alternate setting');
    this.#endpoints = Object.freeze(this.#about.endpoints.map(
      (one) => new USBEndpoint(this, one.endpointNumber, one.direction)));
  }
  get alternateSetting() { return this.#about.alternateSetting; }
  get interfaceClass() { return this.#about.interfaceClass; }
  get interfaceSubclass() { return this.#about.interfaceSubclass; }
  get interfaceProtocol() { return this.#about.interfaceProtocol; }
  get interfaceName() { return this.#about.name ?? null; }
  get endpoints() { return this.#endpoints; }
  static inside(value) { return #about in value ? value.#about : null; }
}
const insideAlternate = USBAlternateInterface.inside;
delete USBAlternateInterface.inside;

class USBEndpoint {
  #about;
  constructor(alternate, endpointNumber, endpointDirection) {
    webidl.needArguments(arguments.length, 3);
    need(alternate, insideAlternate, 'USBAlternateInterface');
    const number = webidl.octet(endpointNumber);
    const way = direction(endpointDirection);
    this.#about = found(insideAlternate(alternate).endpoints.find(
      (one) => one.endpointNumber === number && one.direction === way), 'endpoint');
  }
  get endpointNumber() { return this.#about.endpointNumber; }
  get direction() { return this.#about.direction; }
  get type() { return this.#about.type; }
  get packetSize() { return this.#about.packetSize; }
}

webidl.defineInterface(USBConfiguration, 2);
webidl.defineInterface(USBInterface, 2);
webidl.defineInterface(USBAlternateInterface, 2);
webidl.defineInterface(USBEndpoint, 3);

module.exports = {
  classes: { USBConfiguration, USBInterface, USBAlternateInterface, USBEndpoint }, state, direction, internal,
};
