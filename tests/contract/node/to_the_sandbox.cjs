// Preloaded before a client: what it sends to a vendor's own host by a fixed https address goes to the stand-in instead, and nothing
// leaves this machine. No other part of a request is changed. STAND_IN is the stand-in's root, VENDOR_HOSTS the hosts that it stands for.
'use strict';
const http = require('node:http');
const https = require('node:https');

const standIn = new URL(process.env.STAND_IN);
const hosts = (process.env.VENDOR_HOSTS || '').split(',').filter(Boolean);
const plain = http.request;

function arrange(first, second, third) {
  if (typeof first !== 'string' && !(first instanceof URL)) return [first, second];
  const url = new URL(first);
  const [options, done] = typeof second === 'function' ? [{}, second] : [second || {}, third];
  return [{ hostname: url.hostname, port: url.port, path: url.pathname + url.search, ...options }, done];
}

http.request = (...told) => {
  const [options, done] = arrange(...told);
  if ((options.hostname || options.host) !== standIn.hostname) throw new Error(`this call would leave the machine: ${options.hostname}`);
  return plain(options, done);
};

https.request = (...told) => {
  const [options, done] = arrange(...told);
  if (!hosts.includes(options.hostname || options.host)) throw new Error(`this call would leave the machine: ${options.hostname}`);
  const there = { protocol: 'http:', host: standIn.host, hostname: standIn.hostname, port: standIn.port, agent: undefined };
  return plain({ ...options, ...there, headers: { ...options.headers, host: standIn.host } }, done);
};
