import { SeededRandom } from '@galapagos/dna';
import type { Liveness, WorkerName } from '@galapagos/population';
import { describe, expect, test } from 'vitest';
import { Watch } from '../../packages/worker/src/watch.js';

const AT_ONCE = 16;

/** Others who beat, until they are said to be dead; gone is who was looked at twice since. */
class Others {
  readonly names: Set<WorkerName>;
  readonly dead = new Set<WorkerName>();
  /** Names in the order in which they were looked at. */
  readonly looks: WorkerName[] = [];
  readonly #beats = new Map<WorkerName, number>();
  readonly #changed = new Map<WorkerName, boolean>();
  #time = 0;

  constructor(count: number) {
    this.names = new Set(Array.from({ length: count }, (_, index) => `w${index + 1}`));
  }

  async seenBy(watch: Watch): Promise<{ gone: Set<WorkerName>; looks: number }> {
    this.#time++;
    const before = this.looks.length;
    const gone = await watch.gone(this.names);
    return { gone, looks: this.looks.length - before };
  }

  readonly liveness = {
    isGone: (name: WorkerName) => {
      this.looks.push(name);
      const beat = this.dead.has(name) ? (this.#beats.get(name) ?? this.#time) : this.#time;
      const last = this.#beats.get(name);
      this.#changed.set(name, last !== undefined && last !== beat);
      this.#beats.set(name, beat);
      return Promise.resolve(last === beat && this.dead.has(name));
    },
    hasBeaten: (name: WorkerName) => this.#changed.get(name) === true,
  } as unknown as Liveness;
}

function newWatch(others: Others, seed = 'watch'): Watch {
  return new Watch(others.liveness, new SeededRandom(seed), AT_ONCE);
}

describe('a watch over few', () => {
  test('looks at all of them each time', async () => {
    const others = new Others(12);
    const watch = newWatch(others);
    for (let look = 0; look < 5; look++) {
      await others.seenBy(watch);
      expect(new Set(others.looks.splice(0))).toEqual(others.names);
    }
  });

  test('forgets who is no longer among them', async () => {
    const others = new Others(12);
    const watch = newWatch(others);
    await others.seenBy(watch);
    others.dead.add('w1');
    others.names.delete('w1');
    expect((await others.seenBy(watch)).gone).toEqual(new Set());
  });
});

describe('a watch over many', () => {
  test('looks at some each time, and goes through all', async () => {
    const others = new Others(10 * AT_ONCE);
    const watch = newWatch(others);
    for (let look = 0; look < 11; look++)
      expect((await others.seenBy(watch)).looks).toBeLessThanOrEqual(2 * AT_ONCE);
    expect(new Set(others.looks)).toEqual(others.names);
  });

  test('finds, with others that watch too, whoever dies within two looks', async () => {
    const others = new Others(10 * AT_ONCE);
    const watches = Array.from({ length: 40 }, (_, index) => newWatch(others, `watch ${index}`));
    for (const watch of watches) await others.seenBy(watch);
    others.dead.add('w77');
    const found: number[] = [];
    for (let look = 1; look <= 3; look++)
      for (const watch of watches) if ((await others.seenBy(watch)).gone.has('w77')) found.push(look);
    expect(found[0]).toBeLessThanOrEqual(2);
  });

  test('stays with one who does not beat, and does not take an old beat for a sign of life', async () => {
    const others = new Others(4 * AT_ONCE);
    const watch = newWatch(others);
    // A round through all, in which everybody was seen to beat.
    for (let look = 0; look < 6; look++) await others.seenBy(watch);
    others.dead.add('w5');
    let looks = 0;
    while (!(await others.seenBy(watch)).gone.has('w5')) looks++;
    expect(looks).toBeLessThanOrEqual(5);
    expect((await others.seenBy(watch)).gone).toContain('w5');
  });

  test('of whom most are silent, has soon looked at all', async () => {
    const others = new Others(100 * AT_ONCE);
    for (const name of others.names) others.dead.add(name);
    const watch = newWatch(others);
    let gone = new Set<WorkerName>();
    let looks = 0;
    while (gone.size < others.names.size && looks < 20) {
      looks++;
      ({ gone } = await others.seenBy(watch));
    }
    expect(looks).toBeLessThanOrEqual(9);
  });

  test('of whom most are gone, and are asked for no more, has soon looked at all', async () => {
    const others = new Others(100 * AT_ONCE);
    const liveness = { isGone: () => Promise.resolve(true), hasBeaten: () => false } as unknown as Liveness;
    const watch = new Watch(liveness, new SeededRandom('watch'), AT_ONCE);
    let looks = 0;
    for (; others.names.size > 0 && looks < 20; looks++)
      for (const name of await watch.gone(others.names)) others.names.delete(name);
    expect(looks).toBeLessThanOrEqual(8);
  });
});
