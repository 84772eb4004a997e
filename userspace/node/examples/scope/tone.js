// SPDX-License-Identifier: MIT
// Something to look at: two tones that swell and fade, as 16-bit stereo sound at 48 kHz.
'use strict';

const RATE = 48000;
const TURN = 4096;
const SINE = Int16Array.from({ length: TURN }, (_, i) => Math.round(32767 * Math.sin(2 * Math.PI * i / TURN)));
const VOICES = [
  { pitch: 440, peak: 0.8, swell: 0.55, phase: 0 },
  { pitch: 554.37, peak: 0.5, swell: 0.8, phase: 0.6 },
];

const sine = (turns) => SINE[Math.floor((turns - Math.floor(turns)) * TURN)];

// Loudness is settled once for each packet: nobody sees the difference.
const loudness = ({ peak, swell, phase }, seconds) => peak * (0.55 - 0.45 * sine(swell * seconds + phase) / 32767);

// Packets of 1 ms, 48 samples of both channels, from packet `first` on, back to back.
function tone(first, count) {
  const perPacket = RATE / 1000;
  const samples = new Int16Array(count * perPacket * VOICES.length);
  for (let packet = 0, at = 0; packet < count; packet++) {
    const loud = VOICES.map((voice) => loudness(voice, (first + packet) / 1000));
    for (let i = 0; i < perPacket; i++) {
      const seconds = ((first + packet) * perPacket + i) / RATE;
      VOICES.forEach(({ pitch }, voice) => { samples[at++] = Math.round(loud[voice] * sine(pitch * seconds)); });
    }
  }
  return samples;
}

const PACKET_BYTES = RATE / 1000 * VOICES.length * 2;

module.exports = { tone, PACKET_BYTES };
