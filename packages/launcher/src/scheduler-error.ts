/**
 * What a scheduler answered when it could not do what was asked.
 * - `MISSING`: its programs are not here.
 * - `REFUSED`: it said no, or nobody answered; the message is its own.
 */
export class SchedulerError extends Error {
  override readonly name = 'SchedulerError';

  constructor(
    readonly code: 'MISSING' | 'REFUSED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
