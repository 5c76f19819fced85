import { type Random, integer } from '@galapagos/dna';

/** How a filesystem differs from a perfect one. Chances are from 0 to 1, for each operation that they are about. */
export interface Weaknesses {
  /** Seconds that most requests take at least and at most; drawn evenly in the logarithm. */
  readonly latency: readonly [number, number];
  /** A request that takes up to `hang` seconds, and then succeeds. */
  readonly hanging: number;
  readonly hang: number;
  /** A listing misses, or holds twice or still, what is renamed while it is read. */
  readonly listing: number;
  /** Seconds for which a listing may be out of a cache. */
  readonly staleListing: number;
  /** Seconds for which a path through a directory that another host renamed still leads into it. */
  readonly stalePath: number;
  /** Seconds for which what another host did to a name is not seen by stat. */
  readonly staleAttributes: number;
  /** Seconds for which the contents may be those before. */
  readonly staleContents: number;
  /** Reading what was replaced or renamed within 4 seconds answers ESTALE. */
  readonly staleHandles: number;
  /** A rename that happened, and is answered with an error. */
  readonly lostAnswers: number;
  /** A rename that is answered with an error, and is carried out up to 30 seconds later. */
  readonly lateRenames: number;
  /** Two who rename the same to the same name are both told that they did. */
  readonly twoWinners: number;
  /** Of a directory that two rename, the one who won can only rename it once more: all in it is ESTALE. */
  readonly unreachable: number;
  /** Any operation fails without having done anything. */
  readonly failing: number;
  /** What is written is seen half written. */
  readonly tearing: number;
  /** There are no hard links, or no more of them. */
  readonly withoutLinks: number;
}

/** A filesystem that is merely not instantaneous. */
export const sound: Weaknesses = {
  latency: [0.0002, 0.002],
  hanging: 0,
  hang: 0,
  listing: 0,
  staleListing: 0,
  stalePath: 0,
  staleAttributes: 0,
  staleContents: 0,
  staleHandles: 0,
  lostAnswers: 0,
  lateRenames: 0,
  twoWinners: 0,
  unreachable: 0,
  failing: 0,
  tearing: 0,
  withoutLinks: 0,
};

/** A disk of one machine: names are seen at once, listings are no snapshots, what is written is seen half written. */
function localDisk(random: Random): Weaknesses {
  return {
    ...sound,
    latency: [0.0001, slowest(random)],
    listing: coin(random, 0.5),
    tearing: coin(random, 0.3),
  };
}

/** A network mount with what was measured on NFS, MooseFS and Gluster; each weakness is there or not. */
function networkMount(random: Random): Weaknesses {
  return {
    latency: [0.0005, slowest(random)],
    hanging: coin(random, 0.003),
    hang: 26,
    listing: coin(random, 0.6),
    staleListing: coin(random, 1),
    stalePath: coin(random, 26),
    staleAttributes: coin(random, 26),
    staleContents: coin(random, 5),
    staleHandles: coin(random, 0.2),
    lostAnswers: coin(random, 0.2),
    lateRenames: coin(random, 0.1),
    twoWinners: coin(random, 0.2),
    unreachable: coin(random, 0.5),
    failing: coin(random, 0.001),
    tearing: coin(random, 0.3),
    withoutLinks: coin(random, 0.3),
  };
}

export const kinds = { 'local disk': localDisk, 'network mount': networkMount } as const;

/** Now and then so slow that any two operations may come in any order. */
function slowest(random: Random): number {
  return [0.002, 0.05, 0.5][integer(random, 3)] ?? 0.002;
}

function coin(random: Random, value: number): number {
  return random.next() < 0.5 ? value : 0;
}
