// SPDX-License-Identifier: MIT
// USBDevice on the module and the simulated device: checks and their order, every kind of transfer.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const test = require('node:test');
const { plug, ready, rejects, counterOf, isPattern, pattern } = require('./scene');
const { createUSB, isochronousInfo } = require('../..');

const FULL = 1024;
const fill = (count, value) => new Array(count).fill(value);

test('a device says what its descriptors say', async (t) => {
  const { device, usb } = await plug(t, { options: ['--serial', 'A-7'] });
  assert.equal(device.vendorId, 0x1209);
  assert.equal(device.productId, 1);
  assert.equal(device.serialNumber, 'A-7');
  assert.equal(device.opened, false);
  assert.equal(device.configurations.length, 1);
  assert.equal(device.configuration, device.configurations[0]);
  const [one] = device.configuration.interfaces;
  assert.equal(one.claimed, false);
  assert.equal(one.alternate, one.alternates[0]);
  assert.equal(one.alternates.length, 9);
  const { endpoints } = one.alternates[2];
  assert.deepEqual(endpoints.map(({ endpointNumber, direction, type, packetSize }) =>
    [endpointNumber, direction, type, packetSize]),
  [[1, 'in', 'isochronous', 3072], [1, 'out', 'isochronous', 3072]]);
  assert.equal((await usb.getDevices())[0], device);
});

test('requestDevice() filters, and says NotFoundError or TypeError', async (t) => {
  const { device, usb } = await plug(t);
  const ask = (...filters) => usb.requestDevice({ filters });
  assert.equal(await ask(), device);
  assert.equal(await ask({ vendorId: 0x1209, productId: 1, classCode: 0xff }), device);
  assert.equal(await ask({ vendorId: 7 }, { serialNumber: device.serialNumber }), device);
  await rejects(ask({ vendorId: 0x1209, productId: 2 }), 'NotFoundError');
  await rejects(ask({ classCode: 3 }), 'NotFoundError');
  await rejects(usb.requestDevice({ filters: [], exclusionFilters: [{ vendorId: 0x1209 }] }), 'NotFoundError');
  await assert.rejects(ask({ productId: 1 }), TypeError);
  await assert.rejects(ask({ subclassCode: 1 }), TypeError);
  await assert.rejects(ask({ classCode: 1, protocolCode: 1 }), TypeError);
  await assert.rejects(usb.requestDevice({}), TypeError);
  await device.forget();
  assert.deepEqual(await usb.getDevices(), []);
  assert.equal(await ask(), device);
  assert.deepEqual(await usb.getDevices(), [device]);
});

test('before open() all but open and close say InvalidStateError', async (t) => {
  const { device } = await plug(t);
  await device.close();
  const setup = { requestType: 'vendor', recipient: 'device', request: 1, value: 0, index: 0 };
  for (const call of [
    () => device.selectConfiguration(1), () => device.claimInterface(99), () => device.releaseInterface(99),
    () => device.selectAlternateInterface(99, 0), () => device.controlTransferIn(setup, 1),
    () => device.controlTransferOut(setup), () => device.clearHalt('in', 1), () => device.transferIn(1, 1),
    () => device.transferOut(1, new Uint8Array(1)), () => device.isochronousTransferIn(1, [2 ** 32 - 1, 1]),
    () => device.isochronousTransferOut(1, new Uint8Array(1), []), () => device.reset(),
  ]) await rejects(call(), 'InvalidStateError');
  await rejects(device.selectConfiguration(99), 'NotFoundError');
});

test('interfaces and alternate settings: each check, in its order', async (t) => {
  const { device } = await plug(t);
  await device.open();
  await device.open();
  assert.equal(device.opened, true);
  await rejects(device.claimInterface(1), 'NotFoundError');
  await rejects(device.releaseInterface(1), 'NotFoundError');
  await device.releaseInterface(0);
  await rejects(device.selectAlternateInterface(1, 1), 'NotFoundError');
  await rejects(device.selectAlternateInterface(0, 99), 'InvalidStateError');
  await device.claimInterface(0);
  await device.claimInterface(256);
  const [one] = device.configuration.interfaces;
  assert.equal(one.claimed, true);
  await rejects(device.selectAlternateInterface(0, 99), 'NotFoundError');
  await device.selectAlternateInterface(0, 3);
  assert.equal(one.alternate.alternateSetting, 3);
  const changing = device.selectAlternateInterface(0, 1);
  await rejects(device.selectAlternateInterface(0, 1), 'InvalidStateError');
  await changing;
  await device.releaseInterface(0);
  assert.equal(one.claimed, false);
  assert.equal(one.alternate.alternateSetting, 0);
  await device.selectConfiguration(1);
  await device.close();
  assert.equal(device.opened, false);
});

