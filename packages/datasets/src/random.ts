/**
 * A small seeded generator of numbers in [0, 1): sfc32 by Chris Doty-Humphrey.
 *
 * It decides the fixed split and the synthetic images. **It must never change**: with another sequence, test
 * images of a running experiment would turn up among its training images.
 *
 * @param seed a safe integer, not negative; all 53 bits count
 * @param stream separates the uses of one seed
 */
export function createRandom(seed: number, stream: number): () => number {
  let a = seed >>> 0;
  let b = Math.floor(seed / 2 ** 32) >>> 0;
  let c = stream >>> 0;
  let counter = 1;
  const next = (): number => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return (result >>> 0) / 2 ** 32;
  };
  // The first results still resemble the seed; twenty rounds mix it into the whole state.
  for (let round = 0; round < 20; round++) next();
  return next;
}
