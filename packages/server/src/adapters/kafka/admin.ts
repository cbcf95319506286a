import { isArmatureError } from '@armature/sdk';
import { type Admin, Kafka, logLevel, type SASLOptions } from 'kafkajs';
import type { KafkaSettings } from '../../cluster/ports.js';
import { serverError } from '../../errors.js';

const CONNECT_MS = 3000;
const REQUEST_MS = 10_000;

/** What a failure of the client says, on one line and without its stack of retries. */
function textOf(cause: unknown): string {
  const { message = String(cause), errors } = cause as { readonly message?: string; readonly errors?: unknown };
  const [first] = Array.isArray(errors) ? (errors as readonly { readonly message?: string }[]) : [];
  const [line = ''] = (first?.message ?? message).split('\n');
  return line;
}

/** Turns a failure of the client into one of the table, unless it is one already. */
function adminFault(cause: unknown, { brokers }: KafkaSettings): Error {
  if (isArmatureError(cause)) return cause;
  return serverError('KAFKA_UNREACHABLE', { got: `${brokers.join(',')}: ${textOf(cause)}`, cause });
}

/**
 * Asks Kafka something as an administrator, and closes the connection.
 *
 * @throws KAFKA_UNREACHABLE
 */
export async function withAdmin<T>(settings: KafkaSettings, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const { brokers, tls, sasl } = settings;
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: 'armature-admin',
    connectionTimeout: CONNECT_MS,
    authenticationTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    retry: { retries: 3, initialRetryTime: 100 },
    logLevel: logLevel.NOTHING,
    ...(tls === undefined ? {} : { ssl: { ...tls } }),
    ...(sasl === undefined ? {} : { sasl: sasl as SASLOptions }),
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await ask(admin);
  } catch (cause) {
    throw adminFault(cause, settings);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
