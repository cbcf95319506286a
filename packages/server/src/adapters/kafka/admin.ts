import type { Admin } from 'kafkajs';
import type { KafkaSettings } from '../../cluster/ports.js';
import { silent } from '../loggers.js';
import { kafkaConnection } from './connection.js';
import { kafkaFault } from './kafka-fault.js';

/**
 * Asks Kafka something as an administrator, and closes the connection.
 *
 * @throws KAFKA_UNREACHABLE
 */
export async function withAdmin<T>(settings: KafkaSettings, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaConnection(settings, silent).admin();
  try {
    await admin.connect();
    return await ask(admin);
  } catch (cause) {
    throw kafkaFault(cause, settings.brokers.join(','));
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
