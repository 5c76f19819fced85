import type { Imported } from '@galapagos/datasets';

/** What was made, as lines of text. */
export function describePack(out: string, header: Imported['header']): string[] {
  const { name, height, width, channels, classes, counts, normalization, split, checksum } = header;
  const origin = (part: 'validation' | 'test') => (split[part] === 'own' ? "the source's own" : 'drawn');
  const numbers = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(', ');
  return [
    `${out}: ${name}, ${height}×${width}×${channels}, ${classes.length} classes`,
    `  ${counts.train} examples for training, ${counts.validation} for validation (${origin('validation')}), ${counts.test} for test (${origin('test')}); seed ${split.seed}`,
    `  mean ${numbers(normalization.mean)}, deviation ${numbers(normalization.deviation)} of the training images, 0 to 255`,
    `  SHA-256 ${checksum}`,
  ];
}
