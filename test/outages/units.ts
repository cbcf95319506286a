import { createClient } from '@armature/sdk';
import { collected } from './heap.js';
import { readerSnapshot } from './reader-snapshot.js';
import { count, type Row, type Section } from './row.js';

/** What a client keeps of units: nothing, however many there are. */
export async function manyUnits(units: number): Promise<Section> {
  const { reader } = readerSnapshot('1.2').experiments;
  const snapshot = { ...readerSnapshot('1.2'), experiments: { reader: { ...reader!, assign: 'unit' as const } } };
  const send = async (events: readonly unknown[]) => ({ accepted: events.length, rejected: 0, errors: [] });
  const transport = { send, fetchSnapshot: async () => snapshot };
  const client = createClient({ transport, refresh: 'manual', logger: false });
  await client.ready();
  let early = 0;
  for (let n = 1; n <= units; n += 1) {
    client.decide('reader', { unit: `unit-${n}` });
    if (n % 5000 === 0) await client.flush();
    if (n === units / 10) early = collected();
  }
  const grown = (collected() - early) / 1024;
  const { sent } = await client.close();
  const row: Row = {
    outage: `${count(units)} distinct units`,
    measured: `heap ${(early / 2 ** 20).toFixed(1)} MiB after a tenth, ${grown < 0 ? '' : '+'}${grown.toFixed(0)} KiB at the end; ${count(sent)} decisions sent`,
    demanded: 'at most 1 MiB more; all sent',
    ok: grown < 1024 && sent === units,
  };
  return { title: 'Memory', how: 'One client, a server that takes everything.', rows: [row] };
}
