import type { BackendChoice } from '@galapagos/trainer';

/** What a launcher tells its workers, behind the directory. */
export function workerArguments({
  backend,
  trainer,
}: {
  readonly backend: BackendChoice;
  readonly trainer?: string | undefined;
}): string[] {
  return ['--backend', backend, ...(trainer === undefined ? [] : ['--trainer', trainer])];
}
