// SPDX-License-Identifier: MIT
// What the examples share: an isochronous source, ready to be read.
'use strict';

const { createUSB } = require('..');

// "VENDOR:PRODUCT", hexadecimal
const isIds = (text) => /^[0-9a-f]{1,4}:[0-9a-f]{1,4}$/i.test(text ?? '');

async function openSource(ids, alternate, endpoint) {
  const [vendorId, productId] = ids.split(':').map((id) => parseInt(id, 16));
  // Sound is of a class that web pages may not claim.
  const usb = createUSB({ unrestricted: true });
  const device = await usb.requestDevice({ filters: [{ vendorId, productId }] });
  await device.open();
  for (const { interfaceNumber, alternates } of device.configuration.interfaces) {
    const setting = alternates.find((one) => one.alternateSetting === alternate);
    const fits = (one) => one.type === 'isochronous' && one.direction === 'in' && one.endpointNumber === endpoint;
    if (!setting?.endpoints.some(fits)) continue;
    await device.claimInterface(interfaceNumber);
    await device.selectAlternateInterface(interfaceNumber, alternate);
    return device;
  }
  throw new Error(`no isochronous IN endpoint ${endpoint} in an alternate setting ${alternate}`);
}

module.exports = { openSource, isIds };
