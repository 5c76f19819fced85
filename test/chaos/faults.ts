import { setTimeout as sleep } from 'node:timers/promises';
import { type Random, integer } from '@galapagos/dna';
import type { Crew } from './crew.js';
import type { Place } from './place.js';
import { lastTurns } from './traces.js';

/** What a fault needs to know of the ordeal, and to tell it. */
export interface Scene {
  readonly place: Place;
  readonly crew: Crew;
  readonly random: Random;
  readonly leaseSeconds: number;
  /** Births so far. */
  readonly births: () => number;
  /** Waits until something holds; where it never does, that is a violation. */
  readonly must: (what: string, holds: () => boolean, seconds: number) => Promise<void>;
  /** Ids that a power cut may have put back. */
  readonly putBack: string[];
}

export interface Fault {
  readonly name: string;
  /** How often it is drawn, against the others. */
  readonly weight: number;
  /** Does it and undoes it. @returns What to write down. */
  readonly strike: (scene: Scene) => Promise<string>;
}

/** The faults that a place permits. */
export function faultsOf(place: Place): Fault[] {
  const faults: Fault[] = [kill, stop, killAll];
  if (place.room !== undefined) faults.push(fillDisk(place.room));
  if (place.writing !== undefined) faults.push(forbidWriting(place.writing));
  if (place.powerCut !== undefined) faults.push(cutPower(place.powerCut));
  if (place.link !== undefined) faults.push(cutHost(place.link));
  if (place.power !== undefined) faults.push(switchHostOff(place.power));
  if (place.server !== undefined) faults.push(crashServer(place.server));
  return faults;
}

const kill: Fault = {
  name: 'a worker killed (SIGKILL)',
  weight: 12,
  async strike({ crew, random }) {
    await sleep(integer(random, 500));
    const slot = drawn(random, crew.working);
    if (slot === undefined) return 'nobody worked';
    await crew.signal(slot, 'SIGKILL');
    return `worker ${slot}`;
  },
};

/** The late one finds that its individual was adopted meanwhile, if it held one. */
const stop: Fault = {
  name: 'a worker stopped for longer than a lease (SIGSTOP, SIGCONT)',
  weight: 3,
  async strike({ crew, random, leaseSeconds }) {
    const slot = drawn(random, crew.working);
    if (slot === undefined) return 'nobody worked';
    await crew.signal(slot, 'SIGSTOP');
    const seconds = leaseSeconds * (1.3 + 0.5 * random.next());
    await sleep(seconds * 1000);
    await crew.signal(slot, 'SIGCONT');
    return `worker ${slot}, ${seconds.toFixed(0)} s`;
  },
};

const killAll: Fault = {
  name: 'all workers killed at once',
  weight: 1,
  async strike({ crew }) {
    await crew.signalAll('SIGKILL');
    return '';
  },
};

/** A full disk stops births, not the workers: they go on by themselves. */
function fillDisk(room: NonNullable<Place['room']>): Fault {
  return {
    name: 'the disk filled, and freed',
    weight: 2,
    async strike({ crew, births, must, random }) {
      const { refusedAtWork } = crew.ends;
      try {
        // Collectors give room back for a while, and somebody is born in it.
        for (let before = -1; before !== births();) {
          before = births();
          await room.take(crew.on);
          await sleep(1000);
        }
        await sleep(1000 + integer(random, 5000));
      } finally {
        await room.give(crew.on);
      }
      const before = births();
      await must('births go on once there is room', () => births() > before + 20, 120);
      if (crew.ends.refusedAtWork > refusedAtWork) crew.violations.push('a full disk ended a worker');
      return '';
    },
  };
}

/** Workers end, and are started again; whoever is started meanwhile ends too. */
function forbidWriting(writing: NonNullable<Place['writing']>): Fault {
  return {
    name: 'the mount made read-only, and writable again',
    weight: 2,
    async strike({ crew, must, births }) {
      const { refused } = crew.ends;
      const working = crew.working.length;
      await writing.forbid(crew.on);
      try {
        await must(
          'a mount that is read-only ends workers with 5',
          () => crew.ends.refused >= refused + working,
          60,
        );
      } finally {
        await writing.allow(crew.on);
      }
      const before = births();
      await must('births go on once the mount is writable', () => births() > before + 20, 120);
      return `${crew.ends.refused - refused} ends with 5`;
    },
  };
}

/** What was not on disk is gone, with all processes. */
function cutPower(powerCut: () => Promise<void>): Fault {
  return {
    name: 'the power cut: all workers killed, the disk without what was not on it',
    weight: 2,
    async strike({ crew, putBack }) {
      const files = crew.traces;
      crew.rest();
      await crew.signalAll('SIGKILL');
      await crew.allEnded();
      putBack.push(...lastTurns(files));
      await powerCut();
      crew.resume();
      return '';
    },
  };
}

function cutHost(link: NonNullable<Place['link']>): Fault {
  return {
    name: 'a host cut off, and healed',
    weight: 3,
    async strike({ place, random, leaseSeconds }) {
      const host = drawn(random, place.hosts) ?? '';
      const seconds = leaseSeconds * (0.2 + 1.6 * random.next());
      await link.cut(host);
      await sleep(seconds * 1000);
      await link.heal(host);
      return `${host}, ${seconds.toFixed(0)} s`;
    },
  };
}

function switchHostOff(power: NonNullable<Place['power']>): Fault {
  return {
    name: 'a host switched off, and started again',
    weight: 3,
    async strike({ place, crew, random }) {
      const host = drawn(random, place.hosts) ?? '';
      await power.off(host);
      await crew.lose(host);
      await sleep(integer(random, 5000));
      await power.back(host);
      await crew.man(host);
      crew.employ(host);
      return host;
    },
  };
}

function crashServer(server: () => Promise<void>): Fault {
  return {
    name: 'the file server killed, and started again',
    weight: 1,
    async strike() {
      await server();
      return '';
    },
  };
}

function drawn<T>(random: Random, among: readonly T[]): T | undefined {
  return among.length === 0 ? undefined : among[integer(random, among.length)];
}
