// Two services and a server. The page service decides and puts the decision's token into the page; the click service
// gets the token back with the click and knows nothing else. The token is signed, so that a click cannot be invented.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createClient } from '@armature/sdk';
import { buildApp, openEngine } from '@armature/server';

const here = (path) => new URL(path, import.meta.url).pathname;
const data = process.argv[2] ?? '.armature/service';
const apiKey = 'example-key-that-is-no-secret';

const engine = await openEngine({ experiments: here('experiments'), data, apiKeys: [apiKey] });
const app = await buildApp(engine);
const url = await app.listen({ host: '127.0.0.1', port: 0 });

const clicks = fork(here('click-service.mjs'), {
  env: { ...process.env, ARMATURE_URL: url, ARMATURE_API_KEY: apiKey },
});
await once(clicks, 'message'); // it listens

const pages = createClient({ url, apiKey });
await pages.ready();
for (let page = 0; page < 500; page++) {
  const decision = pages.decide('ranking');
  if (Math.random() < (decision.arm === 'recent' ? 0.4 : 0.1)) clicks.send({ token: decision.token });
}
clicks.send({ token: 'v1.made.up.token' });
clicks.send('done');
const [{ sent, refused }] = await once(clicks, 'message');
await pages.close();
await new Promise((done) => setTimeout(done, 2000)); // windows close

const health = engine.health().get('ranking');
console.log(
  `${health.decisions} decisions by one service, ${health.rewards} clicks by the other (${sent} sent, ${refused} refused)`,
);
console.log(`matched: ${health.rewards - health.unmatched - health.late} of ${health.rewards}`);
await app.close();
await engine.close();
