import { signalOfCode } from '@galapagos/launcher';
import { LEVELS, type WorkerEvent } from '@galapagos/worker';
import { z } from 'zod';
import { inWords } from '../tell-worker.js';

/** What `logs --json` prints for each line of a log. */
export const logLineShape = z
  .looseObject({
    launch: z.string().optional().describe('Of the output of a slot: the folder of its launch in logs/.'),
    slot: z.int().optional(),
    time: z.string().optional(),
    level: z.string().optional().describe(LEVELS.join(', ')),
    worker: z.string().optional(),
    msg: z.string().optional().describe('The event; its fields stand beside it.'),
    text: z.string().optional().describe('A line that is no event: the words of an error, say.'),
  })
  .describe('One line of a log; one such object per line.');

export type LogLine = z.infer<typeof logLineShape>;

/** What whoever starts workers writes where their output goes, when one of their processes ends otherwise than well. */
export const PROCESS_ENDED = 'process-ended';

/** Reads a line: an event, as JSON, or whatever else a process has said. @param origin Where it was found. */
export function parseLogLine(origin: Pick<LogLine, 'launch' | 'slot' | 'worker'>, line: string): LogLine {
  try {
    const parsed = logLineShape.safeParse({ ...(JSON.parse(line) as object), ...origin });
    if (parsed.success && parsed.data.msg !== undefined) return parsed.data;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { ...origin, text: line };
}

/** A line for a person: when, who, what. */
export function presentLogLine(line: LogLine): string {
  const when = (line.time ?? '').slice(0, 19).replace('T', ' ').padEnd(19);
  const who = line.worker ?? (line.slot === undefined ? '' : `slot ${line.slot}`);
  // Of which launch, as there is a slot 0 in each.
  const launch = line.launch === undefined || line.worker !== undefined ? '' : `  (${line.launch})`;
  return [when, who.padEnd(6), `${line.text ?? eventInWords(line)}${launch}`].join('  ');
}

/** A log may be of another version: an event whose words or fields are not those of this one is shown as it is. */
function eventInWords({ launch: _l, slot: _s, time: _t, level: _v, msg = '', ...rest }: LogLine): string {
  if (msg === PROCESS_ENDED) return `its process ended: ${howIn(rest)}`;
  if (msg === 'lines-lost') return `${String(rest['count'])} lines of this log could not be written`;
  try {
    const words = inWords({ event: msg, ...rest } as unknown as WorkerEvent) as string | undefined;
    if (words !== undefined && !/undefined|NaN/.test(words)) return words;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  return `${msg} ${JSON.stringify(rest)}`;
}

/** A shell says 137 where a signal ended it. */
function howIn({ signal, code }: Record<string, unknown>): string {
  if (typeof signal === 'string') return signal;
  return signalOfCode(Number(code)) ?? `exit code ${String(code)}`;
}
