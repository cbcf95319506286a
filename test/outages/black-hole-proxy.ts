import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Passes bytes on between clients and a port, until it keeps them: every socket stays open, and nothing arrives. */
export interface BlackHoleProxy {
  readonly url: string;
  /** From now on nothing passes over the connections that are open; over new ones only where `fresh` says so. */
  swallow(fresh: 'new ones pass' | 'nothing passes'): void;
  close(): Promise<void>;
}

export async function blackHoleProxy(port: number): Promise<BlackHoleProxy> {
  const sockets = new Set<Socket>();
  let open = true;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from
        .on('error', () => to.destroy())
        .on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      if (open) from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    swallow(fresh) {
      open = fresh === 'new ones pass';
      // Nobody reads any more: no FIN, no reset, and the peer's heartbeats stay in the proxy.
      for (const socket of sockets) socket.unpipe().resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
