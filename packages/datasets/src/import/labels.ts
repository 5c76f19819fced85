import { type RawSet, importError } from './raw-source.js';

const MOST_CLASSES = 65_536;

/**
 * The names of the classes where there are none: the labels.
 *
 * Thrown when a label is no class index, or all are the same.
 */
export function classesOf(path: string, sets: readonly RawSet[]): string[] {
  let most = 0;
  for (const set of sets) {
    const { labels } = set;
    for (let at = 0; at < labels.length; at++) {
      const label = labels[at]!;
      if (!Number.isInteger(label) || label < 0 || label >= MOST_CLASSES) {
        throw importError(
          path,
          `labels from 0 to ${MOST_CLASSES - 1}`,
          `${label} for ${set.nameOf(at)}`,
          'Number the classes from 0 on.',
        );
      }
      most = Math.max(most, label);
    }
  }
  if (most === 0)
    throw importError(
      path,
      'labels of at least two classes',
      'the label 0 alone',
      'Are they the right labels?',
    );
  return Array.from({ length: most + 1 }, (_, label) => String(label));
}
