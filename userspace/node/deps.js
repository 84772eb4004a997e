// SPDX-License-Identifier: MIT
// The libraries that the native part is made of, and their licences: copied into the package when it is
// packed.
//   node deps.js             copies them to deps/ and LICENSES/
//   node deps.js --remove    takes them away again
//   node deps.js --where     the folder that has them      node deps.js --sources   all sources
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const packed = path.join(__dirname, 'deps');
const folders = { webusb: '../webusb', lib: '../lib', 'uapi/linux': '../../uapi/linux' };
const licences = path.join(__dirname, 'LICENSES');

function remove() {
  for (const folder of [packed, licences]) fs.rmSync(folder, { recursive: true, force: true });
}

function copy() {
  remove();
  fs.cpSync(path.join(__dirname, '../../LICENSES'), licences, { recursive: true });
  for (const [name, from] of Object.entries(folders)) {
    const source = path.join(__dirname, from);
    const target = path.join(packed, name);
    fs.mkdirSync(target, { recursive: true });
    for (const file of fs.readdirSync(source).filter((one) => /\.[ch]$/.test(one))) {
      fs.copyFileSync(path.join(source, file), path.join(target, file));
    }
  }
}

const own = path.join(__dirname, 'src');
const inFolder = (folder) => fs.readdirSync(folder).filter((one) => one.endsWith('.c'))
  .map((one) => path.relative(__dirname, path.join(folder, one)));

if (process.argv[2] === '--where') {
  if (!fs.existsSync(packed)) copy();
  console.log('deps');
} else if (process.argv[2] === '--sources') {
  if (!fs.existsSync(packed)) copy();
  console.log([own, path.join(packed, 'webusb'), path.join(packed, 'lib')].flatMap(inFolder).join('\n'));
} else if (process.argv[2] === '--remove') {
  remove();
} else {
  copy();
}
