/**
 * A source of chance. Nothing in Galapagos draws from anywhere else, so that a seed repeats a search.
 */
export interface Random {
  /** A number drawn uniformly from [0, 1). */
  next(): number;
}

/** The state of a {@link SeededRandom}: four unsigned 32-bit words. */
export type RandomState = readonly [number, number, number, number];

/** The generator xoshiro128** 1.1 (Blackman and Vigna), seeded by a text; 53 bits a draw. */
export class SeededRandom implements Random {
  readonly #words: Uint32Array;

  /** @throws RangeError when a state is four zeros, from which the generator would never move. */
  constructor(seed: string | RandomState) {
    this.#words = Uint32Array.from(typeof seed === 'string' ? wordsOf(seed) : seed);
    if (this.#words.every((word) => word === 0))
      throw new RangeError('the state of a generator is all zeros');
  }

  next(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** What a checkpoint stores; `new SeededRandom(state)` goes on from it. */
  get state(): RandomState {
    const [a = 0, b = 0, c = 0, d = 0] = this.#words;
    return [a, b, c, d];
  }

  #word(): number {
    const s = this.#words;
    // Not destructured: that goes through an iterator, and augmentation draws a hundred numbers for a step.
    const s0 = s[0] ?? 0;
    const s1 = s[1] ?? 0;
    const s2 = s[2] ?? 0;
    const s3 = s[3] ?? 0;
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
    const x2 = s2 ^ s0;
    const x3 = s3 ^ s1;
    s[1] = s1 ^ x2;
    s[0] = s0 ^ x3;
    s[2] = x2 ^ (s1 << 9);
    s[3] = rotate(x3, 11);
    return result;
  }
}

/** A seed made of several parts; different parts give unrelated seeds. */
export function seedOf(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `${String(part).length}:${part}`).join('|');
}

/** A number drawn uniformly from [low, high). */
export function uniform(random: Random, low: number, high: number): number {
  return low + (high - low) * random.next();
}

/** An integer drawn uniformly from 0 to `count` - 1. */
export function integer(random: Random, count: number): number {
  return Math.floor(random.next() * count);
}

/** An element drawn uniformly; undefined where there is none. */
export function pick<T>(random: Random, items: readonly T[]): T | undefined {
  return items[integer(random, items.length)];
}

/** True in half of the draws. */
export function coin(random: Random): boolean {
  return random.next() < 0.5;
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** Four well-mixed words of a text: FNV-1a over its UTF-16 code units, then splitmix32. */
function wordsOf(seed: string): RandomState {
  let hash = 0x811c9dc5;
  let second = 0x9747b28c;
  for (let i = 0; i < seed.length; i++) {
    hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193);
    second = Math.imul(second ^ seed.charCodeAt(i), 0x5bd1e995) ^ (second >>> 13);
  }
  // The first and the third differ, so they are never all zero: the one state that xoshiro must not have.
  return [mix(hash), mix(second), mix(hash ^ 0x9e3779b9), mix(second ^ 0x85ebca6b)];
}

function mix(word: number): number {
  let x = (word + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
