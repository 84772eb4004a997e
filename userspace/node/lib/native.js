// SPDX-License-Identifier: MIT
// The native part: a prebuilt one or one built on installation, whichever is there; and its errors.
'use strict';

const path = require('node:path');

const root = path.join(__dirname, '..');

function load() {
  try {
    return require('node-gyp-build')(root);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    return require(path.join(root, 'build', 'Release', 'winusb_iso.node'));
  }
}

let loaded;
// Classes can be had, and tested, without it.
const native = () => (loaded ??= load());

function exception(name, message) {
  return new DOMException(message, name);
}

// A DOMException for an errno; what the specification has no name for is a NetworkError.
function fromErrno(errno, doing) {
  const name = native().errorName(errno);
  return exception(name, `${doing}: ${native().errorText(errno)}`);
}

module.exports = { native, exception, fromErrno };
