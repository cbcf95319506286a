// Keeps records for as long as it lives, and says each one that the store has confirmed.
import { writeSync } from 'node:fs';
import { fileStickyStore } from '@armature/sdk/node';

const [, , directory, life] = process.argv;
const store = fileStickyStore(directory);
const arms = ['a', 'b', 'c'];

async function write(i) {
  const unit = `u-${i % 400}`;
  const record = {
    ...{ key: `shop/1.${Math.floor(i / 400) % 3}`, arm: arms[(Number(life) + i) % 3], snapshot: '1.1', rule: 'policy' },
    ...{ propensities: { a: 0.25, b: 0.5, c: 0.25 }, definition: 'sha256:ab', time: Number(life) * 1e6 + i },
  };
  const kept = await store.setIfAbsent(unit, record);
  writeSync(1, `${JSON.stringify([unit, kept.key, kept.arm, kept.time])}\n`);
}

for (let i = 0; ; i += 8) await Promise.all(Array.from({ length: 8 }, (_, k) => write(i + k)));