test('isochronous checks: NotFoundError, InvalidAccessError, DataError, in this order', async (t) => {
  const { device } = await ready(t, 8);
  const wrap = [2 ** 32 - 1, 1];
  const none = new Uint8Array(0);
  for (const number of [0, 2, 5, 15, 16, 0x81]) {
    await rejects(device.isochronousTransferIn(number, wrap), 'NotFoundError');
    await rejects(device.isochronousTransferOut(number, none, wrap), 'NotFoundError');
  }
  await rejects(device.isochronousTransferIn(3, wrap), 'InvalidAccessError');
  await rejects(device.isochronousTransferIn(4, wrap), 'InvalidAccessError');
  await rejects(device.isochronousTransferOut(3, none, wrap), 'InvalidAccessError');
  await rejects(device.isochronousTransferIn(1, wrap), 'DataError');
  await rejects(device.isochronousTransferIn(1, [32 * 1024 * 1024, 1]), 'DataError');
  await rejects(device.isochronousTransferOut(1, new Uint8Array(2), [1]), 'DataError');
  await rejects(device.isochronousTransferOut(1, new Uint8Array(1), [1, 1]), 'DataError');
  await rejects(device.isochronousTransferIn(1, [513]), 'NetworkError');
  await rejects(device.transferIn(1, 32 * 1024 * 1024 + 1), 'DataError');
  await rejects(device.transferIn(1, 1), 'InvalidAccessError');
  await rejects(device.transferIn(5, 1), 'NotFoundError');
  await device.selectAlternateInterface(0, 0);
  await rejects(device.isochronousTransferIn(1, [1]), 'NotFoundError');
});

test('a detached buffer counts as no bytes; getters that detach it come too late to matter', async (t) => {
  const { device } = await ready(t, 1);
  const data = new Uint8Array(16);
  structuredClone(data.buffer, { transfer: [data.buffer] });
  await rejects(device.isochronousTransferOut(1, data, [16]), 'DataError');
  const { packets } = await device.isochronousTransferOut(1, data, []);
  assert.equal(packets.length, 0);
  const late = new Uint8Array(16);
  const lengths = { * [Symbol.iterator]() { structuredClone(late.buffer, { transfer: [late.buffer] }); yield 16; } };
  await rejects(device.isochronousTransferOut(1, late, lengths), 'DataError');
});

test('full packets: one buffer, a view for each, in place', async (t) => {
  const { device } = await ready(t, 1);
  const result = await device.isochronousTransferIn(1, fill(20, FULL));
  assert.equal(result.data.byteLength, 20 * FULL);
  assert.equal(result.status, 'ok');
  const counter = counterOf(result.packets[0].data);
  result.packets.forEach(({ data, status }, i) => {
    assert.equal(status, 'ok');
    assert.equal(data.buffer, result.data.buffer);
    assert.equal(data.byteOffset, i * FULL);
    assert.equal(data.byteLength, FULL);
    assert.ok(isPattern(data, 0x81, counter + i));
  });
  const info = isochronousInfo(result);
  assert.equal(info.newStream, true);
  assert.equal(info.gap, 0);
  assert.equal(info.trust, 'timed');
});

test('short and empty packets lie where the lengths asked for put them', async (t) => {
  const { device } = await ready(t, 1, { options: ['--alternate', 'in:0x81:32:1:ramp'] });
  const { packets, data } = await device.isochronousTransferIn(1, fill(70, 32));
  assert.equal(data.byteLength, 70 * 32);
  const first = packets[0].data.byteLength;
  packets.forEach((packet, i) => {
    assert.equal(packet.data.byteLength, (first + i) % 33);
    assert.equal(packet.data.byteOffset, i * 32);
    assert.equal(packet.status, 'ok');
  });
  for (let at = packets[1].data.byteLength; at < 32; at++) assert.equal(data.getUint8(32 + at), 0);
});

