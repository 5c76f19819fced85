import type { FailureClass } from '@galapagos/population';

/** The tail of a log that is kept. */
export const LOG_TAIL = 4000;

/** What the end of the trainer's process means. */
export function failureOfExit(
  code: number | null,
  signal: NodeJS.Signals | null,
  log: string,
): { class: FailureClass; reason: string; log: string } {
  const outOfMemory = /heap out of memory|bad_alloc|Cannot allocate memory/i.test(log);
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  const perhaps = signal === 'SIGKILL' ? ', perhaps by the system for want of memory' : '';
  return {
    class: outOfMemory ? 'out-of-memory' : 'crash',
    reason: `the trainer ${how}${perhaps}`,
    log: log.slice(-LOG_TAIL),
  };
}
