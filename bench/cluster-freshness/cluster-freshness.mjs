import { clustered, clusterVariables } from '../harness/clustered.mjs';
import { FILES, freshness } from '../harness/fresh-rounds.mjs';
import { startServer } from '../harness/served.mjs';

export const title =
  'cluster-freshness: from the 2xx of one server to a client that draws with new weights from another';
const KIND = 'armature_experiment_health_events{experiment="reader",kind="rewards"}';

/** Each server counts the partitions that it owns. */
async function countedBy(servers) {
  const counts = await Promise.all(servers.map(async (server) => (await server.figures()).get(KIND) ?? 0));
  return counts.reduce((sum, count) => sum + count, 0);
}

export function measure({ onRound }) {
  return clustered('cluster-freshness', async ({ redisUrl, topics }) => {
    const variables = clusterVariables(await topics(), redisUrl);
    const servers = [];
    try {
      for (let n = 0; n < 2; n += 1) servers.push(await startServer(FILES, variables));
      const [to, from] = servers;
      const { row, rewards } = await freshness(to.url, from.url, onRound);
      const counted = await countedBy(servers);
      if (counted !== rewards) throw new Error(`${rewards} rewards were sent, and ${counted} counted`);
      return [row];
    } finally {
      for (const server of servers) await server.dispose();
    }
  });
}
