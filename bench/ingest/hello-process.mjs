import { createRequire } from 'node:module';

/** Fastify and one word: what HTTP alone costs. Tells its CPU time when asked. */
const { default: fastify } = await import(
  createRequire(new URL('../../packages/server/package.json', import.meta.url)).resolve('fastify')
);
const app = fastify();
app.get('/', async () => 'hello');
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send((user + system) / 1e6);
});
process.on('disconnect', () => process.exit(0));
process.send(url);
