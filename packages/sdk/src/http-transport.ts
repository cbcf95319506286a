import { RESPONSE_INVALID } from './client-errors.js';
import { clientError } from './errors.js';
import { isObject, postEvents } from './events-request.js';
import { type Connection, requestJson } from './http-request.js';
import type { Snapshot } from './protocol/snapshot.js';
import { tokenKey } from './protocol/token.js';
import { SnapshotStream } from './snapshot-stream.js';
import type { Transport } from './transport.js';

/** The way to a server over HTTP: events by POST, snapshots by GET with ETag, changes by server-sent events. */
export function httpTransport(connection: Connection): Transport {
  let key: Transport['tokenKey'];
  let latest: Snapshot | undefined;
  const fetchSnapshot: Transport['fetchSnapshot'] = async (version, signal) => {
    const headers = {
      accept: 'application/json',
      ...(version === undefined ? {} : { 'if-none-match': `"${version}"` }),
    };
    const answer = await requestJson(connection, '/v1/snapshot', { headers }, signal);
    if (answer === undefined && version !== undefined) return 'unchanged';
    if (!isObject(answer)) throw clientError(RESPONSE_INVALID, { got: 'no snapshot' });
    latest = answer as unknown as Snapshot;
    return latest;
  };
  return {
    send: (events, signal) => postEvents(connection, JSON.stringify(events), signal),
    fetchSnapshot,
    subscribe(onSnapshot, onDown) {
      const stream = new SnapshotStream({ connection, fetchSnapshot, known: latest, onSnapshot, onDown });
      void stream.follow();
      return () => stream.stop();
    },
    ...(connection.apiKey === undefined
      ? {}
      : {
          get tokenKey() {
            key ??= tokenKey(connection.apiKey ?? '');
            return key;
          },
        }),
  };
}
