import { ITEMS } from './http-items.js';
import { REQUESTS } from './http-requests.js';
import { SOCKETS } from './http-sockets.js';
import { TAKEN } from './http-taken.js';
import { type HttpWorld, httpState, openHttp } from './http-world.js';
import type { Surface } from './row.js';

/** What a client sends over HTTP, down to the bytes of a socket. */
export const httpEvents: Surface<HttpWorld> = {
  title: 'Events over HTTP',
  unchanged: 'the bytes of the log, what was learnt, the health figures, and the snapshot served',
  rows: [...REQUESTS, ...ITEMS, ...SOCKETS, ...TAKEN].sort((a, b) => a.row - b.row),
  open: openHttp,
  state: httpState,
  close: (world) => world.close(),
};
