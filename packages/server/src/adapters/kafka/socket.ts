import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactoryArgs } from 'kafkajs';

const KEEP_ALIVE_MS = 60_000;
const MOST_LISTENERS = 100;

/**
 * A socket to a broker. Small requests of several partitions go out at once, where kafkajs' own sockets hold each back
 * until the one before it is acknowledged. While a broker does not answer kafkajs listens once for each try to end the
 * connection, of which Node would warn as of a leak.
 */
export function openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
  const name = isIP(host) === 0 ? { servername: host } : {};
  // true stands for TLS with the certificates that the system trusts
  const secure = typeof ssl === 'object' ? ssl : {};
  const socket = ssl ? connectTls({ host, port, ...name, ...secure }, onConnect) : connect({ host, port }, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  socket.setNoDelay(true);
  socket.setMaxListeners(MOST_LISTENERS);
  return socket;
}
