// SPDX-License-Identifier: MIT
// Compatible with @types/w3c-web-usb, which declares the same names as globals. Like it, this says
// undefined of data that is absent; at run time it is null. USB and USBDevice have no constructor.

export type USBDirection = 'in' | 'out';
export type USBEndpointType = 'bulk' | 'interrupt' | 'isochronous';
export type USBRequestType = 'standard' | 'class' | 'vendor';
export type USBRecipient = 'device' | 'interface' | 'endpoint' | 'other';
export type USBTransferStatus = 'ok' | 'stall' | 'babble';

export interface USBControlTransferParameters {
  requestType: USBRequestType;
  recipient: USBRecipient;
  request: number;
  value: number;
  index: number;
}

export interface USBDeviceFilter {
  vendorId?: number | undefined;
  productId?: number | undefined;
  classCode?: number | undefined;
  subclassCode?: number | undefined;
  protocolCode?: number | undefined;
  serialNumber?: string | undefined;
}

export interface USBDeviceRequestOptions {
  filters: USBDeviceFilter[];
  exclusionFilters?: USBDeviceFilter[] | undefined;
}

export class USBEndpoint {
  constructor(alternate: USBAlternateInterface, endpointNumber: number, direction: USBDirection);
  readonly endpointNumber: number;
  readonly direction: USBDirection;
  readonly type: USBEndpointType;
  readonly packetSize: number;
}

export class USBAlternateInterface {
  constructor(deviceInterface: USBInterface, alternateSetting: number);
  readonly alternateSetting: number;
  readonly interfaceClass: number;
  readonly interfaceSubclass: number;
  readonly interfaceProtocol: number;
  readonly interfaceName: string | null;
  readonly endpoints: USBEndpoint[];
}

export class USBInterface {
  constructor(configuration: USBConfiguration, interfaceNumber: number);
  readonly interfaceNumber: number;
  readonly alternate: USBAlternateInterface;
  readonly alternates: USBAlternateInterface[];
  readonly claimed: boolean;
}

export class USBConfiguration {
  constructor(device: USBDevice, configurationValue: number);
  readonly configurationValue: number;
  readonly configurationName: string | null;
  readonly interfaces: USBInterface[];
}

export class USBInTransferResult {
  constructor(status: USBTransferStatus, data?: DataView | null);
  readonly data?: DataView | undefined;
  readonly status: USBTransferStatus;
}

export class USBOutTransferResult {
  constructor(status: USBTransferStatus, bytesWritten?: number);
  readonly bytesWritten: number;
  readonly status: USBTransferStatus;
}

export class USBIsochronousInTransferPacket {
  constructor(status: USBTransferStatus, data?: DataView | null);
  readonly data?: DataView | undefined;
  readonly status: USBTransferStatus;
}

export class USBIsochronousInTransferResult {
  constructor(packets: USBIsochronousInTransferPacket[], data?: DataView | null);
  readonly data?: DataView | undefined;
  readonly packets: USBIsochronousInTransferPacket[];
  /** Beyond WebUSB: of the transfer as a whole. */
  readonly status: 'ok' | 'stall' | 'error';
}

export class USBIsochronousOutTransferPacket {
  constructor(status: USBTransferStatus, bytesWritten?: number);
  readonly bytesWritten: number;
  readonly status: USBTransferStatus;
}

export class USBIsochronousOutTransferResult {
  constructor(packets: USBIsochronousOutTransferPacket[]);
  readonly packets: USBIsochronousOutTransferPacket[];
  /** Beyond WebUSB: of the transfer as a whole. */
  readonly status: 'ok' | 'stall' | 'error';
}

