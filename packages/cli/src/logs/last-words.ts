import type { Population } from '@galapagos/population';
import { lastLines } from './last-lines.js';
import { WORKER_LOGS } from './find-logs.js';
import { PROCESS_ENDED, parseLogLine, presentLogLine } from './log-line.js';
import { workerOf } from './log-selection.js';

const LINES = 5;
/** Lines of what a worker printed that are looked at. */
const MOST = 1000;

/**
 * The end of what a slot's worker had to say: from its last message to a person, if there is one; else what it last warned
 * of; else the last that it printed.
 * @returns With where that was found.
 */
export async function lastWords(
  population: Population,
  printed: string,
): Promise<{ lines: string[]; where: string }> {
  let lines: string[];
  try {
    ({ lines } = await lastLines(printed, MOST, (line) => !line.includes(`"msg":"${PROCESS_ENDED}"`)));
  } catch (error) {
    return { lines: [`its log cannot be read: ${String(error)}`], where: printed };
  }
  const joined = lines.findLastIndex((line) => workerOf(line) !== undefined);
  const message = lines.findLastIndex((line) => line.startsWith('galapagos: '));
  if (message > joined) return { lines: lines.slice(message, message + LINES), where: printed };
  const log = population.path(`${WORKER_LOGS}/${workerOf(lines[joined] ?? '') ?? ''}.log`);
  const warnings = await lastLines(log, LINES, (line) => /"level":"(warn|error)"/.test(line));
  return warnings.lines.length > 0
    ? { lines: warnings.lines.map((line) => presentLogLine(parseLogLine({}, line))), where: log }
    : { lines: lines.slice(-LINES), where: printed };
}
