/** The same 65,536 users for every part: texts of 36 bytes, as user ids often are. */
const COUNT = 1 << 16;
const MASK = COUNT - 1;

function idOf(n) {
  const hex = (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return `${hex}-7e1f-4c3a-9d2b-${n.toString(16).padStart(12, '0')}`;
}

const ids = Array.from({ length: COUNT }, (_, n) => Buffer.from(idOf(n)).toString('latin1'));

/** The user of the n-th operation. */
export const unitAt = (n) => ids[n & MASK];

export const ARMS = ['blue', 'green', 'orange', 'red'];
export const WEIGHTS = [0.4, 0.3, 0.2, 0.1];
export const COUNTRY = 'DE';

/**
 * Counts the arms of one operation in sixteen, so that counting costs next to nothing, and checks them in the end.
 * The operations that are looked at are the same for all parts.
 */
export function tally() {
  const counts = new Map(ARMS.map((arm) => [arm, 0]));
  let unfit = 0;
  return {
    wants: (n) => (n & 15) === 0,
    /** @param fit whether the operation gave what was asked for */
    add(arm, fit) {
      const count = counts.get(arm);
      if (count === undefined || !fit) unfit += 1;
      else counts.set(arm, count + 1);
    },
    counts,
    /** @param independent how many of the operations were draws of their own: a user's draw repeats itself */
    check(operations, independent = COUNT) {
      const looked = Math.ceil(operations / 16);
      const sum = [...counts.values()].reduce((a, b) => a + b, 0);
      if (unfit > 0 || sum !== looked) throw new Error(`${looked} looked at, ${unfit} unfit, ${sum} counted`);
      const draws = Math.min(looked, independent / 16);
      ARMS.forEach((arm, k) => {
        const w = WEIGHTS[k];
        const error = Math.abs(counts.get(arm) / looked - w);
        if (error > 6 * Math.sqrt((w * (1 - w)) / draws)) {
          throw new Error(`arm ${arm} has ${counts.get(arm)} of ${looked}, its weight is ${w}`);
        }
      });
    },
  };
}
