/**
 * Where everything lies, and what its name says. State is location: what a name cannot express is not a state.
 *
 * - `training/<id>~<tenure>~<worker>`  written by exactly one worker, whose name it bears
 * - `alive/<fitness>~<id>~<tenure>`    immutable; may be drawn at any moment
 * - `dead/<id>~<tenure>~<killer>`      lost a tournament, or was buried; waits for the collector
 * - `hall-of-fame/` as `alive/`         the best that ever lived, collected
 */
export const TOP_DIRECTORIES = [
  'control',
  'workers',
  'training',
  'alive',
  'dead',
  'hall-of-fame',
  'history',
  'tests',
] as const;

/** Where `fsck --repair` moves what is in the way: a person's to look at. */
export const LOST_AND_FOUND = 'lost+found';
export const EXPERIMENT_FILE = 'experiment.json';
export const DNA_FILE = 'dna.json';
export const BIRTH_FILE = 'birth.json';
export const INHERITED_FILE = 'inherited.safetensors';
export const WEIGHTS_FILE = 'weights.safetensors';
export const EVALUATION_FILE = 'evaluation.json';
export const FAILURE_FILE = 'failure.json';
export const ATTEMPT_FILE = 'attempt.json';
export const CURVE_FILE = 'curve.jsonl';
export const HANDED_BACK_FILE = 'handed-back';

export type WorkerName = string;
/** `<worker>-<counter>`: unique without a clock. */
export type IndividualId = string;

/** An individual in training: it belongs to the worker whose name it bears. */
export interface TrainingEntry {
  readonly state: 'training';
  readonly id: IndividualId;
  readonly tenure: number;
  readonly worker: WorkerName;
}

/** An individual that may be drawn; also one of the hall of fame, whose names are alike. */
export interface AliveEntry {
  readonly state: 'alive' | 'hall-of-fame';
  readonly id: IndividualId;
  readonly tenure: number;
  /** Validation accuracy from 0 to 1, to the six digits of the name. */
  readonly fitness: number;
}

export interface DeadEntry {
  readonly state: 'dead';
  readonly id: IndividualId;
  readonly tenure: number;
  readonly killer: WorkerName;
}

export type Entry = TrainingEntry | AliveEntry | DeadEntry;

/** What lies in a worker's trash. Without a tenure it was never counted. */
export interface TrashEntry {
  readonly id: IndividualId;
  readonly tenure: number | undefined;
  readonly recorded: boolean;
}

const WORKER = '[a-z0-9]{1,32}';
const ID = `${WORKER}-[0-9]{1,12}`;
/** The highest tenure that a name can say. */
export const LAST_TENURE = 999_999_999;
const TENURE = '[1-9][0-9]{0,8}';
const workerName = new RegExp(`^${WORKER}$`);
const individualId = new RegExp(`^${ID}$`);
const training = new RegExp(`^(${ID})~(${TENURE})~(${WORKER})$`);
const alive = new RegExp(`^([01]\\.[0-9]{6})~(${ID})~(${TENURE})$`);
const trash = new RegExp(`^(${ID})(?:~(${TENURE})(~recorded)?)?$`);

/** Whether a name may be one of a worker. */
export function isWorkerName(name: string): boolean {
  return workerName.test(name);
}

/** Whether a name may be one of an individual. */
export function isIndividualId(name: string): boolean {
  return individualId.test(name);
}

/** The worker that bore an individual: its name is the first part of the id. */
export function makerOf(id: IndividualId): WorkerName {
  return id.slice(0, id.lastIndexOf('-'));
}

/** The name of an entry in the directory of its state. */
export function nameOf(entry: Entry): string {
  switch (entry.state) {
    case 'training':
      return `${entry.id}~${entry.tenure}~${entry.worker}`;
    case 'alive':
    case 'hall-of-fame':
      return `${entry.fitness.toFixed(6)}~${entry.id}~${entry.tenure}`;
    case 'dead':
      return `${entry.id}~${entry.tenure}~${entry.killer}`;
  }
}

/** Reads a name; undefined where it is not one of ours. */
export function parseName(state: 'training', name: string): TrainingEntry | undefined;
export function parseName(state: 'alive' | 'hall-of-fame', name: string): AliveEntry | undefined;
export function parseName(state: 'dead', name: string): DeadEntry | undefined;
export function parseName(state: Entry['state'], name: string): Entry | undefined;
export function parseName(state: Entry['state'], name: string): Entry | undefined {
  const [, first = '', second = '', third = ''] =
    (state === 'training' || state === 'dead' ? training : alive).exec(name) ?? [];
  if (first === '') return undefined;
  switch (state) {
    case 'training':
      return { state, id: first, tenure: Number(second), worker: third };
    case 'dead':
      return { state, id: first, tenure: Number(second), killer: third };
    case 'alive':
    case 'hall-of-fame':
      return Number(first) > 1
        ? undefined
        : { state, fitness: Number(first), id: second, tenure: Number(third) };
  }
}

/** The name of something in a trash. */
export function trashName({ id, tenure, recorded }: TrashEntry): string {
  return tenure === undefined ? id : `${id}~${tenure}${recorded ? '~recorded' : ''}`;
}

/** Reads the name of something in a trash; undefined where it is not one of ours. */
export function parseTrashName(name: string): TrashEntry | undefined {
  const match = trash.exec(name);
  if (match === null) return undefined;
  const [, id = '', tenure, recorded] = match;
  return { id, tenure: tenure === undefined ? undefined : Number(tenure), recorded: recorded !== undefined };
}

/** The folder of an individual, below the experiment. */
export function pathOf(entry: Entry): string {
  return `${entry.state}/${nameOf(entry)}`;
}

export function workerPath(worker: WorkerName): string {
  return `workers/${worker}`;
}

export function stagingPath(worker: WorkerName, id: IndividualId): string {
  return `${workerPath(worker)}/staging/${id}`;
}

export function trashPath(worker: WorkerName, entry: TrashEntry): string {
  return `${workerPath(worker)}/trash/${trashName(entry)}`;
}

/** The name of a worker's file in `history/`. */
export function historyFile(worker: WorkerName): string {
  return `${worker}.jsonl`;
}

export function historyPath(worker: WorkerName): string {
  return `history/${historyFile(worker)}`;
}
