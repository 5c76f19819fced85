import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { decodeState, encodeState } from '../../packages/trainer/src/checkpoint.js';
import { allReaders, fuzzReader } from './readers.js';

/** Cases of each reader. */
const CASES = 12;
const OTHERWISE: Readonly<Record<string, number>> = { configuration: 6, views: 24 };

/** A few cases of what `node test/fuzz/readers.mjs` does for minutes. */
describe('readers of what others have written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'galapagos-fuzz-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const readers = await allReaders(folder, { decodeState, encodeState });
  test.each(readers)('$name: a valid value or a clear error', async (reader) => {
    const ends = new Set<string>();
    for (let at = 0; at < (OTHERWISE[reader.name] ?? CASES); at++)
      ends.add(await fuzzReader(reader, `unit ${at}`));
    expect([...ends]).toContain('valid');
  });
});
