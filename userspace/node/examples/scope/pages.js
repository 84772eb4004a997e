// SPDX-License-Identifier: MIT
// The web server: the page's files, and a WebSocket that tells every page what has come and what comes.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { WebSocketServer } = require('ws');

const HISTORY = 4000;                 // messages that a page gets which opens late: 16 s
const TOO_SLOW = 4 * 1024 * 1024;     // bytes that wait for a page

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const folder = path.join(__dirname, 'page');
const files = new Map(fs.readdirSync(folder).map((name) => [name === 'index.html' ? '/' : `/${name}`, name]));

const HEADERS = {
  'content-security-policy': "default-src 'self'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

function answer(request, response) {
  const name = files.get(request.url);
  if (!name || request.method !== 'GET') {
    response.writeHead(name ? 405 : 404, HEADERS).end();
    return;
  }
  response.writeHead(200, { ...HEADERS, 'content-type': `${TYPES[path.extname(name)]}; charset=utf-8` });
  response.end(fs.readFileSync(path.join(folder, name)));
}

// Other sites' pages may not listen to this device: only this server's own, reached by a name of this machine.
function isOwnPage({ origin, req }) {
  const { host } = req.headers;
  return origin === `http://${host}` && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host);
}

class Pages {
  #http = http.createServer(answer);
  #sockets = new WebSocketServer({ server: this.#http, path: '/stream', verifyClient: isOwnPage });
  #format = null;
  #history = [];

  constructor() {
    this.#sockets.on('connection', (socket) => {
      for (const text of [this.#format, ...this.#history]) if (text) socket.send(text);
    });
  }

  // The address of the page.
  listen(port) {
    return new Promise((resolve, reject) => {
      this.#http.on('error', reject);
      this.#http.listen(port, '127.0.0.1', () => resolve(`http://127.0.0.1:${this.#http.address().port}/`));
    });
  }

  // A page that cannot keep up is sent away, and says so: it must not look as if nothing had come.
  tell(message) {
    const text = JSON.stringify(message);
    if (message.type === 'format') this.#format = text;
    else this.#history.push(text);
    if (this.#history.length > HISTORY) this.#history.shift();
    for (const socket of this.#sockets.clients) {
      if (socket.bufferedAmount > TOO_SLOW) socket.close(1013, 'too slow');
      else socket.send(text);
    }
  }

  // Browsers keep connections open, some without ever asking anything.
  close() {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.close();
    this.#http.closeAllConnections();
  }
}

module.exports = { Pages };
