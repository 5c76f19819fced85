/**
 * Thrown when a population cannot be used, with what to do about it.
 * - `NO_EXPERIMENT`: the directory is not one of an experiment, or has lost its layout
 * - `EXPERIMENT_EXISTS`: one is there already
 * - `NEWER_FORMAT`: written by a newer version of Galapagos
 * - `INVALID`: a file that cannot be read as what it should be
 * - `UNFIT`: the filesystem refuses: full, read-only, no permission, gone
 */
export class PopulationError extends Error {
  override readonly name = 'PopulationError';

  constructor(
    readonly code: 'NO_EXPERIMENT' | 'EXPERIMENT_EXISTS' | 'NEWER_FORMAT' | 'INVALID' | 'UNFIT',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