test('lengths of many kinds, none, no packets, and more than 128', async (t) => {
  const { device } = await ready(t, 1, { options: ['--alternate', 'in:0x81:1024:1:clip'] });
  const lengths = [1024, 0, 8, 1000, 0, 16];
  const some = await device.isochronousTransferIn(1, lengths);
  assert.deepEqual(some.packets.map(({ data }) => data.byteLength), lengths);
  const none = await device.isochronousTransferIn(1, []);
  assert.equal(none.data.byteLength, 0);
  assert.deepEqual(none.packets, []);
  const many = await device.isochronousTransferIn(1, fill(1000, FULL));
  const counter = counterOf(many.packets[0].data);
  assert.ok(many.packets.every(({ data }, i) => isPattern(data, 0x81, counter + i)));
});

test('babble: the packet says so, its neighbours are intact', async (t) => {
  const { device } = await ready(t, 1);
  const result = await device.isochronousTransferIn(1, [FULL, 100, FULL]);
  assert.deepEqual(result.packets.map(({ status }) => status), ['ok', 'babble', 'ok']);
  assert.equal(result.status, 'error');
  assert.equal(result.packets[2].data.byteOffset, FULL + 100);
  assert.ok(isPattern(result.packets[2].data, 0x81, counterOf(result.packets[0].data) + 2));
});

for (const [kind, errno] of [['late', 18], ['protocol', 71], ['crc', 84], ['timeout', 62]]) {
  test(`${kind}: strict rejects with NetworkError, keepGoodPackets keeps the others`, async (t) => {
    const { device, fault } = bind(await ready(t, 1));
    fault(`${kind}@+1:pipe=0x81`);
    await rejects(device.isochronousTransferIn(1, fill(3, FULL)), 'NetworkError');
    fault(`${kind}@+1:pipe=0x81`);
    const result = await device.isochronousTransferIn(1, fill(3, FULL), { keepGoodPackets: true });
    assert.deepEqual(result.packets.map(({ status }) => status), ['ok', 'error', 'ok']);
    assert.equal(result.status, 'error');
    assert.deepEqual(isochronousInfo(result).errors.map(({ packet, errno: got }) => [packet, got]), [[1, errno]]);
    assert.ok(isPattern(result.packets[2].data, 0x81, counterOf(result.packets[0].data) + 2));
  });
}

test('all packets bad: NetworkError, or a result that says so of each', async (t) => {
  const { device, fault } = bind(await ready(t, 1));
  fault('protocol@+0+6:pipe=0x81');
  await rejects(device.isochronousTransferIn(1, fill(3, FULL)), 'NetworkError');
  const result = await device.isochronousTransferIn(1, fill(3, FULL), { keepGoodPackets: true });
  assert.ok(result.packets.every(({ status, data }) => status === 'error' && data.byteLength === 0));
});

test('OUT: many lengths arrive, bytesWritten says so, and data may change at once', async (t) => {
  const scene = await ready(t, 1);
  const lengths = Array.from({ length: 300 }, (_, i) => 8 * (i % 128 + 1));
  const packets = lengths.map((length, i) => pattern(length, 0x01, i));
  const data = Buffer.concat(packets);
  const promise = scene.device.isochronousTransferOut(1, data, lengths);
  data.fill(0xee);
  const result = await promise;
  assert.deepEqual(result.packets.map(({ bytesWritten }) => bytesWritten), lengths);
  assert.ok(result.packets.every(({ status }) => status === 'ok'));
  assert.equal(result.status, 'ok');
  const { good, bad, jumps } = scene.stats(0x01);
  assert.deepEqual({ good, bad, jumps }, { good: 300, bad: 0, jumps: 0 });
});

test('several outstanding transfers resolve in order, are one stream, each with its own buffer', async (t) => {
  // 8 ms for a packet: however long it takes to submit the next, the one before is not over.
  const { device } = await ready(t, 1, { options: ['--alternate', 'in:0x81:1024:7'] });
  const order = [];
  const all = await Promise.all(Array.from({ length: 40 }, async (_, i) => {
    const result = await device.isochronousTransferIn(1, fill(8, FULL));
    order.push(i);
    return result;
  }));
  assert.deepEqual(order, all.map((_, i) => i));
  assert.equal(new Set(all.map(({ data }) => data.buffer)).size, 40);
  const counter = counterOf(all[0].data);
  all.forEach((result, i) => {
    assert.equal(counterOf(result.data), counter + 8 * i);
    assert.equal(isochronousInfo(result).gap, 0);
  });
});

