import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Closes, when the app closes, the connections on which nothing is under way. Node closes those that have had a
 * request; one that was opened ahead of need and never used, as clients with connection pools do, would hold the server
 * until its client goes away.
 */
export function closeIdleConnections(app: FastifyInstance): void {
  const server: Server = app.server;
  const busy = new Map<Socket, number>();
  let closing = false;
  server.on('connection', (socket: Socket) => {
    if (closing) return void socket.destroy();
    busy.set(socket, 0);
    socket.once('close', () => void busy.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (busy.get(socket) ?? 1) - 1;
      if (busy.has(socket)) busy.set(socket, left);
      if (closing && left === 0) socket.destroySoon();
    });
  });
  app.addHook('preClose', async () => {
    closing = true;
    for (const [socket, requests] of busy) if (requests === 0) socket.destroySoon();
  });
}
