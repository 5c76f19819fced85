/** Thrown when a command line or a configuration is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
