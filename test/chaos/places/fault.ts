import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { type Place, cluster } from '../place.js';
import { ext4 } from './ext4.js';

/** What a single operation may meet: operation, fault, when, probability. */
const RULES = [
  // Done, and answered with an error: a lost answer.
  ['rename', 'ENOTCONN', 'after', 0.003],
  ['rename', 'EIO', 'after', 0.003],
  ['unlink', 'EIO', 'after', 0.0002],
  ['rmdir', 'EIO', 'after', 0.0002],
  ['mkdir', 'EIO', 'after', 0.0002],
  // Not done.
  ['rename', 'ESTALE', 'before', 0.002],
  ['rename', 'EIO', 'before', 0.0003],
  ['link', 'EMLINK', 'before', 0.05],
  ['open', 'ESTALE', 'before', 0.0003],
  ['read', 'ESTALE', 'before', 0.001],
  ['list', 'ESTALE', 'before', 0.0003],
  ['list', 'EIO', 'before', 0.0002],
  ['stat', 'ESTALE', 'before', 0.0003],
  ['fsync', 'EIO', 'before', 0.0002],
  ['write', 'EIO', 'half', 0.0003],
  ['write', 'ENOSPC', 'half', 0.0003],
  ['write', 'EDQUOT', 'before', 0.0003],
  // The process ends there.
  ['rename', 'kill', 'before', 0.0003],
  ['rename', 'kill', 'after', 0.0003],
  ['fsync', 'kill', 'after', 0.0002],
  ['write', 'kill', 'half', 0.0002],
  // For longer than half a lease, for longer than a lease, and then it is carried out.
  ['rename', 'hang:7', 'after', 0.0001],
  ['rename', 'hang:13', 'after', 0.0001],
  ['read', 'hang:7', 'after', 0.0001],
  ['list', 'hang:13', 'after', 0.00005],
] as const;

/** An ext4, of which the workers' single operations fail at random. */
export async function fault(directory: string): Promise<Place> {
  await cluster('fault', 'up', directory);
  const below = await ext4(directory);
  const board = `${directory}/board`;
  const turn = (on: number) => {
    const file = openSync(board, 'r+');
    writeSync(file, Buffer.from([on, 0, 0, 0]), 0, 4, 0);
    closeSync(file);
  };
  return {
    ...below,
    title: `${below.title}, with a fault injector`,
    env: {
      LD_PRELOAD: `${directory}/faults.so`,
      FAULTS_BOARD: board,
      FAULTS: RULES.map(([operation, what, when, probability]) =>
        [operation, `${below.shared}/experiment/`, what, when, probability].join(' '),
      ).join(';'),
    },
    injected: {
      begin: () => turn(1),
      end: () => turn(0),
      read: () => {
        const counts = readFileSync(board);
        return Object.fromEntries(
          RULES.map(([operation, what, when], rule) => [
            `${operation}: ${what}, ${when}`,
            counts.readUInt32LE(4 * (1 + rule)),
          ]),
        );
      },
    },
  };
}
