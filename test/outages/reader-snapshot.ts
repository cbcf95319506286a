import type { Snapshot } from '@armature/sdk/protocol';

/** A snapshot with one experiment of two arms. */
export function readerSnapshot(version: string, weights: readonly number[] = [0.25, 0.75]): Snapshot {
  const reader = {
    ...{ version, hash: 1, salt: 'reader', definition: `sha256:${'0'.repeat(64)}`, assign: 'request' },
    ...{ status: 'running', control: 'small', arms: ['large', 'small'], rules: [{ id: 'policy', weights }] },
  };
  const issued = '2026-11-24T12:00:00.000Z';
  return {
    schema: 1,
    version,
    hash: `sha256:${'0'.repeat(64)}`,
    issued,
    experiments: { reader },
  } as unknown as Snapshot;
}
