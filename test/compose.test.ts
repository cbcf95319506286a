/** compose.yaml and what it mounts, as they read, compared with the sources. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programOf } from '../packages/server/src/cli/run.js';
import { processTerminal } from '../packages/server/src/cli/terminal.js';
import { buildApp } from '../packages/server/src/index.js';
import { workspace } from '../packages/server/test/workspace.js';
import { CLUSTER_FIGURES, compose, readYaml, text, withDefaults } from './compose.js';
import { ROOT } from './source-tree.js';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly description: string;
    readonly datasource: { readonly uid: string };
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const services = Object.entries(compose.services);

test('its services are those of the page on operations, with versions of their own', () => {
  expect(services.map(([name]) => name)).toEqual(['redis', 'kafka', 'topics', 'server', 'prometheus', 'grafana']);
  for (const [name, { image, build }] of services) {
    if (build === undefined) expect(image, name).toMatch(/:v?\d+\.\d/);
    expect(text('docs/operations.md'), name).toContain(name);
  }
});

test('nothing listens beyond this machine', () => {
  const ports = services.flatMap(([, service]) => service.ports ?? []).map(withDefaults);
  expect(ports).toHaveLength(5);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
});

test('what is mounted is there, and volumes are declared', () => {
  for (const mount of services.flatMap(([, service]) => service.volumes ?? []).map(withDefaults)) {
    const [from = ''] = mount.split(':');
    if (from.startsWith('.')) expect(existsSync(join(ROOT, from)), from).toBe(true);
    else expect(Object.keys(compose.volumes)).toContain(from);
  }
});

test('what a service waits for exists, and has a check of its health or an end', () => {
  for (const [, { depends_on: waits = {} }] of services) {
    if (Array.isArray(waits)) for (const name of waits) expect(compose.services[name], name).toBeDefined();
    else {
      for (const [name, { condition }] of Object.entries(waits)) {
        if (condition === 'service_healthy') expect(compose.services[name]?.healthcheck, name).toBeDefined();
        else expect([name, condition]).toEqual(['topics', 'service_completed_successfully']);
      }
    }
  }
});

test('the variables it reads stand on the page on operations', () => {
  const names = new Set([...text('compose.yaml').matchAll(/\$\{(\w+)/g)].map((found) => found[1] ?? ''));
  expect([...names].sort()).toEqual([
    'ARMATURE_API_KEYS',
    'ARMATURE_EXPERIMENTS',
    'ARMATURE_KAFKA_PORT',
    'ARMATURE_REDIS_PORT',
  ]);
  for (const name of names) expect(text('docs/operations.md')).toContain(name);
});

test('its command line of the server and that of the Dockerfile are options of the command', () => {
  const { commands } = programOf(processTerminal());
  const [, line = '[]'] = /^CMD (.*)$/m.exec(text('Dockerfile')) ?? [];
  for (const words of [compose.services.server?.command ?? [], JSON.parse(line) as string[]]) {
    const command = commands.find((one) => one.name() === words[0]);
    const known = command?.options.map(({ long }) => long);
    expect(known).toEqual(expect.arrayContaining(words.filter((word) => word.startsWith('--'))));
  }
});

test('what the Dockerfile copies is there', () => {
  const copied = [...text('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((found) =>
    found[1]?.split(' '),
  );
  expect(copied.length).toBeGreaterThan(3);
  for (const path of copied) expect(existsSync(join(ROOT, path ?? '')), path).toBe(true);
});

test('every figure of the dashboard is one of the server', async () => {
  const space = await workspace({ 'a.yaml': 'experiment: a\narms: [x, y]\nreward: z\n' });
  const app = await buildApp(await space.open());
  const { body } = await app.inject({ url: '/metrics' });
  await app.close();
  await space.dispose();
  const figures = new Set([...body.matchAll(/^# TYPE (\w+)/gm)].map((found) => found[1]));
  for (const figure of CLUSTER_FIGURES) figures.add(figure);
  const { panels } = JSON.parse(text('deploy/grafana/dashboards/armature.json')) as Dashboard;
  const used = panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => [...expr.matchAll(/armature_\w+/g)].map(([name]) => name)),
  );
  expect(used.length).toBeGreaterThan(12);
  for (const name of used) expect(figures).toContain(name.replace(/_(bucket|count|sum)$/, ''));
  for (const figure of CLUSTER_FIGURES) expect(used).toContain(figure);
});

test('the dashboard reads from the source that is set up, which reads the server', () => {
  const sources = readYaml<{ datasources: { uid: string; url: string }[] }>(
    'deploy/grafana/datasources.yml',
  ).datasources;
  const { panels } = JSON.parse(text('deploy/grafana/dashboards/armature.json')) as Dashboard;
  expect(new Set(panels.map(({ datasource }) => datasource.uid))).toEqual(new Set(sources.map(({ uid }) => uid)));
  expect(sources[0]?.url).toBe('http://prometheus:9090');
  const scraped = readYaml<{ scrape_configs: { static_configs: { targets: string[] }[] }[] }>('deploy/prometheus.yml');
  expect(scraped.scrape_configs[0]?.static_configs[0]?.targets).toEqual(['server:4400']);
  expect(text('deploy/grafana/dashboards.yml')).toContain('/var/lib/grafana/dashboards');
});
