import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { RawRecord } from '../../cluster/ports.js';
import { exactInteger } from './offset.js';

/** A record as kafkajs read it. Headers are texts in UTF-8; of several of one name the last one counts. */
export function rawRecord(partition: number, message: KafkaMessage): RawRecord {
  return {
    partition,
    offset: exactInteger(message.offset),
    at: exactInteger(message.timestamp),
    key: message.key,
    value: message.value,
    headers: message.headers === undefined ? NONE : textHeaders(message.headers),
  };
}

const NONE: RawRecord['headers'] = Object.freeze({});

function textHeaders(headers: IHeaders): RawRecord['headers'] {
  const entries = Object.entries(headers);
  if (entries.length === 0) return NONE;
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const last = Array.isArray(value) ? value.at(-1) : value;
      return [name, typeof last === 'string' ? last : (last?.toString('utf8') ?? '')];
    }),
  );
}
