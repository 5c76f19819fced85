import { type Layout, setOfArrays } from './arrays.js';
import { classesOf } from './labels.js';
import { openNpy } from './npy.js';
import type { RawSource } from './raw-source.js';
import { RecordFile } from './record-file.js';

/** Images in one .npy file, labels in another. */
export function openNpyPair(path: string, labelsPath: string, layout: Layout | undefined): RawSource {
  const images = new RecordFile(path);
  try {
    const labels = new RecordFile(labelsPath);
    try {
      const pool = setOfArrays(openNpy(images), openNpy(labels), layout);
      return {
        classes: classesOf(labelsPath, [pool]),
        pool,
        origin: 'NumPy arrays (.npy)',
        notes: [],
        close: () => images.close(),
      };
    } finally {
      labels.close();
    }
  } catch (error) {
    images.close();
    throw error;
  }
}
