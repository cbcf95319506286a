/** How much of a part belongs to a state: its bytes, their CRC-32, and the pieces that they came in. */
export interface PartEnd {
  readonly length: number;
  readonly crc: number;
  readonly pieces: number;
}

/** The small hash that makes a state: all that counts is what it names. */
export interface StoredHead {
  readonly revision: string;
  readonly log: string;
  readonly offset: number;
  readonly anchor: string;
  readonly totals: string;
  readonly head: string;
  /** Stands in the names of the parts' keys: another state has others. */
  readonly generation: string;
  readonly ends: ReadonlyMap<string, PartEnd>;
}

/** How a state is laid out in Redis. Another layout is another number. */
const LAYOUT = '1';

/** The names of the keys. All of a partition lie in one hash slot of a cluster. */
export interface StateKeys {
  head(partition: number | string): string;
  part(partition: number, generation: string, name: string): string;
  posterior(experiment: string): string;
}

export function stateKeys(prefix: string): StateKeys {
  return {
    head: (partition) => `${prefix}:{${partition}}:state`,
    part: (partition, generation, name) => `${prefix}:{${partition}}:${generation}:${name}`,
    posterior: (experiment) => `${prefix}:posterior:${experiment}`,
  };
}

/** Names and values for HSET. */
export function headFields(head: StoredHead): readonly string[] {
  const { ends, offset, ...texts } = head;
  const parts = JSON.stringify([...ends].map(([name, { length, crc, pieces }]) => [name, length, crc, pieces]));
  return Object.entries({ layout: LAYOUT, ...texts, offset: String(offset), parts }).flat();
}

type Parts = readonly (readonly [name: string, length: number, crc: number, pieces: number])[];

/** A head as HGETALL gives it; undefined where it is damaged or laid out in another way. */
export function readHead(fields: { readonly [field: string]: string }): StoredHead | undefined {
  const { layout, revision, log, offset, anchor, totals, head, generation, parts } = fields;
  if (layout !== LAYOUT || revision === undefined || log === undefined || anchor === undefined) return undefined;
  if (totals === undefined || head === undefined || generation === undefined || parts === undefined) return undefined;
  const at = Number(offset);
  if (offset === undefined || !Number.isSafeInteger(at) || at < 0) return undefined;
  try {
    const ends = (JSON.parse(parts) as Parts).map(([name, length, crc, pieces]): [string, PartEnd] => [
      name,
      { length, crc, pieces },
    ]);
    return { revision, log, offset: at, anchor, totals, head, generation, ends: new Map(ends) };
  } catch {
    return undefined;
  }
}
