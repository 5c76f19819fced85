import { type NpyArray, labelsOf } from './npy.js';
import { type RawSet, importError } from './raw-source.js';
import { channelsLast } from './record-file.js';

export type Layout = 'nhwc' | 'nchw';

/** What a number of channels looks like. */
const CHANNELS = [1, 3, 4];

/**
 * Images and labels of NumPy as a set.
 *
 * Thrown when they are not what they should be, or not as many.
 */
export function setOfArrays(images: NpyArray, labels: NpyArray, layout: Layout | undefined): RawSet {
  const { file, name, start } = images;
  refuseOtherTypes(images);
  const { height, width, channels, isPlanar } = shapeOf(images, layout);
  const size = height * width * channels;
  const count = images.shape[0] ?? 0;
  const values = labelsOf(labels);
  if (values.length !== count) {
    throw importError(
      labels.name,
      `${count} labels, one for each image of ${name}`,
      `${values.length}`,
      'Do they belong together?',
    );
  }
  return {
    count,
    labels: values,
    nameOf: (index) => `${name}[${index}]`,
    image: (index) => {
      const bytes = file.read(start + index * size, size);
      const shape = { height, width, channels };
      return Promise.resolve({ ...shape, pixels: isPlanar ? channelsLast(bytes, shape) : bytes });
    },
  };
}

function refuseOtherTypes({ name, typeName }: NpyArray): void {
  if (typeName === 'uint8') return;
  const fix = typeName.startsWith('float')
    ? "If they are 0 to 1: np.save('x.npy', (255 * x).round().astype('uint8'))."
    : "If they are 0 to 255: np.save('x.npy', x.astype('uint8')).";
  throw importError(name, 'images of uint8', typeName, fix);
}

function shapeOf({ name, shape }: NpyArray, layout: Layout | undefined) {
  const [, a = 0, b = 0, c = 0] = shape;
  const found = `an array of ${shape.join(' x ')}`;
  if (shape.length === 3) return { height: a, width: b, channels: 1, isPlanar: false };
  if (shape.length !== 4) {
    const fix =
      shape.length === 2 ? "Give them their shape: np.save('x.npy', x.reshape(-1, 28, 28)), say." : '';
    throw importError(name, 'images of N x height x width, with or without channels', found, fix);
  }
  const last = CHANNELS.includes(c);
  const first = CHANNELS.includes(a);
  if (layout === undefined && first === last) {
    const fix = 'Say where the channels are: --layout nhwc or --layout nchw.';
    throw importError(name, `1, 3 or 4 channels, at one end`, found, fix);
  }
  return (layout ?? (last ? 'nhwc' : 'nchw')) === 'nhwc'
    ? { height: a, width: b, channels: c, isPlanar: false }
    : { height: b, width: c, channels: a, isPlanar: true };
}
