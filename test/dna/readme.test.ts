import { readFileSync } from 'node:fs';
import { MUTATION_NAMES, inferShapes, parseDnaText } from '@galapagos/dna';
import { describe, expect, it } from 'vitest';

const readme = readFileSync(new URL('../../packages/dna/README.md', import.meta.url), 'utf8');

describe('the README of the DNA', () => {
  it('shows a DNA that is valid', () => {
    const [, example = ''] = /```json\n(.*?)```/s.exec(readme) ?? [];
    const { vertices } = inferShapes(parseDnaText(example, 'README.md'), {
      height: 32,
      width: 32,
      channels: 3,
    });
    expect(vertices['output']).toEqual({ height: 16, width: 16, channels: 48 });
  });

  it('has a row for every mutation, in the order of the code', () => {
    const rows = [...readme.matchAll(/^\| ([A-Z-]{8,}) \|/gm)].map(([, name]) => name);
    expect(rows).toEqual([...MUTATION_NAMES]);
  });
});
