/**
 * Batches as clients send them: decisions drawn from the snapshot, and rewards for decisions of the batch before. Texts
 * are put together from templates, so that making them does not take the time of the server beside it.
 */
const REWARDS = 100;
const SOURCE = '/sdk/9f3a2c';

function idAt(prefix, n) {
  return `${prefix}${n.toString(16).padStart(12, '0')}`;
}

/** @param size events of a batch */
export function batches(snapshot, experiment, size) {
  const { arms, rules, definition, version } = snapshot.experiments[experiment];
  const { weights } = rules.find(({ id }) => id === 'policy');
  const middles = arms.map(
    (arm, k) =>
      `"data":{"experiment":"${experiment}","definition":"${definition}","arm":"${arm}","propensity":${weights[k]},` +
      `"snapshot":"${version}","reason":"split","unit":"u-`,
  );
  const before = new Map();
  let made = 0;
  return (connection) => {
    const now = Date.now();
    const hex = now.toString(16).padStart(12, '0');
    const prefix = `${hex.slice(0, 8)}-${hex.slice(8)}-7c3a-9d2b-`;
    const head = (type, id) =>
      `{"specversion":"1.0","type":"dev.armature.${type}.v1","source":"${SOURCE}","id":"${id}","time":"${time}",`;
    const time = new Date(now).toISOString();
    const events = [];
    for (const { id, unit } of before.get(connection) ?? []) {
      const text = `"data":{"experiment":"${experiment}","decision":"${id}","unit":"u-${unit}","metrics":{"correct":1}}}`;
      events.push(head('reward', idAt(prefix, made++)) + text);
    }
    const rewards = events.length;
    const decided = [];
    while (events.length < size) {
      const unit = made;
      const id = idAt(prefix, made++);
      events.push(`${head('decision', id)}${middles[unit % arms.length]}${unit}"}}`);
      if (decided.length < REWARDS) decided.push({ id, unit });
    }
    before.set(connection, decided);
    return { method: 'POST', body: `[${events.join(',')}]`, decisions: size - rewards, rewards };
  };
}
