// Units that keep their arm while the weights move on: the arms are kept in the data directory.
import { createClient } from '@armature/sdk';
import { openLocal } from '@armature/server/local';

const here = (path) => new URL(path, import.meta.url).pathname;
const data = process.argv[2] ?? '.armature/sticky';
const open = async () => {
  const client = createClient({ transport: await openLocal({ experiments: here('experiments'), data }) });
  await client.ready();
  return client;
};
const decide = async (client, unit) => {
  await client.prefetch(unit); // reads what is kept of the unit; decide itself stays synchronous
  return client.decide('onboarding', { unit });
};

let client = await open();
const finishes = { tour: 0.2, video: 0.5 };
const first = new Map();
for (let i = 0; i < 500; i++) {
  const decision = await decide(client, `user-${i}`);
  first.set(`user-${i}`, decision);
  if (Math.random() < finishes[decision.arm]) client.reward(decision, true);
}
await client.flush();
await new Promise((done) => setTimeout(done, 2000)); // the window of one second closes, and the weights move
await client.close();

client = await open(); // another process, later
let [changed, sameOdds] = [0, 0];
for (const [unit, before] of first) {
  const now = await decide(client, unit);
  if (now.arm !== before.arm || now.reason !== 'sticky') changed++;
  if (now.propensity === before.propensity) sameOdds++;
}
const fresh = await decide(client, 'somebody-new');
console.log(
  `${first.size} users came back: ${changed} changed their arm, ${sameOdds} have the propensity they were drawn with`,
);
const shares = Object.entries(fresh.propensities).map(([arm, p]) => `${arm} ${(100 * p).toFixed(0)}%`);
console.log(`a new user is drawn by ${shares.join(', ')} (${fresh.reason})`);
await client.close();
