import { expect, it } from 'vitest';
import { warnOfDisk } from '../../packages/cli/src/needs.js';

const need = { bytes: 1e9, mostBytes: 1e11, inodes: 500 };

it.each([
  [{ bytes: 1e12, inodes: Infinity }, undefined],
  [{ bytes: 5e10, inodes: Infinity }, 'Too small if they grow so far'],
  [{ bytes: 5e8, inodes: 1e6 }, 'Too small: births will stop until there is more room'],
  [{ bytes: 1e12, inodes: 400 }, 'Too few inodes: births will stop'],
])('of %j free it says: %s', (free, expected) => {
  const [warning] = warnOfDisk(need, free);
  if (expected === undefined) expect(warning).toBeUndefined();
  else expect(warning).toContain(expected);
});
