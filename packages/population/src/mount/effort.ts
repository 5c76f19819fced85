/** How much is done to find something out. */
export interface Effort {
  /** Processes of this host that race, this one among them. */
  readonly participants: number;
  /** Rounds of each race. */
  readonly rounds: number;
  /** Rounds in which two have to have renamed the same directory at the same time: it is raced again until then. */
  readonly contested: number;
  /** Whether what nothing rests on is looked at too: directories that are given one name, listings under renames. */
  readonly isThorough: boolean;
  /** Entries that are renamed while others list, and how often. */
  readonly entries: number;
  readonly listings: number;
  /** How often it is measured how long a change takes to be seen. */
  readonly exchanges: number;
  /** Seconds that what others did may take to be seen, before it counts as wrong. */
  readonly settledSeconds: number;
  /** How often a file is written to disk, and a directory renamed. */
  readonly repetitions: number;
}

/** Seconds, on a disk; more on a network mount. */
export const THOROUGH: Effort = {
  participants: 3,
  rounds: 200,
  contested: 20,
  isThorough: true,
  entries: 300,
  listings: 4,
  exchanges: 10,
  settledSeconds: 3,
  repetitions: 20,
};

/** A fraction of a second, on a disk: what may not be wrong. */
export const BRIEF: Effort = {
  ...THOROUGH,
  rounds: 40,
  contested: 5,
  isThorough: false,
  settledSeconds: 1,
  exchanges: 2,
  repetitions: 4,
};
