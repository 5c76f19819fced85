import {
  type Population,
  PopulationError,
  findIndividual,
  isIndividualId,
  workerNames,
} from '@galapagos/population';
import { type SlotLog, launchesOf, slotLogsOf } from './log-files.js';
import { LEVELS, type Level, type LogLine, parseLogLine } from './log-line.js';
import { UsageError } from './usage-error.js';

/** Which lines of which logs somebody wants to see. */
export interface Selection extends Whom {
  /** The name of a launch, or `all`; undefined for what suits whom one asks for. */
  readonly launch: string | undefined;
  readonly level: Level;
}

interface Whom {
  /** Whether a line may be in the log of any launch. */
  readonly isAnywhere: boolean;
  readonly hasSlot: (slot: number) => boolean;
  /** By the text, so that a long log is not parsed for a few lines. */
  readonly concerns: (line: string) => boolean;
}

/** @throws UsageError when there is nobody of that name. */
export async function selectionOf(population: Population, who: string | undefined): Promise<Whom> {
  const everything = { isAnywhere: false, hasSlot: () => true, concerns: () => true };
  if (who === undefined) return everything;
  const [, slot] = /^(?:slot-)?([0-9]+)$/.exec(who) ?? [];
  if (slot !== undefined) return { ...everything, hasSlot: (other) => other === Number(slot) };
  // As JSON writes it: no other name contains it.
  const named = { isAnywhere: true, hasSlot: () => true };
  if (isIndividualId(who) && (await findIndividual(population, who)) !== undefined) {
    return { ...named, concerns: (line) => line.includes(`"${who}"`) };
  }
  if ((await workerNames(population)).includes(who)) {
    return { ...named, concerns: (line) => line.includes(`"worker":"${who}"`) };
  }
  throw new UsageError(`${population.root}: there is no worker, individual or slot ${who}`);
}

/** The logs to look into, a list for each launch, the newest first. @throws PopulationError when there is no such launch. */
export async function logsOf(population: Population, selection: Selection): Promise<SlotLog[][]> {
  const launches = await launchesOf(population);
  const { launch, isAnywhere, hasSlot } = selection;
  if (launch !== undefined && launch !== 'all' && !launches.includes(launch)) {
    const known = launches.slice(0, 3).join(', ');
    throw new PopulationError(
      'INVALID',
      `${population.root}: there is no launch ${launch} in logs/${known === '' ? '' : `; the newest are ${known}`}`,
    );
  }
  const isAll = launch === 'all' || (launch === undefined && isAnywhere);
  const wanted = isAll ? launches : launch === undefined ? launches.slice(0, 1) : [launch];
  const found: SlotLog[][] = [];
  for (const name of wanted) {
    found.push((await slotLogsOf(population, name)).filter(({ slot }) => hasSlot(slot)));
  }
  return found;
}

/** A line that is wanted, read; undefined where it is not. */
export function wantedLine({ concerns, level }: Selection, log: SlotLog, text: string): LogLine | undefined {
  if (!concerns(text)) return undefined;
  const line = parseLogLine(log, text);
  // What is no event always matters.
  const known = (LEVELS as readonly string[]).indexOf(line.level ?? '');
  return known === -1 || known >= LEVELS.indexOf(level) ? line : undefined;
}
