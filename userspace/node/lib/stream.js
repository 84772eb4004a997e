// SPDX-License-Identifier: MIT
// Beyond WebUSB: an isochronous endpoint as a stream. Several transfers are always under way, so that
// no service interval is missed between them; each gap that happens all the same is counted.
'use strict';

const { setMaxListeners } = require('node:events');
const { pipe } = require('./device');
const { isochronousInfo } = require('./results');

const MICROFRAME_US = 125;
const TRANSFER_MICROFRAMES = 32; // 4 ms
const TRANSFERS = 32; // under way: they bridge the pauses of garbage collection

function settle(device, endpointNumber, direction, options) {
  const { interval, maxBytesPerInterval } = pipe(device, endpointNumber, direction);
  const packets = options.packets ?? Math.max(1, Math.floor(TRANSFER_MICROFRAMES / interval));
  const length = options.packetLength ?? maxBytesPerInterval;
  return {
    intervalUs: interval * MICROFRAME_US, packets, length, transfers: options.transfers ?? TRANSFERS, backlog: options.backlog ?? 8,
    keepGoodPackets: options.keepGoodPackets ?? true, signal: options.signal,
  };
}

class Statistics {
  transfers = 0;
  packets = 0;
  badPackets = 0;
  bytes = 0;
  gaps = 0;
  lostIntervals = 0;
  count(result, bytes) {
    const { gap, innerGap, errors } = isochronousInfo(result);
    this.transfers++;
    this.packets += result.packets.length;
    this.badPackets += errors.length;
    this.bytes += bytes;
    this.gaps += (gap > 0) + (innerGap > 0);
    this.lostIntervals += gap + innerGap;
  }
}

// Follows another signal, if there is one, for as long as it is needed.
class Stopper {
  #controller = new AbortController();
  #outer;
  #follow = () => this.#controller.abort(this.#outer.reason);
  constructor(outer) {
    this.#outer = outer;
    setMaxListeners(0, this.signal); // each transfer under way listens
    if (outer?.aborted) this.#follow();
    else outer?.addEventListener('abort', this.#follow, { once: true });
  }
  get signal() { return this.#controller.signal; }
  stop(reason) {
    this.#outer?.removeEventListener('abort', this.#follow);
    this.#controller.abort(reason);
  }
}

class IsochronousInStream {
  #device;
  #number;
  #settings;
  #lengths;
  #stopper;
  #queue = [];
  #inFlight = 0;
  #ended = false;
  #statistics = new Statistics();

  constructor(device, endpointNumber, options = {}) {
    this.#settings = settle(device, endpointNumber, 'in', options);
    this.#device = device;
    this.#number = endpointNumber;
    this.#lengths = new Array(this.#settings.packets).fill(this.#settings.length);
    this.#stopper = new Stopper(options.signal);
  }

  get statistics() { return { ...this.#statistics }; }
  // Of a service interval, in microseconds.
  get intervalUs() { return this.#settings.intervalUs; }

  // Transfers under way, and results that wait to be taken, are limited: a consumer that does not keep up
  // stops the stream, and finds a gap when it goes on.
  #refill() {
    const { transfers, backlog, keepGoodPackets } = this.#settings;
    while (!this.#ended && this.#inFlight < transfers && this.#queue.length < transfers + backlog) {
      const promise = this.#device.isochronousTransferIn(this.#number, this.#lengths,
        { keepGoodPackets, signal: this.#stopper.signal });
      this.#inFlight++;
      const done = () => {
        this.#inFlight--;
        this.#refill();
      };
      promise.then(done, () => { this.#inFlight--; this.#ended = true; });
      this.#queue.push(promise);
    }
  }

  async #take() {
    this.#refill();
    if (!this.#queue.length) return { done: true, value: undefined };
    try {
      const result = await this.#queue.shift();
      let bytes = 0;
      for (const { data } of result.packets) bytes += data.byteLength;
      this.#statistics.count(result, bytes);
      this.#refill();
      return { done: false, value: result };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  // What is under way is cancelled; results that wait are dropped.
  close() {
    this.#ended = true;
    this.#queue = [];
    this.#stopper.stop(new DOMException('the stream was closed', 'AbortError'));
  }

  [Symbol.asyncIterator]() {
    return {
      next: () => this.#take(),
      return: async (value) => { this.close(); return { done: true, value }; },
      [Symbol.asyncIterator]() { return this; },
    };
  }

  get readable() {
    return new ReadableStream({
      pull: async (controller) => {
        const { done, value } = await this.#take();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => this.close(),
    }, { highWaterMark: 0 });
  }
}

class IsochronousOutStream {
  #device;
  #number;
  #settings;
  #stopper;
  #waiting = [];
  #inFlight = new Set();
  #started = false;
  #error = null;
  #statistics = new Statistics();

  constructor(device, endpointNumber, options = {}) {
    this.#settings = settle(device, endpointNumber, 'out', options);
    this.#device = device;
    this.#number = endpointNumber;
    this.#stopper = new Stopper(options.signal);
  }

  get statistics() { return { ...this.#statistics }; }
  // Of a service interval, in microseconds.
  get intervalUs() { return this.#settings.intervalUs; }

  // Full packets, the last one with what remains; or as the caller says.
  #split(chunk) {
    if (chunk?.packetLengths) return chunk;
    const { byteLength } = chunk;
    const { length } = this.#settings;
    const packetLengths = new Array(Math.floor(byteLength / length)).fill(length);
    if (byteLength % length) packetLengths.push(byteLength % length);
    return { data: chunk, packetLengths };
  }
  #send({ data, packetLengths }) {
    const promise = this.#device.isochronousTransferOut(this.#number, data, packetLengths,
      { keepGoodPackets: this.#settings.keepGoodPackets, signal: this.#stopper.signal });
    this.#inFlight.add(promise);
    promise.then((result) => {
      let bytes = 0;
      for (const { bytesWritten } of result.packets) bytes += bytesWritten;
      this.#statistics.count(result, bytes);
    }, (error) => { this.#error ??= error; }).finally(() => this.#inFlight.delete(promise));
  }

  // Starts when enough is there to bridge a pause; settles when there is room for the next.
  async write(chunk) {
    if (this.#error) throw this.#error;
    this.#stopper.signal.throwIfAborted();
    const piece = this.#split(chunk);
    if (this.#started) this.#send(piece);
    else this.#waiting.push({ ...piece, data: copy(piece.data) });
    if (!this.#started && this.#waiting.length >= this.#settings.transfers) this.start();
    while (this.#inFlight.size >= this.#settings.transfers && !this.#error) {
      await Promise.race(this.#inFlight).catch(() => {});
    }
    if (this.#error) throw this.#error;
  }

  start() {
    this.#started = true;
    for (const piece of this.#waiting.splice(0)) this.#send(piece);
  }

  // Until everything was sent.
  async close() {
    this.start();
    await Promise.allSettled(this.#inFlight);
    if (this.#error) throw this.#error;
    this.#stopper.stop();
  }

  abort(reason = new DOMException('the stream was aborted', 'AbortError')) {
    this.#waiting = [];
    this.#stopper.stop(reason);
  }

  get writable() {
    return new WritableStream({
      write: (chunk) => this.write(chunk),
      close: () => this.close(),
      abort: (reason) => this.abort(reason),
    });
  }
}

function copy(source) {
  return ArrayBuffer.isView(source) ?
    source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength) : source.slice(0);
}

module.exports = { IsochronousInStream, IsochronousOutStream };
