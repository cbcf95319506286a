// The second process: it sees clicks, not decisions. A token is all it needs.
import { createClient } from '@armature/sdk';

const client = createClient({ url: process.env.ARMATURE_URL, apiKey: process.env.ARMATURE_API_KEY, logger: false });
let refused = 0;

process.on('message', async (message) => {
  if (message !== 'done') {
    const receipt = client.reward(message.token, { click: 1 });
    if (receipt.error) refused += 1;
    return;
  }
  const { sent } = await client.close();
  process.send({ sent, refused });
  process.disconnect();
});
process.send('ready');
