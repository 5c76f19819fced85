import type { Source } from './dataset.js';
import { imagesInMemory } from './image-set.js';
import type { SyntheticOptions } from './options.js';
import { createRandom } from './random.js';

const PIXELS_STREAM = 2;

/**
 * Noisy gratings, made from a seed: the class is the direction of the stripes; their phase, wavelength (4 to 6 pixels)
 * and contrast are random, so is the noise.
 *
 * Because of the random phase every class has the same mean image, so no linear model can tell them apart;
 * a few 3 x 3 filters, a rectifier and a global average can. Mirroring is no augmentation here: it turns one
 * direction into another.
 */
export function makeSynthetic(options: SyntheticOptions, seed: number): Source {
  const { height, width, channels, classes, examples, noise } = options;
  const random = createRandom(seed, PIXELS_STREAM);
  const images = new Uint8Array(examples * height * width * channels);
  const labels = new Uint8Array(examples);
  let to = 0;
  for (let example = 0; example < examples; example++) {
    const label = example % classes;
    labels[example] = label;
    const angle = (Math.PI * label) / classes;
    const frequency = (2 * Math.PI) / (4 + 2 * random());
    const stepX = frequency * Math.cos(angle);
    const stepY = frequency * Math.sin(angle);
    const phase = 2 * Math.PI * random();
    const amplitude = 0.2 + 0.2 * random();
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const stripe = amplitude * Math.cos(phase + x * stepX + y * stepY);
        for (let channel = 0; channel < channels; channel++) {
          const brightness = 0.5 + stripe + noise * (2 * random() - 1);
          images[to++] = Math.round(255 * Math.min(1, Math.max(0, brightness)));
        }
      }
    }
  }
  const names = Array.from(
    { length: classes },
    (_, label) => `stripes at ${degrees(label, classes)} degrees`,
  );
  const pool = imagesInMemory(images, labels, height * width * channels);
  return { height, width, channels, classes: names, pool };
}

function degrees(label: number, classes: number): string {
  return String(Math.round((180 * label) / classes));
}
