import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { readTrace } from '../support/bit-string-trainer.js';

// An audit from outside: it reads names and files with its own few lines, and compares them with the trace that
// the trainer kept. It uses nothing of the code that it audits.

/** Where an individual is counted, and with which fitness, if it has one. */
export interface Place {
  readonly where: string;
  readonly fitness: string | undefined;
}

export interface Audit {
  /** What is wrong, each in a sentence; empty when everything is as it should be. */
  readonly violations: string[];
  readonly individuals: number;
  readonly size: number;
  readonly trained: number;
}

/** Audits a directory in which nobody works. */
export function audit(root: string, traceFile: string): Audit {
  const places = placesOf(root);
  const trace = existsSync(traceFile) ? readTrace(traceFile) : [];
  const begun = new Set(trace.map(({ id }) => id));
  const violations: string[] = [];
  for (const id of begun) {
    const found = places.get(id) ?? [];
    if (found.length !== 1)
      violations.push(
        `${id} is counted ${found.length} times: ${found.map(({ where }) => where).join(', ')}`,
      );
  }
  for (const [id, found] of places) {
    // Admitted by a worker that was killed before it began to train.
    const untouched = found.every(({ where }) => where.startsWith('training/'));
    if (!begun.has(id) && !untouched)
      violations.push(`${id} is in ${found[0]?.where}, and was never trained`);
    for (const { where, fitness } of found) {
      if (fitness === undefined) continue;
      const ends = trace.filter(
        (line) => line.id === id && line.event === 'end' && line.fitness !== undefined,
      );
      if (!ends.some((line) => line.fitness?.toFixed(6) === fitness)) {
        violations.push(
          `${where} has fitness ${fitness}, its trainings ended with ${ends.map((line) => line.fitness).join(', ')}`,
        );
      }
    }
  }
  const size = list(root, 'training').length + list(root, 'alive').length;
  return { violations, individuals: places.size, size, trained: begun.size };
}

/** Every individual's places: the four states, what is in a trash and not recorded, and the history. */
export function placesOf(root: string): Map<string, Place[]> {
  const places = new Map<string, Place[]>();
  const add = (id: string | undefined, where: string, fitness?: string) => {
    if (id !== undefined) places.set(id, [...(places.get(id) ?? []), { where, fitness }]);
  };
  for (const name of list(root, 'training')) add(name.split('~')[0], `training/${name}`);
  for (const name of list(root, 'alive')) add(name.split('~')[1], `alive/${name}`, name.split('~')[0]);
  const recorded = new Set<string>();
  for (const file of list(root, 'history')) {
    const records = new Map<string, string | undefined>();
    for (const line of readFileSync(`${root}/history/${file}`, 'utf8').split('\n')) {
      const record = parsed(line);
      if (record !== undefined) records.set(record.id, record.evaluation?.fitness.toFixed(6));
    }
    for (const [id, fitness] of records) {
      // Two collectors may both have recorded one; then they must have recorded the same.
      if (recorded.has(id) && places.get(id)?.[0]?.fitness === fitness) continue;
      add(id, `history/${file}`, fitness);
      recorded.add(id);
    }
  }
  // A record is written before its directory goes, so what is recorded may still lie about; it counts once.
  const ashes = list(root, 'workers').flatMap((worker) => {
    // A worker that was killed as it joined has none.
    const trash = list(root, `workers/${worker}`).filter((name) => name === 'trash');
    return trash.flatMap(() =>
      list(root, `workers/${worker}/trash`).map((name) => `workers/${worker}/trash/${name}`),
    );
  });
  const dead = list(root, 'dead').map((name) => `dead/${name}`);
  for (const where of [...dead, ...ashes]) {
    const [id = '', tenure] = where.slice(where.lastIndexOf('/') + 1).split('~');
    // Without a tenure it was never counted.
    if (tenure !== undefined && !recorded.has(id)) add(id, where);
  }
  return places;
}

/** A line of history; undefined where a crash cut it short. */
function parsed(line: string): { id: string; evaluation: { fitness: number } | null } | undefined {
  try {
    return JSON.parse(line) as { id: string; evaluation: { fitness: number } | null };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The population's size at one instant; undefined when something moved while it was looked at. */
function sizeAtOneInstant(root: string): number | undefined {
  const look = () => [list(root, 'training').sort().join(), list(root, 'alive').sort().join()] as const;
  const first = look();
  const second = look();
  if (first[0] !== second[0] || first[1] !== second[1]) return undefined;
  return first
    .join()
    .split(',')
    .filter((name) => name !== '').length;
}

/** Watches the size until it is told to stop. */
export class SizeWatch {
  samples = 0;
  highest = 0;
  /** Since it was first at the set point. */
  lowest = Infinity;
  last = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(root: string, setPoint: number, everyMs = 3) {
    this.#timer = setInterval(() => {
      const size = sizeAtOneInstant(root);
      if (size === undefined) return;
      this.samples++;
      this.last = size;
      this.highest = Math.max(this.highest, size);
      if (this.highest >= setPoint) this.lowest = Math.min(this.lowest, size);
    }, everyMs);
  }

  stop(): this {
    clearInterval(this.#timer);
    return this;
  }
}

function list(root: string, directory: string): string[] {
  return readdirSync(`${root}/${directory}`);
}
