import { type Dna, DnaError } from '@galapagos/dna';
import { sketch } from './samples.js';

/** input - a - v1 - e0 - output, with one thing done to it. */
export function spoilt(spoil: (dna: Dna) => unknown): unknown {
  const dna = sketch({ a: { from: 'input', to: 'v1', conv: {} }, e0: { from: 'v1', to: 'output' } });
  spoil(dna);
  return dna;
}

/** The same with one of its objects' fields set, whatever the types say. */
export function having(path: string, value: unknown): unknown {
  return spoilt((dna) => {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const owner = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], dna);
    Object.defineProperty(owner, last, { value, enumerable: true, configurable: true, writable: true });
  });
}

export function without(path: string): unknown {
  return JSON.parse(JSON.stringify(having(path, undefined)));
}

/** The code and the message of the error that a reading ends with. */
export function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof DnaError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}
