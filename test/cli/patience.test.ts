import { PopulationError } from '@galapagos/population';
import { describe, expect, it } from 'vitest';
import { patience } from '../../packages/cli/src/patience.js';

function listen() {
  const lines: string[] = [];
  const terminal = {
    out: () => undefined,
    err: (line: string) => void lines.push(line),
    status: () => undefined,
    screen: () => undefined,
    isWatched: false,
    columns: undefined,
  };
  return { lines, patiently: patience(terminal) };
}

const failing = () => Promise.reject(new PopulationError('UNFIT', 'EIO: i/o error'));

describe('an experiment that does not answer for a while', () => {
  it('is told of once, until it answers again', async () => {
    const { lines, patiently } = listen();
    expect(await patiently(failing)).toBeUndefined();
    expect(await patiently(failing)).toBeUndefined();
    expect(lines).toEqual(['the experiment does not answer: EIO: i/o error']);
    expect(await patiently(() => Promise.resolve(3))).toBe(3);
    await patiently(failing);
    expect(lines).toHaveLength(2);
  });

  it('is given up when it is gone', async () => {
    const { patiently } = listen();
    const gone = () => Promise.reject(new PopulationError('NO_EXPERIMENT', 'gone'));
    await expect(patiently(gone)).rejects.toThrow('gone');
  });
});
