// SPDX-License-Identifier: MIT
// A headless Chromium, driven through a pair of pipes: no port, no other program.
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const PROGRAMS = (process.env.CHROMIUM ?? 'chromium-headless-shell chromium').split(' ');
// It only ever sees our own page; its sandbox would refuse to be root's, and many a container.
const FLAGS = ['--headless', '--no-sandbox', '--remote-debugging-pipe', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
  '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--force-device-scale-factor=1', '--font-render-hinting=none', '--disable-extensions'];

const isThere = (program) => (process.env.PATH ?? '').split(':').some((folder) => fs.existsSync(path.join(folder, program)));
const program = () => PROGRAMS.find(isThere);

class Chromium {
  #process;
  #profile = fs.mkdtempSync(path.join(os.tmpdir(), 'winusb-iso-page-'));
  #calls = new Map();
  #last = 0;
  #session;
  #words = '';
  #ended;

  constructor() {
    this.#process = spawn(program(), [...FLAGS, `--user-data-dir=${this.#profile}`, 'about:blank'],
      { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'], env: { ...process.env, HOME: this.#profile } });
    this.#process.stderr.on('data', (text) => { this.#words += text; });
    this.#ended = new Promise((resolve) => { this.#process.once('close', resolve); });
    this.#process.once('exit', (code) => this.#fail(`Chromium ended (${code}): ${this.#words}`));
    this.#process.on('error', (error) => this.#fail(error.message));
    this.#process.stdio[3].on('error', () => {});
    this.#listen(this.#process.stdio[4]);
  }

  #fail(text) {
    for (const { reject } of this.#calls.values()) reject(new Error(text));
    this.#calls.clear();
  }
  #listen(pipe) {
    let rest = '';
    pipe.setEncoding('utf8').on('data', (text) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop();
      for (const message of messages) this.#hear(JSON.parse(message));
    });
  }
  #hear({ id, result, error }) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) call?.reject(new Error(error.message));
    else call?.resolve(result);
  }
  #call(method, params = {}) {
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      this.#calls.set(id, { resolve, reject });
      this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: this.#session })}\0`);
    });
  }

  // A tab of this size, in this colour scheme; it shows the address.
  async open(address, { width = 1240, height = 800, scheme = 'light' } = {}) {
    const { targetId } = await this.#call('Target.createTarget', { url: 'about:blank' });
    this.#session = (await this.#call('Target.attachToTarget', { targetId, flatten: true })).sessionId;
    await this.#call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
    await this.#call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
    await this.#call('Page.enable');
    await this.#call('Page.navigate', { url: address });
  }
  // What a function of the page returns, or promises.
  async run(code, ...given) {
    const { result, exceptionDetails } = await this.#call('Runtime.evaluate', {
      expression: `(${code})(...${JSON.stringify(given)})`, awaitPromise: true, returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
  async screenshot(file) {
    const { data } = await this.#call('Page.captureScreenshot', { format: 'png', captureBeyondViewport: false });
    fs.writeFileSync(file, Buffer.from(data, 'base64'));
  }
  async close() {
    const ended = this.#ended;
    this.#call('Browser.close').catch(() => {});
    await ended;
    fs.rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

module.exports = { Chromium, program };