test('a promise settles on a later task, never synchronously', async (t) => {
  const { device } = await ready(t, 1);
  let settled = false;
  const promise = device.isochronousTransferIn(1, []).then(() => { settled = true; });
  assert.equal(settled, false);
  for (let i = 0; i < 5; i++) await undefined;
  assert.equal(settled, false);
  await promise;
});

test('close(), reset, another alternate setting and release end what is under way with AbortError', async (t) => {
  const { device } = await ready(t, 1);
  const long = () => device.isochronousTransferIn(1, fill(20000, FULL));
  for (const end of [
    () => device.selectAlternateInterface(0, 1), () => device.releaseInterface(0), () => device.close(),
  ]) {
    if (!device.opened) await device.open();
    await device.claimInterface(0);
    await device.selectAlternateInterface(0, 1);
    const transfers = [long(), long()];
    const ended = end();
    for (const transfer of transfers) await rejects(transfer, 'AbortError');
    await ended;
  }
});

test('selectConfiguration() of the current one ends transfers and gives interfaces back', async (t) => {
  const { device } = await ready(t, 1);
  const transfer = device.isochronousTransferIn(1, fill(20000, FULL));
  const ended = device.selectConfiguration(1);
  await rejects(transfer, 'AbortError');
  await ended;
  assert.equal(device.configuration.interfaces[0].claimed, false);
});

test('reset() ends all with AbortError, and the device works afterwards', async (t) => {
  const { device } = await ready(t, 1);
  const transfer = device.isochronousTransferIn(1, fill(20000, FULL));
  const reset = device.reset();
  await rejects(transfer, 'AbortError');
  await rejects(device.isochronousTransferIn(1, [1]), 'InvalidStateError');
  await reset;
  await device.selectAlternateInterface(0, 1);
  assert.equal((await device.isochronousTransferIn(1, fill(8, FULL))).status, 'ok');
});

test('an AbortSignal ends one transfer, and not the others', async (t) => {
  const { device } = await ready(t, 1);
  const controller = new AbortController();
  const first = device.isochronousTransferIn(1, fill(4000, FULL));
  const second = device.isochronousTransferIn(1, fill(20000, FULL), { signal: controller.signal });
  controller.abort();
  await rejects(second, 'AbortError');
  assert.equal((await first).status, 'ok');
  await rejects(device.isochronousTransferIn(1, [1], { signal: controller.signal }), 'AbortError');
});

test('an AbortSignal cancels on the bus: what had not gone out never does, what had ends', async (t) => {
  const scene = await ready(t, 1);
  const { device } = scene;
  const controller = new AbortController();
  const kept = device.isochronousTransferIn(1, fill(4000, FULL));
  const dropped = device.isochronousTransferIn(1, fill(20000, FULL), { signal: controller.signal });
  controller.abort();
  await rejects(dropped, 'AbortError');
  await kept;
  assert.equal(scene.stats(0x81).packets, 4000);
  assert.equal(scene.stats(0x81).unlinked, 0);

  const second = new AbortController();
  const begun = device.isochronousTransferIn(1, fill(20000, FULL), { signal: second.signal });
  const pipe = ({ pipes }) => pipes.find((one) => one.pipe === '0x81');
  scene.until((stats) => pipe(stats).packets > 4000);
  second.abort();
  await rejects(begun, 'AbortError');
  const { frame } = scene.until((stats) => pipe(stats).unlinked > 0);
  const { packets } = scene.stats(0x81);
  assert.ok(packets < 24000, `${packets} packets`);
  scene.until((stats) => stats.frame > frame + 4000);
  assert.equal(scene.stats(0x81).packets, packets);
});

test('an AbortSignal\'s reason comes as it is, whatever it is', async (t) => {
  const { device } = await ready(t, 1);
  const reason = Object.assign(new Error('enough'), { errno: 19 });
  const signal = AbortSignal.abort(reason);
  await assert.rejects(device.isochronousTransferIn(1, [1], { signal }), (error) => error === reason);
  assert.equal((await device.isochronousTransferIn(1, [FULL])).status, 'ok');
});

