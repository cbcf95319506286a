// Writes packages/sdk/schemas/*.schema.json from the built package: run after `npm run build`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { jsonSchemas } from '../packages/sdk/dist/protocol/index.js';

const folder = new URL('../packages/sdk/schemas/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(jsonSchemas())) {
  writeFileSync(new URL(`${name}.schema.json`, folder), `${JSON.stringify(schema, null, 2)}\n`);
}
