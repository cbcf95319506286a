import { type RedisProcess, redisProcess } from './redis-process.js';

const SLOTS = 16_384;
const FLAGS = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1500', '--cluster-require-full-coverage', 'no'];

/** A cluster of three masters on this machine, with a third of the slots each. */
export interface RedisCluster {
  readonly nodes: readonly RedisProcess[];
  readonly url: string;
  /** The node that has a slot, as it sees itself. */
  nodeOf(slot: number): Promise<RedisProcess>;
  dispose(): Promise<void>;
}

export async function redisCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all([0, 1, 2].map(() => redisProcess(FLAGS)));
  const [first] = nodes;
  for (const [n, { client, port }] of nodes.entries()) {
    const from = Math.floor((n * SLOTS) / 3);
    await client.call('cluster', 'addslotsrange', from, Math.floor(((n + 1) * SLOTS) / 3) - 1);
    await client.call('cluster', 'set-config-epoch', n + 1);
    if (n > 0) await first?.client.call('cluster', 'meet', '127.0.0.1', port);
  }
  const agrees = async ({ client }: RedisProcess): Promise<boolean> => {
    const info = String(await client.call('cluster', 'info'));
    return /cluster_state:ok/.test(info) && /cluster_known_nodes:3/.test(info) && /slots_ok:16384/.test(info);
  };
  for (const node of nodes) while (!(await agrees(node))) await new Promise((resolve) => setTimeout(resolve, 30));
  return {
    nodes,
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    async nodeOf(slot) {
      for (const node of nodes) {
        const lines = String(await node.client.call('cluster', 'nodes')).split('\n');
        const own = lines.find((line) => line.includes('myself')) ?? '';
        const ranges = own
          .split(' ')
          .slice(8)
          .map((range) => range.split('-').map(Number));
        if (ranges.some(([from = 0, to = from]) => from <= slot && slot <= to)) return node;
      }
      throw new Error(`no node has slot ${slot}`);
    },
    async dispose() {
      for (const node of nodes) await node.dispose();
    },
  };
}
