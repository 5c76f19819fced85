import type { BackendChoice } from '@galapagos/trainer';

/** What a launcher tells its workers, behind the directory. */
export function workerArguments({
  backend,
  trainer,
  isOutputKept,
}: {
  readonly backend: BackendChoice;
  readonly trainer?: string | undefined;
  /** Whether what they print is kept beside their own logs: then it need not say the same. */
  readonly isOutputKept: boolean;
}): string[] {
  return [
    '--backend',
    backend,
    ...(trainer === undefined ? [] : ['--trainer', trainer]),
    ...(isOutputKept ? ['--quiet'] : []),
  ];
}
