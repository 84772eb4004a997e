// SPDX-License-Identifier: MIT
// Pure: packets of 16-bit sound on the time of the bus, for a page to draw. Time is counted in service
// intervals from the first packet on; those that were lost count, too, so that a gap is as long as it was.
'use strict';

const COLUMN_US = 10000;

// Extremes and power of one channel, in one column.
class Channel {
  min = Infinity;
  max = -Infinity;
  squares = 0;
  samples = 0;
  add(sample) {
    if (sample < this.min) this.min = sample;
    if (sample > this.max) this.max = sample;
    this.squares += sample * sample;
    this.samples++;
  }
  // [lowest, highest, effective value], each in 1/32768 of full scale.
  get summary() {
    return this.samples ? [this.min, this.max, Math.round(Math.sqrt(this.squares / this.samples))] : null;
  }
}

class Timeline {
  #channels;
  #perColumn;
  #at = 0;
  #index = 0;
  #column;
  #packets = 0;
  #bad = 0;
  #gaps = 0;
  #lost = 0;

  constructor({ intervalUs, channels }) {
    this.#channels = channels;
    this.#perColumn = Math.max(1, Math.round(COLUMN_US / intervalUs));
    this.#column = this.#emptyColumn();
  }
  // Service intervals in a column.
  get perColumn() { return this.#perColumn; }
  // Service intervals so far.
  get at() { return this.#at; }

  // A transfer's packets, with what isochronousInfo() says of it: what a page is to be told.
  add(packets, { gap, innerGap, errors, trust }) {
    const message = { type: 'data', columns: [], marks: [] };
    this.#lose(gap, message);
    const messages = new Map(errors.map((error) => [error.packet, error.message]));
    packets.forEach((packet, i) => {
      if (packet.status === 'ok') this.#read(packet.data);
      else this.#spoil(packet.status, messages.get(i) ?? packet.status, message);
      this.#advance(1, message);
    });
    this.#lose(innerGap, message);
    this.#packets += packets.length;
    return Object.assign(message, {
      at: this.#at, packets: this.#packets, bad: this.#bad, gaps: this.#gaps, lost: this.#lost, trust,
    });
  }

  #emptyColumn() { return Array.from({ length: this.#channels }, () => new Channel()); }

  #lose(count, message) {
    if (!count) return;
    message.marks.push({ kind: 'gap', at: this.#at, lost: count });
    this.#gaps++;
    this.#lost += count;
    this.#advance(count, message);
  }
  #spoil(status, text, message) {
    message.marks.push({ kind: 'bad', at: this.#at, status, text });
    this.#bad++;
  }
  // Samples of all channels, in turn; a piece of one at the end is left out.
  #read(view) {
    const channels = this.#channels;
    for (let at = 0, channel = 0; at + 2 <= view.byteLength; at += 2, channel = (channel + 1) % channels) {
      this.#column[channel].add(view.getInt16(at, true));
    }
  }
  // Columns are told when they are over; one in which nothing came is not.
  #advance(count, message) {
    this.#at += count;
    const index = Math.floor(this.#at / this.#perColumn);
    if (index === this.#index) return;
    const summaries = this.#column.map((channel) => channel.summary);
    if (summaries.every(Boolean)) message.columns.push([this.#index, ...summaries.flat()]);
    this.#column = this.#emptyColumn();
    this.#index = index;
  }
}

module.exports = { Timeline };
