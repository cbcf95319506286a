import { mkdtempSync, rmSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layoutOf, listSegments } from '@armature/analysis/log';

/**
 * The floor of a durable log: the bytes that the server wrote, in the same groups, appended and synced by nobody but
 * node:fs, all partitions at once.
 */
const CHECK = Buffer.from('\n{"crc":');

/** The bytes of one partition, cut behind each check line, as the server synced them. */
async function groupsOf(folder) {
  const groups = [];
  for (const { path } of await listSegments(folder)) {
    const bytes = await readFile(path);
    for (let from = 0; from < bytes.length; ) {
      const check = bytes.indexOf(CHECK, from);
      const end = check < 0 ? bytes.length : bytes.indexOf(10, check + 1) + 1;
      groups.push(bytes.subarray(from, end));
      from = end;
    }
  }
  return groups;
}

/** @returns seconds it took, groups and bytes */
export async function appendAgain(data, partitions) {
  const layout = layoutOf(data);
  const streams = await Promise.all(Array.from({ length: partitions }, (_, p) => groupsOf(layout.partition(p))));
  const folder = mkdtempSync(join(tmpdir(), 'armature-bench-'));
  try {
    const cpu = process.cpuUsage();
    const start = performance.now();
    await Promise.all(
      streams.map(async (groups, p) => {
        const file = await open(join(folder, String(p)), 'w');
        let at = 0;
        for (const group of groups) {
          await file.write(group, 0, group.length, at);
          await file.datasync();
          at += group.length;
        }
        await file.close();
      }),
    );
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const groups = streams.flat();
    const bytes = groups.reduce((sum, group) => sum + group.length, 0);
    return { seconds, cpuSeconds: (user + system) / 1e6, groups: groups.length, bytes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
