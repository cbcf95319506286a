import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Random } from '@armature/analysis';

/** What a proxy does to the bytes of a connection. */
export type LinkFault =
  | { readonly kind: 'none' }
  /** Each piece waits for a random time, ms; their order stays. */
  | { readonly kind: 'delay'; readonly ms: readonly [least: number, most: number] }
  /** As if every packet were lost: nothing passes, and what was sent passes once the fault is over. */
  | { readonly kind: 'drop' }
  /** Everything is read and nothing passes, not even the end: each side believes that the other is there and silent. */
  | { readonly kind: 'black-hole' }
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** Passes so many bytes more, then resets both sides. */
  | { readonly kind: 'cut'; readonly after: number };

/** `up` is from the client to the server. */
export type Direction = 'up' | 'down';

/** Which connections: those that are open, those that come, or both. */
export type Which = 'open' | 'new' | 'all';

/** Stands between clients and a port, and passes bytes on as faithfully as it is told to. */
export interface TcpProxy {
  readonly port: number;
  /** Connections that are open on either side. */
  readonly connections: number;
  /** What happens from now on, in one direction or in both. It replaces what happened before. */
  set(fault: LinkFault, which?: Which, direction?: Direction): void;
  /** Where connections lead from now on: another port of this machine. */
  lead(target: number): void;
  /** Resets both sides of every open connection. */
  reset(): void;
  /** Ends one direction of every open connection; the other goes on. */
  halfClose(direction: Direction): void;
  close(): Promise<void>;
}

const NONE: LinkFault = { kind: 'none' };

/** One direction of a connection. */
interface Lane {
  readonly from: Socket;
  readonly to: Socket;
  fault: LinkFault;
  /** Bytes that passed since the fault was set. */
  passed: number;
  /** Wakes what waits under the fault that was there before. */
  wake: () => void;
}

function change(lane: Lane, fault: LinkFault): void {
  lane.fault = fault;
  lane.passed = 0;
  lane.wake();
}

/** Waits until the fault is another one, the connection is gone, or the time is over. */
function wait(lane: Lane, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      lane.from.off('close', done);
      lane.wake = () => {};
      resolve();
    };
    const timer = setTimeout(done, ms);
    lane.from.once('close', done);
    lane.wake = done;
  });
}

const LONG = 2 ** 31 - 1;
/** A throttled piece takes this long. */
const SLICE_MS = 20;

async function write(lane: Lane, bytes: Uint8Array): Promise<void> {
  lane.passed += bytes.length;
  const { to } = lane;
  if (!to.writable || to.write(bytes)) return;
  await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => {});
}

function resetBoth({ from, to }: Lane): void {
  from.resetAndDestroy();
  to.resetAndDestroy();
}

/** Passes a piece on as the fault of the moment says, which may change while it waits. */
async function pass(lane: Lane, piece: Uint8Array, random: Random): Promise<void> {
  let rest = piece;
  let waited = false;
  while (rest.length > 0 && !lane.from.destroyed) {
    const { fault } = lane;
    if (fault.kind === 'black-hole') return;
    if (fault.kind === 'drop') await wait(lane, LONG);
    else if (fault.kind === 'delay' && !waited) {
      await wait(lane, fault.ms[0] + random() * (fault.ms[1] - fault.ms[0]));
      waited = true;
    } else if (fault.kind === 'throttle') {
      const bytes = Math.max(1, Math.floor((fault.bytesPerSecond * SLICE_MS) / 1000));
      await write(lane, rest.subarray(0, bytes));
      rest = rest.subarray(bytes);
      await wait(lane, (1000 * bytes) / fault.bytesPerSecond);
    } else if (fault.kind === 'cut') {
      const bytes = Math.max(0, fault.after - lane.passed);
      await write(lane, rest.subarray(0, bytes));
      rest = rest.subarray(bytes);
      if (lane.passed < fault.after) continue;
      // what was written is to arrive: a reset takes what has not left yet with it
      await wait(lane, SLICE_MS);
      resetBoth(lane);
    } else {
      await write(lane, rest);
      return;
    }
  }
}

async function passAll(lane: Lane, random: Random): Promise<void> {
  const { from, to } = lane;
  try {
    for await (const piece of from.iterator({ destroyOnReturn: false })) await pass(lane, piece as Buffer, random);
    while (lane.fault.kind === 'drop' && !to.destroyed) await wait(lane, LONG);
    if (lane.fault.kind !== 'black-hole') to.end();
  } catch {
    if (lane.fault.kind !== 'black-hole') to.resetAndDestroy();
  }
}

/**
 * Starts a proxy before a port of this machine.
 *
 * @param random chooses the delays
 */
export async function tcpProxy(behind: number, random: Random): Promise<TcpProxy> {
  let target = behind;
  const open = new Set<{ readonly up: Lane; readonly down: Lane }>();
  const sockets = new Set<Socket>();
  const fresh: { up: LinkFault; down: LinkFault } = { up: NONE, down: NONE };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({
      ...{ port: target, host: '127.0.0.1', localAddress: '127.0.0.1' },
      ...{ allowHalfOpen: true, noDelay: true },
    });
    const lane = (from: Socket, to: Socket, fault: LinkFault): Lane => ({ from, to, fault, passed: 0, wake: () => {} });
    const both = { up: lane(client, upstream, fresh.up), down: lane(upstream, client, fresh.down) };
    open.add(both);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}); // told by the iteration
      socket.on('close', () => {
        sockets.delete(socket);
        if (client.destroyed && upstream.destroyed) open.delete(both);
      });
    }
    void passAll(both.up, random);
    void passAll(both.down, random);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return open.size;
    },
    set(fault, which = 'all', direction) {
      const directions = direction === undefined ? (['up', 'down'] as const) : [direction];
      for (const way of directions) {
        if (which !== 'open') fresh[way] = fault;
        if (which !== 'new') for (const connection of open) change(connection[way], fault);
      }
    },
    lead(port) {
      target = port;
    },
    reset() {
      for (const { up } of open) resetBoth(up);
    },
    halfClose(direction) {
      for (const connection of open) connection[direction].to.end();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
