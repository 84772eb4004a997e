// SPDX-License-Identifier: MIT
// What the kernel tells of a USB device: identity, descriptors, texts. Devices can put anything in there.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const ROOT = '/sys/bus/usb/devices';

function text(folder, name) {
  try {
    return fs.readFileSync(path.join(folder, name), 'utf8').replace(/\n$/, '');
  } catch {
    return null;
  }
}

// The same place can be another device a moment later: the folder's inode tells.
function identity(name) {
  const folder = fs.statSync(path.join(ROOT, name), { throwIfNoEntry: false });
  return folder ? `${name}/${folder.ino}` : null;
}

// 0: none
const activeConfiguration = (name) => Number(text(path.join(ROOT, name), 'bConfigurationValue')) || 0;

// Texts: undefined where the kernel has none, be it that the device has none or did not tell.
const configurationName = (name) => text(path.join(ROOT, name), 'configuration') || undefined;

// Of an interface: { setting, name }
function selectedAlternate(name, configuration, number) {
  const folder = path.join(ROOT, `${name}:${configuration}.${number}`);
  return {
    setting: Number(text(folder, 'bAlternateSetting') ?? NaN), name: text(folder, 'interface') || undefined,
  };
}

function read(name) {
  const folder = path.join(ROOT, name);
  return {
    descriptors: fs.readFileSync(path.join(folder, 'descriptors')),
    active: activeConfiguration(name),
    manufacturer: text(folder, 'manufacturer'),
    product: text(folder, 'product'),
    serial: text(folder, 'serial'),
  };
}

async function setConfiguration(name, value) {
  await fs.promises.writeFile(path.join(ROOT, name, 'bConfigurationValue'), String(value));
}

module.exports = { identity, read, setConfiguration, activeConfiguration, configurationName, selectedAlternate };
