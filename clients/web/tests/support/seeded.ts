// Numbers that look like chance and are the same each time: for tests with many cases.

/** Returns whole numbers from 0 to below its argument; xorshift32 (Marsaglia 2003). */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
