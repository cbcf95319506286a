/** What other people's tools say of a packed package: its manifest and files, and how its types resolve. */
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { problemAffectsResolutionKind } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** ESM alone: `require` without a bundler, and resolution older than `exports`, are not promised. */
const PROMISED = ['node16-esm', 'bundler'];

/** Faults that publint sees in an installed package, suggestions too. */
async function manifestFaults(name, directory) {
  const { messages, pkg } = await publint({ pkgDir: directory, pack: false, level: 'suggestion', strict: true });
  return messages.map((message) => `@armature/${name}: publint: ${formatMessage(message, pkg, { color: false })}`);
}

/** Faults that are-the-types-wrong sees in an archive. */
async function typeFaults(name, archive) {
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(archive))));
  if (analysis.types === false) return [`@armature/${name}: packs no types`];
  return analysis.problems
    .filter((problem) => PROMISED.some((kind) => problemAffectsResolutionKind(problem, kind, analysis)))
    .map(({ kind, entrypoint, fileName }) => `@armature/${name}: types: ${kind} at ${entrypoint ?? fileName ?? '?'}`);
}

/**
 * @param packed `{ name, archive, directory }` of a package: what npm packed, and where that is installed
 * @returns one line for each fault
 */
export async function publishedFaults({ name, archive, directory }) {
  return [...(await manifestFaults(name, directory)), ...(await typeFaults(name, archive))];
}
