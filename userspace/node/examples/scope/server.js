#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// A web page that draws an isochronous source of 16-bit sound as it comes, and marks each gap.
//   server.js [OPTIONS] VENDOR:PRODUCT ALTERNATE ENDPOINT
//   server.js [OPTIONS] --replay FILE      shows again what --record kept; needs no device
//     --port N          where to serve the page (8080; 0: any that is free)
//     --channels N      in the sound (2)
//     --seconds S       end after so much time of the bus
//     --tone            send two tones to the OUT endpoint of the same number: for a device that loops
//     --record FILE     keep what the pages were told, a line of JSON each
// Open the address that it prints. Ctrl-C ends it. The page can only be had on this machine.
'use strict';

const fs = require('node:fs');
const { parseArgs } = require('node:util');
const { IsochronousInStream, IsochronousOutStream, isochronousInfo } = require('../..');
const { openSource, isIds } = require('../source');
const { Pages } = require('./pages');
const { Timeline } = require('./timeline');
const { tone, PACKET_BYTES } = require('./tone');

const TONE_PACKETS = 8;
const TRANSFERS = 64; // a pause of 256 ms leaves no gap

function readArguments() {
  const text = { type: 'string' };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { ...text, default: '8080' }, channels: { ...text, default: '2' }, seconds: text,
      tone: { type: 'boolean' }, record: text, replay: text,
    },
  });
  const [ids, alternate, endpoint] = positionals;
  if (!values.replay && !(isIds(ids) && alternate >= 0 && endpoint >= 1)) {
    throw new Error('usage: server.js [OPTIONS] VENDOR:PRODUCT ALTERNATE ENDPOINT');
  }
  return { ...values, ids, alternate: Number(alternate), endpoint: Number(endpoint) };
}

// Tells pages, and the record if there is one.
function teller(pages, record) {
  const file = record && fs.openSync(record, 'w');
  return (message) => {
    pages.tell(message);
    if (file) fs.writeSync(file, `${JSON.stringify(message)}\n`);
  };
}

async function play(device, endpoint, signal) {
  const stream = new IsochronousOutStream(device, endpoint, { packetLength: PACKET_BYTES, signal });
  for (let at = 0; ; at += TONE_PACKETS) await stream.write(tone(at, TONE_PACKETS));
}

// Until the time is over, or the device has gone, or someone has had enough: why.
async function show(device, options, tell, signal) {
  const stream = new IsochronousInStream(device, options.endpoint, { transfers: TRANSFERS, signal });
  const { intervalUs } = stream;
  const timeline = new Timeline({ intervalUs, channels: Number(options.channels) });
  tell({
    type: 'format', device: device.productName ?? options.ids,
    endpoint: options.endpoint, intervalUs, channels: Number(options.channels), perColumn: timeline.perColumn,
  });
  try {
    for await (const result of stream) {
      tell(timeline.add(result.packets, isochronousInfo(result)));
      if (timeline.at * intervalUs >= options.seconds * 1e6) return 'the time is over';
    }
  } catch (error) {
    if (signal.aborted) return 'it was stopped';
    return error.message;
  }
}

async function live(options, tell, controller) {
  const device = await openSource(options.ids, options.alternate, options.endpoint);
  const playing = options.tone && play(device, options.endpoint, controller.signal).catch(() => {});
  tell({ type: 'end', reason: await show(device, options, tell, controller.signal) });
  controller.abort();
  if (device.opened) await device.close();
  await playing;
}

function replay(file, tell) {
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) if (line) tell(JSON.parse(line));
}

async function main() {
  const options = readArguments();
  const pages = new Pages();
  const tell = teller(pages, options.record);
  const controller = new AbortController();
  const stopped = new Promise((resolve) => { process.once('SIGINT', resolve); });
  stopped.then(() => controller.abort());
  console.log(await pages.listen(Number(options.port)));
  if (options.replay) replay(options.replay, tell);
  else await live(options, tell, controller);
  await stopped;
  pages.close();
}

main().catch((error) => {
  console.error(`server: ${error.message}`);
  process.exit(1);
});
