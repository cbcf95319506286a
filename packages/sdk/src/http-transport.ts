import { clientError } from './errors.js';
import { type Connection, requestJson } from './http-request.js';
import type { Snapshot } from './protocol/snapshot.js';
import { tokenKey } from './protocol/token.js';
import { SnapshotStream } from './snapshot-stream.js';
import type { ItemError, SendResult, Transport } from './transport.js';

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null;
const isItemError = (value: unknown): value is ItemError =>
  isObject(value) && Number.isInteger(value.index) && typeof value.code === 'string';

/** Any other 200, such as a proxy's login page, must not count as an acknowledgement. */
function sendResult(answer: unknown): SendResult {
  if (!isObject(answer) || typeof answer.accepted !== 'number') {
    throw clientError('RESPONSE_INVALID', { got: 'an acknowledgement without the number of accepted events' });
  }
  const errors = answer.errors ?? [];
  if (!Array.isArray(errors) || !errors.every(isItemError)) {
    throw clientError('RESPONSE_INVALID', { got: 'an acknowledgement with unreadable errors' });
  }
  return { accepted: answer.accepted, rejected: errors.length, errors };
}

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
    if (!isObject(answer)) throw clientError('RESPONSE_INVALID', { got: 'no snapshot' });
    latest = answer as unknown as Snapshot;
    return latest;
  };
  return {
    async send(events, signal) {
      const headers = { 'content-type': 'application/cloudevents-batch+json' };
      const init = { method: 'POST', headers, body: JSON.stringify(events) };
      return sendResult(await requestJson(connection, '/v1/events', init, signal));
    },
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
