export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves when something has come to hold. */
export async function until(holds: () => boolean, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !holds(); await wait(10)) {
    if (Date.now() > end) throw new Error(`it did not come to hold within ${ms} ms: ${holds}`);
  }
}
