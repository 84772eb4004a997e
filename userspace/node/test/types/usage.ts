// SPDX-License-Identifier: MIT
// A program in TypeScript: it must compile, and what is marked as an error must be one.
import {
  createUSB, installGlobals, isochronousInfo, IsochronousInStream, IsochronousOutStream, USBConnectionEvent, USBDevice,
  USBIsochronousInTransferPacket, USBIsochronousInTransferResult, usb,
} from '../..';

export async function transfers(device: USBDevice): Promise<number> {
  await device.open();
  await device.claimInterface(0);
  await device.selectAlternateInterface(0, 1);
  const { packets, status, data } = await device.isochronousTransferIn(1, [192, 192],
    { keepGoodPackets: true, signal: new AbortController().signal });
  const words: ('ok' | 'stall' | 'babble')[] = packets.map((packet) => packet.status);
  const summary: 'ok' | 'stall' | 'error' = status;
  const out = await device.isochronousTransferOut(1, new Uint8Array(192), [192]);
  const setup = { requestType: 'vendor', recipient: 'device', request: 1, value: 0, index: 0 } as const;
  await device.controlTransferOut(setup, new ArrayBuffer(2));
  const { bytesWritten } = await device.transferOut(3, new DataView(new ArrayBuffer(8)));
  return words.length + summary.length + (data?.byteLength ?? 0) + out.packets[0]!.bytesWritten + bytesWritten;
}

export async function streams(device: USBDevice): Promise<void> {
  const input = new IsochronousInStream(device, 1, { packets: 32 });
  for await (const result of input) {
    const { gap, errors, trust } = isochronousInfo(result)!;
    const known: 'exact' | 'timed' | 'unknown' = trust;
    if (gap && errors.some(({ errno }) => errno === 84)) break;
    console.log(known, input.intervalUs, input.statistics.lostIntervals);
  }
  const reader: ReadableStreamDefaultReader<USBIsochronousInTransferResult> = input.readable.getReader();
  await reader.cancel();
  const output = new IsochronousOutStream(device, 1);
  await output.write({ data: new Uint8Array(3), packetLengths: [1, 2] });
  await output.writable.close();
}

export async function devices(): Promise<USBDevice[]> {
  const mine = createUSB({ unrestricted: true, chooser: (found) => found[found.length - 1] });
  mine.onconnect = ({ device }) => console.log(device.productName ?? 'no name');
  usb.addEventListener('disconnect', (event: USBConnectionEvent) => console.log(event.device.vendorId));
  usb.unref();
  installGlobals();
  return [await mine.requestDevice({ filters: [{ vendorId: 0x1209 }] }), ...await mine.getDevices()];
}

const made = new USBIsochronousInTransferPacket('ok', new DataView(new ArrayBuffer(1)));
export const result = new USBIsochronousInTransferResult([made], null);
// @ts-expect-error
export const wrongStatus = new USBIsochronousInTransferPacket('good');
// @ts-expect-error
export const wrongPackets = new USBIsochronousInTransferResult(made);
// @ts-expect-error
made.status = 'stall';