test('close() ends what changes an interface, too, with AbortError; nothing of it stays', async (t) => {
  const { device } = await ready(t, 1);
  const [one] = device.configuration.interfaces;
  const changing = device.selectAlternateInterface(0, 3);
  const closing = device.close();
  await rejects(changing, 'AbortError');
  await closing;
  assert.equal(one.alternate.alternateSetting, 0);
  await device.open();
  await device.claimInterface(0);
  await device.selectAlternateInterface(0, 1);
  const releasing = device.releaseInterface(0);
  const again = device.close();
  await rejects(releasing, 'AbortError');
  await again;
});

test('unplugged while an interface is released or changed: NotFoundError', async (t) => {
  for (const change of [(device) => device.releaseInterface(0), (device) => device.selectAlternateInterface(0, 3),
    (device) => device.clearHalt('in', 1)]) {
    const scene = await ready(t, 1);
    const changing = change(scene.device);
    scene.send('vanish');
    await rejects(changing, 'NotFoundError');
    await scene.unplug();
  }
});

test('unplugged: NotFoundError for what is under way and for everything after', async (t) => {
  const scene = await ready(t, 1);
  const { device } = scene;
  scene.fault('vanish@500:pipe=0x81');
  const transfers = [1, 2].map(() => device.isochronousTransferIn(1, fill(8000, FULL)));
  for (const transfer of transfers) await rejects(transfer, 'NotFoundError');
  await rejects(device.isochronousTransferIn(1, [2 ** 32 - 1, 1]), 'NotFoundError');
  await rejects(device.open(), 'NotFoundError');
  await rejects(device.close(), 'NotFoundError');
  assert.equal(device.opened, false);
});

const DEVICES = '/sys/bus/usb/devices';
const vendorOf = (name) => { try { return fs.readFileSync(`${DEVICES}/${name}/idVendor`, 'utf8').trim(); } catch { return null; } };
const nameInSysfs = () => fs.readdirSync(DEVICES).find((name) => vendorOf(name) === '1209');

test('unplugged: what had completed is delivered, although a call notices first that the device has gone', async (t) => {
  const scene = await ready(t, 1);
  const { device } = scene;
  const name = nameInSysfs();
  scene.fault('vanish@40:pipe=0x81');
  const transfers = Array.from({ length: 10 }, () => device.isochronousTransferIn(1, fill(8, FULL)));
  // Nothing is delivered before this is over.
  while (fs.existsSync(`${DEVICES}/${name}`));
  await rejects(device.isochronousTransferIn(1, fill(8, FULL)), 'NotFoundError');
  const outcomes = await Promise.allSettled(transfers);
  assert.deepEqual(outcomes.map(({ value, reason }) => value?.packets.map(({ status }) => status).join() ?? reason.name),
    [...fill(5, fill(8, 'ok').join()), ...fill(5, 'NotFoundError')]);
  assert.equal(device.opened, false);
});

test('an interface that is taken from the driver ends what is under way on the others: NotFoundError', async (t) => {
  const { device } = await ready(t, 1, { options: ['--interfaces', '2'] });
  await device.claimInterface(1);
  await device.selectAlternateInterface(1, 1);
  const numbers = device.configuration.interfaces.map(({ alternate }) => alternate.endpoints[0].endpointNumber);
  const transfers = numbers.map((number) => device.isochronousTransferIn(number, fill(8000, FULL)));
  fs.writeFileSync(`${DEVICES}/${nameInSysfs()}:1.1/driver/unbind`, `${nameInSysfs()}:1.1`);
  await Promise.all(transfers.map((transfer) => rejects(transfer, 'NotFoundError')));
});

test('connect and disconnect are told, with the device', async (t) => {
  const scene = await plug(t);
  const { usb, device } = scene;
  t.after(() => usb.stopWatching());
  const gone = new Promise((resolve) => { usb.ondisconnect = resolve; });
  scene.send('vanish');
  assert.equal((await gone).device, device);
  const come = new Promise((resolve) => usb.addEventListener('connect', resolve, { once: true }));
  const again = await plug(t);
  const event = await come;
  assert.equal(event.type, 'connect');
  assert.notEqual(event.device, device);
  assert.equal(event.device.serialNumber, again.device.serialNumber);
});

