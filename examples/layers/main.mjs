// Two experiments on one page that never share a user, and users whom neither touches.
import { createClient } from '@armature/sdk';
import { openLocal } from '@armature/server/local';

const here = (path) => new URL(path, import.meta.url).pathname;
const transport = await openLocal({ experiments: here('experiments'), data: process.argv[2] ?? '.armature/layers' });
const client = createClient({ transport });
await client.ready();

const seen = { hero: 0, menu: 0, both: 0, 'held out': 0 };
let outer;
for (let user = 0; user < 5000; user++) {
  const { 'hero-image': hero, 'menu-side': menu } = client.decideAll({ unit: `user-${user}` });
  if (hero.randomised) seen.hero += 1;
  if (menu.randomised) seen.menu += 1;
  if (hero.randomised && menu.randomised) seen.both += 1;
  if (hero.reason === 'holdout' && menu.reason === 'holdout') seen['held out'] += 1;
  if (hero.randomised) outer = hero.outer;
}
console.log(
  `5,000 users: ${seen.hero} in hero-image, ${seen.menu} in menu-side, ${seen.both} in both, ${seen['held out']} held out`,
);
console.log(`a user is in hero-image with probability ${outer}`);
const { sent, dropped } = await client.close();
console.log(`${sent} decisions logged, ${dropped.rejected} refused`);
