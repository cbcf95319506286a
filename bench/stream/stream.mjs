import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startServer } from '../harness/served.mjs';
import { median, spread } from '../harness/statistics.mjs';

export const title = 'stream: one snapshot to 1,000 readers of GET /v1/stream, 20 experiments';
const READERS = 1000;
const EXPERIMENTS = 20;
const MOST_BROADCASTS = 7;
const WAIT_MS = 60_000;

const fileOf = (share) =>
  Array.from(
    { length: EXPERIMENTS },
    (_, n) =>
      `experiment: reader-${n}\narms: { a: { weight: ${share} }, b: { weight: ${1 - share} } }\nassign: request\n`,
  ).join('---\n');

/** Readers over sockets of their own, and what tells when all of them have heard of a version. */
function readersOf(url) {
  const { hostname, port } = new URL(url);
  const heard = new Map();
  const times = new Map();
  const waiting = new Map();
  const sockets = [];
  const hear = (version) => {
    heard.set(version, (heard.get(version) ?? 0) + 1);
    const now = performance.now();
    times.set(version, { first: times.get(version)?.first ?? now, last: now });
    if (heard.get(version) === READERS) waiting.get(version)?.();
  };
  const open = () => {
    const socket = connect(Number(port), hostname);
    let rest = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('id: ')) hear(line.slice(4));
    });
    socket.write(`GET /v1/stream HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
    sockets.push(socket);
  };
  for (let n = 0; n < READERS; n++) open();
  return {
    /** ms between the first reader that heard of a version and the last. */
    apart: (version) => times.get(version).last - times.get(version).first,
    async all(version) {
      if (heard.get(version) === READERS) return;
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`${heard.get(version) ?? 0} of ${READERS} readers heard of ${version}`));
        }, WAIT_MS);
        waiting.set(version, () => resolve(clearTimeout(timer)));
      });
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function nextVersion(server, before) {
  for (;;) {
    const { version } = await (await fetch(`${server.url}/v1/snapshot`)).json();
    if (version !== before) return version;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Bytes of the server's process, heap and buffers, sockets and all. */
const residentBytes = async (server) => (await server.figures()).get('armature_process_resident_memory_bytes');

export async function measure({ rounds, onRound }) {
  const server = await startServer({ 'a.yaml': fileOf(0.5) });
  const alone = await residentBytes(server);
  const readers = readersOf(server.url);
  try {
    const snapshot = await (await fetch(`${server.url}/v1/snapshot`)).json();
    await readers.all(snapshot.version);
    const each = ((await residentBytes(server)) - alone) / READERS;
    let { version } = snapshot;
    const [broadcasts, apart] = [[], []];
    const changes = Math.min(rounds, MOST_BROADCASTS);
    for (let n = 0; n < changes; n++) {
      onRound(n, changes);
      const before = await server.cpuSeconds();
      writeFileSync(join(server.experiments, 'a.yaml'), fileOf((n + 1) / 100));
      version = await nextVersion(server, version);
      await readers.all(version);
      broadcasts.push(((await server.cpuSeconds()) - before) * 1e3);
      apart.push(readers.apart(version));
    }
    return [
      {
        what: 'a changed file, read, published and sent to all',
        unit: 'ms CPU',
        ours: median(broadcasts),
        spread: spread(broadcasts),
        note: `${JSON.stringify(snapshot).length} bytes a frame, ${((median(broadcasts) * 1e3) / READERS).toFixed(0)} us a reader`,
      },
      {
        ...{ what: 'from the first reader with the new snapshot to the last', unit: 'ms', ours: median(apart) },
        ...{
          spread: spread(apart),
          note: `the readers are one process beside the server, longest ${Math.max(...apart).toFixed(0)} ms`,
        },
      },
      { what: 'memory of the server for a reader', unit: 'kB', ours: each / 1000, note: 'growth of the resident set' },
    ];
  } finally {
    readers.close();
    await server.dispose();
  }
}
