#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli/index.js', import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  console.error('NOT_BUILT: the command is not built, got no dist folder, run `npm run setup` in the repository');
  process.exitCode = 1;
}