/** Beyond WebUSB. */
export interface IsochronousTransferOptions {
  /**
   * Packets that failed otherwise than WebUSB knows do not fail the transfer: their status is "error"
   * (beyond USBTransferStatus), and isochronousInfo() says why.
   */
  keepGoodPackets?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export class USBDevice {
  readonly usbVersionMajor: number;
  readonly usbVersionMinor: number;
  readonly usbVersionSubminor: number;
  readonly deviceClass: number;
  readonly deviceSubclass: number;
  readonly deviceProtocol: number;
  readonly vendorId: number;
  readonly productId: number;
  readonly deviceVersionMajor: number;
  readonly deviceVersionMinor: number;
  readonly deviceVersionSubminor: number;
  readonly manufacturerName: string | null;
  readonly productName: string | null;
  readonly serialNumber: string | null;
  readonly configuration: USBConfiguration | null;
  readonly configurations: USBConfiguration[];
  readonly opened: boolean;
  open(): Promise<void>;
  close(): Promise<void>;
  forget(): Promise<void>;
  selectConfiguration(configurationValue: number): Promise<void>;
  claimInterface(interfaceNumber: number): Promise<void>;
  releaseInterface(interfaceNumber: number): Promise<void>;
  selectAlternateInterface(interfaceNumber: number, alternateSetting: number): Promise<void>;
  controlTransferIn(setup: USBControlTransferParameters, length: number): Promise<USBInTransferResult>;
  controlTransferOut(setup: USBControlTransferParameters, data?: BufferSource): Promise<USBOutTransferResult>;
  clearHalt(direction: USBDirection, endpointNumber: number): Promise<void>;
  transferIn(endpointNumber: number, length: number): Promise<USBInTransferResult>;
  transferOut(endpointNumber: number, data: BufferSource): Promise<USBOutTransferResult>;
  isochronousTransferIn(endpointNumber: number, packetLengths: number[],
    options?: IsochronousTransferOptions): Promise<USBIsochronousInTransferResult>;
  isochronousTransferOut(endpointNumber: number, data: BufferSource, packetLengths: number[],
    options?: IsochronousTransferOptions): Promise<USBIsochronousOutTransferResult>;
  reset(): Promise<void>;
}

export interface USBConnectionEventInit extends EventInit {
  device: USBDevice;
}

export class USBConnectionEvent extends Event {
  constructor(type: string, eventInitDict: USBConnectionEventInit);
  readonly device: USBDevice;
}

/** So wide that USB can stand where @types/w3c-web-usb's is expected; addEventListener() knows the device's type. */
export type USBConnectionHandler = (this: any, event: Event & { readonly device: any }) => any;

export class USB extends EventTarget {
  onconnect: USBConnectionHandler | null;
  ondisconnect: USBConnectionHandler | null;
  getDevices(): Promise<USBDevice[]>;
  requestDevice(options?: USBDeviceRequestOptions): Promise<USBDevice>;
  addEventListener(type: 'connect' | 'disconnect', listener: (this: this, event: USBConnectionEvent) => any,
    options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions): void;
  removeEventListener(type: 'connect' | 'disconnect', callback: (this: this, event: USBConnectionEvent) => any,
    options?: EventListenerOptions | boolean): void;
  removeEventListener(type: string, callback: EventListenerOrEventListenerObject | null,
    options?: EventListenerOptions | boolean): void;
  /** Beyond WebUSB: whether listening for connect and disconnect keeps the process alive (it does). */
  ref(): void;
  unref(): void;
  stopWatching(): void;
}

export interface USBOptions {
  /** Lets interfaces of the classes that web pages may not claim (audio, video, HID ...) be claimed. */
  unrestricted?: boolean | undefined;
  /** Picks a device for requestDevice(); the first one if not given. */
  chooser?: ((devices: USBDevice[]) => USBDevice | undefined | Promise<USBDevice | undefined>) | undefined;
}

export const usb: USB;
export function createUSB(options?: USBOptions): USB;
export function installGlobals(target?: object): void;

export interface IsochronousInfo {
  readonly status: 'ok' | 'stall' | 'error';
  /** errno with which the transfer ended early, or 0. */
  readonly error: number;
  /** Service intervals lost between the transfer before and this one, and inside this one. */
  readonly gap: number;
  readonly innerGap: number;
  /** How that is known. */
  readonly trust: 'exact' | 'timed' | 'unknown';
  readonly newStream: boolean;
  /** Bus time of the first packet. */
  readonly startMicroframe: number;
  /** When it was done, in milliseconds of CLOCK_MONOTONIC. */
  readonly timestamp: number;
  /** The packets that are not ok. */
  readonly errors: readonly { readonly packet: number; readonly errno: number; readonly message: string }[];
}

export function isochronousInfo(
  result: USBIsochronousInTransferResult | USBIsochronousOutTransferResult): IsochronousInfo | undefined;

export interface IsochronousStreamOptions {
  /** Packets of one transfer; about 4 ms if not given. */
  packets?: number | undefined;
  /** Bytes asked for in each; the endpoint's maximum if not given. */
  packetLength?: number | undefined;
  /** Transfers under way at a time: 32, or 128 ms, so that pauses of the program leave no gap. */
  transfers?: number | undefined;
  /** IN: results that may wait for the consumer, besides: 8. */
  backlog?: number | undefined;
  /** true if not given. */
  keepGoodPackets?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface IsochronousStatistics {
  transfers: number;
  packets: number;
  badPackets: number;
  bytes: number;
  gaps: number;
  lostIntervals: number;
}

export class IsochronousInStream implements AsyncIterable<USBIsochronousInTransferResult> {
  constructor(device: USBDevice, endpointNumber: number, options?: IsochronousStreamOptions);
  readonly statistics: IsochronousStatistics;
  /** Of a service interval, in microseconds. */
  readonly intervalUs: number;
  readonly readable: ReadableStream<USBIsochronousInTransferResult>;
  close(): void;
  [Symbol.asyncIterator](): AsyncIterableIterator<USBIsochronousInTransferResult>;
}

export type IsochronousChunk = BufferSource | { data: BufferSource; packetLengths: number[] };

export class IsochronousOutStream {
  constructor(device: USBDevice, endpointNumber: number, options?: IsochronousStreamOptions);
  readonly statistics: IsochronousStatistics;
  /** Of a service interval, in microseconds. */
  readonly intervalUs: number;
  readonly writable: WritableStream<IsochronousChunk>;
  write(chunk: IsochronousChunk): Promise<void>;
  start(): void;
  close(): Promise<void>;
  abort(reason?: unknown): void;
}
