// An A/B split without a server: fixed weights, drawn in process. The same unit always gets the same arm.
import { createClient } from '@armature/sdk';

const arms = { short: { value: 'Save 20%' }, long: { value: 'Save 20% until Sunday' } };
const client = createClient({ experiments: { banner: { arms } } });

const seen = { short: 0, long: 0 };
for (let user = 0; user < 10_000; user++) {
  const decision = client.decide('banner', { unit: `user-${user}` });
  seen[decision.arm] += 1;
}
console.log(`10,000 users: ${seen.short} short, ${seen.long} long`);

const [first, again] = [client.decide('banner', { unit: 'user-42' }), client.decide('banner', { unit: 'user-42' })];
console.log(`user-42 sees "${first.value}", and again "${again.value}"`);
console.log(`drawn with probability ${first.propensity} (${first.reason})`);
await client.close();
