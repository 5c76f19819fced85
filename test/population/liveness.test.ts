import { rmSync, writeFileSync } from 'node:fs';
import { type Host, Liveness, type Membership, nodeHost, unknowingHost } from '@galapagos/population';
import { beforeEach, describe, expect, test } from 'vitest';
import type { FaultyFilesystem } from '../support/faulty-filesystem.js';
import { type World, join, joinFaulty, newWorld } from './support.js';

const LEASE = 10;

let world: World;
let observer: Membership;
let faulty: FaultyFilesystem;
let other: Membership;
let liveness: Liveness;

beforeEach(async () => {
  world = await newWorld();
  ({ me: observer, faulty } = await joinFaulty(world));
  other = await join(world);
  liveness = watch(unknowingHost);
});

function watch(host: Host): Liveness {
  const watching = new Liveness(observer.population, { host, leaseSeconds: LEASE });
  watching.ownBeatWentThrough();
  return watching;
}

/** Lets time pass in seconds, the observer's own beat going through in each, and looks in each. */
async function watchFor(
  seconds: number,
  everySecond: (second: number) => Promise<unknown> = () => Promise.resolve(),
) {
  let gone = await liveness.isGone(other.name);
  for (let second = 0; second < seconds && !gone; second++) {
    world.clock.advance(1);
    liveness.ownBeatWentThrough();
    await everySecond(second);
    gone = await liveness.isGone(other.name);
  }
  return gone;
}

describe('a worker is gone', () => {
  test('when its beat stood still for a lease, and not before', async () => {
    expect(await watchFor(LEASE - 1)).toBe(false);
    expect(await watchFor(1)).toBe(true);
  });

  test('when its beat is missing for a lease', async () => {
    rmSync(`${world.root}/workers/${other.name}/beat`);
    expect(await watchFor(LEASE - 1)).toBe(false);
    expect(await watchFor(1)).toBe(true);
  });

  test('when it was never heard of, for a lease', async () => {
    expect(await liveness.isGone('w77')).toBe(false);
    for (let second = 0; second < LEASE; second++) {
      world.clock.advance(1);
      liveness.ownBeatWentThrough();
    }
    expect(await liveness.isGone('w77')).toBe(true);
  });

  test('at once when it said that it left', async () => {
    await other.leave();
    expect(await liveness.isGone(other.name)).toBe(true);
  });

  test('at once when its process on this host is no more', async () => {
    liveness = watch({ ...unknowingHost, isGone: ({ pid }) => Promise.resolve(pid === 0) });
    expect(await liveness.isGone(other.name)).toBe(true);
  });
});

describe('a worker is not gone', () => {
  test('while its beat changes, whatever it says', async () => {
    expect(await watchFor(5 * LEASE, (second) => (second % 8 === 0 ? other.beat() : Promise.resolve()))).toBe(
      false,
    );
    writeFileSync(`${world.root}/workers/${other.name}/beat`, '');
    expect(await watchFor(LEASE - 1)).toBe(false);
  });

  test('when the observer itself could not beat: a filesystem that hangs is not a death', async () => {
    await watchFor(1);
    world.clock.advance(5 * LEASE);
    // Nothing went through for five leases, neither ours nor theirs.
    expect(await liveness.isGone(other.name)).toBe(false);
    liveness.ownBeatWentThrough();
    expect(await liveness.isGone(other.name)).toBe(false);
    expect(await watchFor(LEASE - 1)).toBe(false);
    expect(await watchFor(1)).toBe(true);
  });

  test('for an observer that never beat', async () => {
    liveness = new Liveness(observer.population, { host: unknowingHost, leaseSeconds: LEASE });
    await liveness.isGone(other.name);
    world.clock.advance(3 * LEASE);
    expect(await liveness.isGone(other.name)).toBe(false);
  });

  test('on the word of a look that is older than its last beat', async () => {
    await liveness.isGone(other.name);
    for (let second = 1; second < LEASE; second++) {
      world.clock.advance(1);
      liveness.ownBeatWentThrough();
    }
    world.clock.advance(0.8);
    expect(await liveness.isGone(other.name)).toBe(false);
    await other.beat();
    // So soon after it is not read again; but what was read was seen for less than a lease.
    world.clock.advance(0.3);
    expect(await liveness.isGone(other.name)).toBe(false);
  });

  test('because reading its beat hung', async () => {
    const release = faulty.hang({ operation: 'read', path: /w2\/beat/ });
    const asked = liveness.isGone(other.name);
    for (let second = 0; second < LEASE; second++) {
      world.clock.advance(1);
      liveness.ownBeatWentThrough();
    }
    release();
    // What was read last says nothing of how long it has said so.
    expect(await asked).toBe(false);
    world.clock.advance(1);
    liveness.ownBeatWentThrough();
    expect(await liveness.isGone(other.name)).toBe(false);
  });

  test('because something else lies where its beat should be', async () => {
    rmSync(`${world.root}/workers/${other.name}/beat`);
    writeFileSync(`${world.root}/workers/${other.name}/beat`, 'x'.repeat(200));
    expect(await liveness.isGone(other.name)).toBe(false);
  });

  test('under a lease that an order made longer', async () => {
    let leaseSeconds = LEASE;
    liveness = new Liveness(observer.population, {
      host: unknowingHost,
      get leaseSeconds() {
        return leaseSeconds;
      },
    });
    liveness.ownBeatWentThrough();
    await watchFor(LEASE - 1);
    leaseSeconds = 3 * LEASE;
    expect(await watchFor(2 * LEASE)).toBe(false);
    // It is looked at less often, so the verdict may come a look later.
    expect(await watchFor(3)).toBe(true);
  });
});

test('a beat does not stand in the way of a farewell that hung', async () => {
  const left = await joinFaulty(world);
  const release = left.faulty.hang({ operation: 'write', path: /beat/ });
  const leaving = left.me.leave();
  expect(await liveness.isGone(left.me.name)).toBe(false);
  release();
  await leaving;
  world.clock.advance(1);
  expect(await liveness.isGone(left.me.name)).toBe(true);
});

describe('this machine', () => {
  test('knows that this process lives', async () => {
    expect(await nodeHost.isGone(await nodeHost.identity())).toBe(false);
  });

  test('knows of another start of the same number that it is gone, and of no process at all', async () => {
    const identity = await nodeHost.identity();
    expect(await nodeHost.isGone({ ...identity, processStart: '1' })).toBe(true);
    // Beyond the largest number that Linux gives a process.
    expect(await nodeHost.isGone({ ...identity, pid: 2 ** 22 + 1 })).toBe(true);
  });

  test.each(['host', 'bootId', 'pidNamespace'] as const)(
    'says nothing of a process of another %s',
    async (field) => {
      const identity = await nodeHost.identity();
      expect(await nodeHost.isGone({ ...identity, pid: 2 ** 22 + 1, [field]: 'another' })).toBe(false);
    },
  );
});