test('control transfers: a descriptor, a stall, and each check', async (t) => {
  const { device } = await ready(t, 1);
  const descriptor = { requestType: 'standard', recipient: 'device', request: 6, value: 0x100, index: 0 };
  const { data, status } = await device.controlTransferIn(descriptor, 18);
  assert.equal(status, 'ok');
  assert.equal(data.byteLength, 18);
  assert.equal(data.getUint16(8, true), 0x1209);
  const stalled = await device.controlTransferIn({ ...descriptor, value: 0x7700 }, 18);
  assert.equal(stalled.status, 'stall');
  assert.equal(stalled.data, null);
  const to = (recipient, index) => device.controlTransferIn({ ...descriptor, recipient, index }, 1);
  await rejects(to('interface', 5), 'NotFoundError');
  await rejects(to('endpoint', 0x85), 'NotFoundError');
  await device.releaseInterface(0);
  await rejects(to('interface', 0), 'InvalidStateError');
  await rejects(device.controlTransferOut({ ...descriptor, request: 9, value: 1 }), 'SecurityError');
});

test('interrupt: a message, a longer one cut short, and what is asked for in several packets', async (t) => {
  const { device } = bind(await ready(t, 1, {
    options: ['--alternate', 'in:0x84:64:4:interrupt:fixed=40,out:0x05:64:4:interrupt,in:0x85:64:4:interrupt:loop=5'],
  }));
  const { endpoints } = device.configuration.interfaces[0].alternate;
  assert.deepEqual(endpoints.map(({ endpointNumber, direction, type, packetSize }) =>
    [endpointNumber, direction, type, packetSize]),
  [[4, 'in', 'interrupt', 64], [5, 'out', 'interrupt', 64], [5, 'in', 'interrupt', 64]]);
  const message = await device.transferIn(4, 64);
  assert.deepEqual([message.status, message.data.byteLength], ['ok', 40]);
  await rejects(device.isochronousTransferIn(4, [64]), 'InvalidAccessError');
  const data = pattern(200, 5, 1);
  const back = device.transferIn(5, 200);
  assert.deepEqual({ ...pick(await device.transferOut(5, data)) }, { status: 'ok', bytesWritten: 200 });
  assert.deepEqual(new Uint8Array((await back).data.buffer), data);
  const never = rejects(device.transferIn(5, 64), 'AbortError');
  await device.selectAlternateInterface(0, 1);
  await never;
});

const pick = ({ status, bytesWritten }) => ({ status, bytesWritten });

test('protected classes: SecurityError, unless everything may be claimed', async (t) => {
  const options = ['--class', '0e:02', '--alternate', 'in:0x81:1024:1,out:0x01:1024:1'];
  const scene = await plug(t, { options });
  const { device } = scene;
  assert.equal(device.configuration.interfaces[0].alternates[0].interfaceClass, 0x0e);
  await device.open();
  await rejects(device.claimInterface(0), 'SecurityError');
  assert.equal(device.configuration.interfaces[0].claimed, false);
  await rejects(device.isochronousTransferIn(1, [1]), 'NotFoundError');
  await device.close();
  const [free] = await createUSB({ unrestricted: true }).getDevices();
  await free.open();
  await free.claimInterface(0);
  await free.selectAlternateInterface(0, 1);
  assert.equal((await free.isochronousTransferIn(1, [FULL])).status, 'ok');
  await free.close();
});

test('bulk: data both ways, a stall that clearHalt() clears', async (t) => {
  const { device, fault } = bind(await ready(t, 8));
  const sent = await device.transferOut(3, pattern(512, 3, 0));
  assert.equal(sent.status, 'ok');
  assert.equal(sent.bytesWritten, 512);
  const got = await device.transferIn(3, 512);
  assert.equal(got.status, 'ok');
  assert.equal(got.data.byteLength, 512);
  fault('stall@+0:pipe=0x83');
  assert.equal((await device.transferIn(3, 512)).status, 'stall');
  assert.equal((await device.transferIn(3, 512)).status, 'stall');
  await device.clearHalt('in', 3);
  assert.equal((await device.transferIn(3, 512)).status, 'ok');
  await rejects(device.clearHalt('out', 9), 'NotFoundError');
});

function bind(scene) {
  return { ...scene, device: scene.device, fault: (text) => scene.fault(text) };
}
