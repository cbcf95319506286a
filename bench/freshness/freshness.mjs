import { FILES, freshness } from '../harness/fresh-rounds.mjs';
import { startServer } from '../harness/served.mjs';

export const title = 'freshness: from the 2xx of a batch of rewards to a client that draws with new weights';

export async function measure({ onRound }) {
  const server = await startServer(FILES);
  try {
    const { row, rewards } = await freshness(server.url, server.url, onRound);
    const counted = (await server.figures()).get(
      'armature_experiment_health_events{experiment="reader",kind="rewards"}',
    );
    if (counted !== rewards) throw new Error(`the server counted ${counted} rewards`);
    return [row];
  } finally {
    await server.dispose();
  }
}
