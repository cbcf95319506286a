// A bandit in one process: log, learning and decisions, nothing to install and no port.
import { createClient } from '@armature/sdk';
import { openLocal } from '@armature/server/local';

const here = (path) => new URL(path, import.meta.url).pathname;
const data = process.argv[2] ?? '.armature/quickstart';

const transport = await openLocal({ experiments: here('experiments'), data });
const client = createClient({ transport });
await client.ready();

// Buyers prefer blue. The bandit does not know that; it sees only what they do.
const buys = { green: 0.1, blue: 0.25 };
const show = (label) => {
  const { propensities } = client.decide('checkout-button', { expose: false });
  const shares = Object.entries(propensities).map(([arm, p]) => `${arm} ${(100 * p).toFixed(0)}%`);
  console.log(`${label}: ${shares.join(', ')}`);
};

show('before');
for (let visitor = 0; visitor < 2000; visitor++) {
  const decision = client.decide('checkout-button');
  if (Math.random() < buys[decision.arm]) client.reward(decision, true);
}
await client.flush();
await new Promise((done) => setTimeout(done, 2500)); // the window of one second closes, and a new version follows
show('after');
await client.close();
console.log(`the log is in ${data}: armature report ${data}`);
