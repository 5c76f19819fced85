/** Why a kernel refused its input. */
export type KernelErrorCode =
  | 'SHAPE' // shapes that do not fit each other or the operation
  | 'DTYPE' // not float32, or labels that are not int32
  | 'VALUE' // a number out of its range: a label that is no class, a stride of 0
  | 'BACKEND' // the tensors do not live on a back end of ours, or its engine is not there
  | 'OUT_OF_MEMORY'; // the memory cannot grow any further: 4 GiB with WebAssembly, or what the system gives

/** Thrown when an operation of this package cannot be carried out. `code` says why. */
export class KernelError extends Error {
  override readonly name = 'KernelError';

  constructor(
    readonly code: KernelErrorCode,
    message: string,
  ) {
    super(message);
  }
}
