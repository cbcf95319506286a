/**
 * Loaded before a server: what it would send to some ports of this machine goes to others, where a proxy stands. Kafka's
 * clients learn the brokers' addresses from the brokers, so that no setting brings them to a proxy.
 *
 * ARMATURE_TEST_PORTS: JSON, a list of pairs [port, other port].
 */
import { Socket } from 'node:net';

const ports = new Map(JSON.parse(process.env.ARMATURE_TEST_PORTS ?? '[]'));
const { connect } = Socket.prototype;

Socket.prototype.connect = function redirected(...args) {
  const [first] = args;
  const options = Array.isArray(first) ? first[0] : first;
  const other = ports.get(Number(options?.port));
  // a proxy in this very process names a local address
  if (options?.localAddress === undefined && other !== undefined) options.port = other;
  return connect.apply(this, args);
};
