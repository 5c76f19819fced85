import type { BackendChoice } from '@galapagos/trainer';
import { logBytesOf, logOptions } from '../logs/worker-log.js';

/** What a launch asks of its workers. */
export interface WorkerRequest {
  readonly backend: BackendChoice;
  /** Who trains, as it was asked for; see `--trainer`. */
  readonly trainer?: string | undefined;
  readonly log?: string | undefined;
  readonly 'log-size'?: string | undefined;
}

/**
 * What a launcher tells its workers, behind the directory.
 * @param isOutputKept Whether what they print is kept beside their own logs: then it need not say the same.
 * @throws UsageError where that makes no sense.
 */
export function workerArguments(
  request: WorkerRequest,
  { isOutputKept }: { isOutputKept: boolean },
): string[] {
  const { backend, trainer, 'log-size': logSize } = request;
  // Here rather than by each of them.
  if (logSize !== undefined) logBytesOf(logSize);
  const said = (['log', 'log-size'] as const).flatMap((name) => {
    const value = request[name] ?? logOptions[name].default;
    return value === logOptions[name].default ? [] : [`--${name}`, value];
  });
  return [
    '--backend',
    backend,
    ...(trainer === undefined ? [] : ['--trainer', trainer]),
    ...said,
    ...(isOutputKept ? ['--quiet'] : []),
  ];
}
