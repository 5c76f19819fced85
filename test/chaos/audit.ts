import { existsSync, readdirSync } from 'node:fs';
import { fsck, unknowingHost } from '@galapagos/population';
import type { WorkerEvent } from '@galapagos/worker';
import type { TraceLine } from '../support/bit-string-trainer.js';
import { openExperiment } from '../worker/experiment.js';
import { type Place, placesOf } from '../worker/trace-audit.js';
import { leftovers } from './leftovers.js';
import { readTraces } from './traces.js';

export interface AuditOptions {
  readonly root: string;
  /** The directory of the traces, which lies outside of the filesystem under test. */
  readonly traces: string;
  /** Ids that a power cut may have put one transition back, once each. */
  readonly putBack: readonly string[];
  /** How many workers ended without a chance to write down what they had just done. */
  readonly violentEnds: number;
  /** Whether all have left: then nothing may lie about. */
  readonly isEnd: boolean;
}

/** What the directory and the history say, held against the traces. */
export interface Audit {
  /** What is wrong, each in a sentence; empty when everything is as it should be. */
  readonly violations: string[];
  readonly individuals: number;
  readonly alive: number;
  readonly inTraining: number;
  /** Dead, and not yet recorded. */
  readonly waiting: number;
  readonly recorded: number;
  readonly trainings: number;
  readonly adopted: number;
  readonly continued: number;
  readonly takenAway: number;
  readonly buried: number;
  /** Births and deaths that a worker was killed before it could write down. */
  readonly unsaid: number;
  /** Births that a power cut took: never on disk, and on nobody's account. */
  readonly unborn: number;
  /** Half-written files of workers that were killed. */
  readonly halfWritten: number;
}

/** Audits a directory in which nobody moves: all have left, or stand still. */
export async function audit(options: AuditOptions): Promise<Audit> {
  const lines = readTraces(options.traces).flat();
  const places = placesOf(options.root);
  const putBack = new Set(options.putBack);
  const violations: string[] = [];
  const of = <Kind extends WorkerEvent['event']>(kind: Kind) =>
    lines.filter((line): line is Extract<WorkerEvent, { event: Kind }> => line.event === kind);
  const trainings = (what: TraceLine['event']) =>
    lines.filter((line): line is TraceLine => line.event === what);
  const born = new Set(of('born').map(({ id }) => id));
  const starts = trainings('start');
  const known = new Set([...born, ...starts.map(({ id }) => id)]);

  let unborn = 0;
  for (const id of known) {
    const found = places.get(id) ?? [];
    if (found.length === 0 && putBack.has(id)) unborn++;
    else if (found.length !== 1)
      violations.push(
        `${id} is counted ${found.length} times: ${found.map(({ where }) => where).join(', ')}`,
      );
  }
  const trained = new Set(starts.map(({ id }) => id));
  for (const [id, found] of places) {
    // Admitted by a worker that was killed before it began to train.
    if (!trained.has(id) && !found.every(({ where }) => where.startsWith('training/')))
      violations.push(`${id} is in ${found[0]?.where}, and was never trained`);
  }
  violations.push(...wrongFitnesses(places, trainings('end')));
  violations.push(...doubledEvents(of('published'), of('killed'), places, putBack));

  const killed = new Set(of('killed').map(({ id }) => id));
  const buried = new Set(of('buried').map(({ id }) => id));
  const isDead = ({ where }: Place) => !/^(training|alive)\//.test(where);
  const deaths = [...places].filter(([, found]) => found.some(isDead)).map(([id]) => id);
  const unsaidBirths = [...places.keys()].filter((id) => !born.has(id)).length;
  const unsaidDeaths = deaths.filter((id) => !killed.has(id) && !buried.has(id)).length;
  // Each worker's end may have cost one birth or one death its line, no more.
  if (unsaidBirths + unsaidDeaths > options.violentEnds)
    violations.push(
      `${unsaidBirths} births and ${unsaidDeaths} deaths that nobody wrote down, with ${options.violentEnds} violent ends`,
    );

  const left = leftovers(options.root);
  violations.push(...left.foreign.map((path) => `${path} is nobody's`));
  if (options.isEnd) {
    violations.push(...left.litter.map((path) => `${path} was left behind`));
    violations.push(...(await findingsOf(options.root)));
  }
  const all = [...places.values()].flat();
  const count = (pattern: RegExp) => all.filter(({ where }) => pattern.test(where)).length;
  return {
    violations,
    individuals: places.size,
    alive: count(/^alive\//),
    inTraining: count(/^training\//),
    waiting: count(/^(dead|workers)\//),
    recorded: count(/^history\//),
    trainings: starts.length,
    adopted: of('adopted').length,
    continued: starts.filter(({ step }) => step > 0).length,
    takenAway: of('taken-away').length,
    buried: buried.size,
    unsaid: unsaidBirths + unsaidDeaths,
    unborn,
    halfWritten: left.halfWritten,
  };
}

/** The size of the population; 0 while there is none. */
export function sizeOf(root: string): number {
  if (!existsSync(`${root}/training`)) return 0;
  const ids = [
    ...readdirSync(`${root}/training`).map((name) => name.split('~')[0]),
    ...readdirSync(`${root}/alive`).map((name) => name.split('~')[1]),
  ];
  return new Set(ids).size;
}

/** No fitness without a training that ended with it. */
function wrongFitnesses(places: ReadonlyMap<string, Place[]>, ends: readonly TraceLine[]): string[] {
  const fitnesses = new Map<string, Set<string>>();
  for (const { id, fitness } of ends) {
    if (fitness === undefined) continue;
    fitnesses.set(id, (fitnesses.get(id) ?? new Set()).add(fitness.toFixed(6)));
  }
  return [...places].flatMap(([id, found]) =>
    found.flatMap(({ where, fitness }) =>
      fitness === undefined || fitnesses.get(id)?.has(fitness) === true
        ? []
        : `${where}: ${id} has fitness ${fitness}, its trainings ended with ${[...(fitnesses.get(id) ?? [])].join(', ')}`,
    ),
  );
}

/** Each is published once and killed once, with one fitness, and whoever was killed lives no more. */
function doubledEvents(
  published: readonly Extract<WorkerEvent, { event: 'published' }>[],
  killed: readonly Extract<WorkerEvent, { event: 'killed' }>[],
  places: ReadonlyMap<string, Place[]>,
  putBack: ReadonlySet<string>,
): string[] {
  const problems: string[] = [];
  const once = (what: string, ids: readonly string[]) => {
    const seen = new Set<string>();
    for (const id of ids) {
      if (seen.has(id) && !putBack.has(id)) problems.push(`${id} was ${what} twice`);
      seen.add(id);
    }
  };
  once(
    'published',
    published.map(({ id }) => id),
  );
  once(
    'killed',
    killed.map(({ id }) => id),
  );
  for (const { id } of killed) {
    const lives = places.get(id)?.find(({ where }) => /^(training|alive)\//.test(where));
    if (lives !== undefined && !putBack.has(id)) problems.push(`${id} was killed and is in ${lives.where}`);
  }
  return problems;
}

/** What the program's own check says, as a second opinion. */
async function findingsOf(root: string): Promise<string[]> {
  const findings = await fsck(await openExperiment(root), unknowingHost);
  return findings
    .filter(({ severity }) => severity !== 'note')
    .map(({ path, problem }) => `fsck: ${path}: ${problem}`);
}
