// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// idle.js HOW ADDRESS: makes a connection, which then idles.
const http = require("http");
const net = require("net");

const [how, address] = process.argv.slice(2);
const [host, port] = address.split(":");

function connected(then) {
  const socket = net.connect(port, host, () => {
    then(socket);
    console.log("idle");
  });
}

function agent(options) {
  const get = { host, port, agent: new http.Agent(options) };
  http.get(get, (response) => response.resume().on("end", () => setImmediate(() => console.log("idle"))));
}

const ways = {
  "connect": () => connected(() => {}),
  "setKeepAlive": () => connected((socket) => socket.setKeepAlive(true)),
  "setKeepAlive-30s": () => connected((socket) => socket.setKeepAlive(true, 30000)),
  "agent": () => agent({ keepAlive: true }),
  "agent-30s": () => agent({ keepAlive: true, keepAliveMsecs: 30000 }),
};
ways[how]();
setInterval(() => {}, 1 << 30);
