// Parts of the pages that are fetched after the first screen: a line that is away delays them, and nothing else.

/** Often enough that nobody waits for it once the line is back; each try is one small question. */
const AGAIN_AFTER_MS = 2000;

/** What `fetch` brings, asked again until it comes. */
export async function untilItComes<T>(fetch: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await fetch();
    } catch {
      await new Promise((done) => window.setTimeout(done, AGAIN_AFTER_MS));
    }
  }
}
