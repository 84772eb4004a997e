// SPDX-License-Identifier: MIT
// Names of configurations and interfaces. The kernel keeps those that are selected now; the others are
// asked from the device, when it is open.
'use strict';

const sysfs = require('./sysfs');

const STRING = 3;
const PATIENCE_MS = 1000; // with a device that does not answer; it goes on without names

// Everything that can have a name: { nameIndex, name }
const named = ({ configurations }) => configurations.flatMap((configuration) =>
  [configuration, ...configuration.interfaces.flatMap(({ alternates }) => alternates)]);

function settle(about, index, name) {
  for (const one of named(about)) if (one.nameIndex === index) one.name ??= name;
}

// Of the configuration that is selected now, from the kernel.
function nameSelected(device, about) {
  const value = sysfs.activeConfiguration(device);
  const active = about.configurations.find((one) => one.configurationValue === value);
  if (!active) return;
  settle(about, active.nameIndex, sysfs.configurationName(device));
  for (const { interfaceNumber, alternates } of active.interfaces) {
    const { setting, name } = sysfs.selectedAlternate(device, value, interfaceNumber);
    const selected = alternates.find((one) => one.alternateSetting === setting);
    if (selected) settle(about, selected.nameIndex, name);
  }
}

// Of a string descriptor.
function textOf({ status, data }) {
  if (status !== 'ok' || data.byteLength < 2 || data.getUint8(1) !== STRING) return null;
  const length = Math.min(data.byteLength, data.getUint8(0)) - 2;
  return Buffer.from(data.buffer, data.byteOffset + 2, length - length % 2).toString('utf16le');
}

// getString(index, language, signal) gives the result of a control transfer.
async function nameOthers(about, getString) {
  const unknown = new Set(named(about).filter(({ nameIndex, name }) => nameIndex && name === undefined)
    .map(({ nameIndex }) => nameIndex));
  if (!unknown.size) return;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const { status, data } = await getString(0, 0, signal);
    if (status !== 'ok' || data.byteLength < 4) return;
    const language = data.getUint16(2, true);
    for (const index of unknown) settle(about, index, textOf(await getString(index, language, signal)));
  } catch {
    // Then it has none.
  }
}

module.exports = { nameSelected, nameOthers };
