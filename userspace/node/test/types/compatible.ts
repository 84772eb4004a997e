// SPDX-License-Identifier: MIT
// What is written for @types/w3c-web-usb takes what this package gives: each line is such an assignment. It needs
// that package: npm install, then tsc -p test/types/tsconfig.compatible.json
import * as ours from '../..';

declare const all: {
  usb: ours.USB; device: ours.USBDevice; configuration: ours.USBConfiguration; owner: ours.USBInterface;
  alternate: ours.USBAlternateInterface; endpoint: ours.USBEndpoint; event: ours.USBConnectionEvent;
  input: ours.USBInTransferResult; output: ours.USBOutTransferResult;
  inPacket: ours.USBIsochronousInTransferPacket; outPacket: ours.USBIsochronousOutTransferPacket;
  inResult: ours.USBIsochronousInTransferResult; outResult: ours.USBIsochronousOutTransferResult;
};

export const usb: USB = all.usb;
export const device: USBDevice = all.device;
export const configuration: USBConfiguration = all.configuration;
export const owner: USBInterface = all.owner;
export const alternate: USBAlternateInterface = all.alternate;
export const endpoint: USBEndpoint = all.endpoint;
export const event: USBConnectionEvent = all.event;
export const input: USBInTransferResult = all.input;
export const output: USBOutTransferResult = all.output;
export const inPacket: USBIsochronousInTransferPacket = all.inPacket;
export const outPacket: USBIsochronousOutTransferPacket = all.outPacket;
export const inResult: USBIsochronousInTransferResult = all.inResult;
export const outResult: USBIsochronousOutTransferResult = all.outResult;

export const constructors: [
  typeof USBInterface, typeof USBAlternateInterface, typeof USBInTransferResult, typeof USBOutTransferResult,
  typeof USBIsochronousInTransferPacket, typeof USBIsochronousInTransferResult,
  typeof USBIsochronousOutTransferPacket, typeof USBIsochronousOutTransferResult,
] = [
  ours.USBInterface, ours.USBAlternateInterface, ours.USBInTransferResult, ours.USBOutTransferResult,
  ours.USBIsochronousInTransferPacket, ours.USBIsochronousInTransferResult,
  ours.USBIsochronousOutTransferPacket, ours.USBIsochronousOutTransferResult,
];

// And the other way for what a program gives.
export const filter: ours.USBDeviceFilter = {} as USBDeviceFilter;
export const request: ours.USBDeviceRequestOptions = {} as USBDeviceRequestOptions;
export const setup: ours.USBControlTransferParameters = {} as USBControlTransferParameters;
