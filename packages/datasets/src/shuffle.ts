/**
 * One epoch's order: each of 0 … `count - 1` once, every order equally likely (Fisher-Yates).
 * The same sequence of random numbers gives the same order, in every version.
 *
 * @param random numbers in [0, 1); drawn from `count - 1` times
 */
export function shuffledIndices(count: number, random: () => number): Uint32Array {
  const indices = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    const moved = indices[last]!;
    indices[last] = indices[chosen]!;
    indices[chosen] = moved;
  }
  return indices;
}
