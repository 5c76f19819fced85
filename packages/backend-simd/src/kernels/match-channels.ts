import { engine } from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { requireAddressable, requireCount, requireFloat32 } from '../checks.js';
import type { Kernel, Shape4D } from './kernel.js';

export const MATCH_CHANNELS = 'SimdMatchChannels';

/** The first channels; those that the input does not have are zero. */
export const matchChannels: Kernel<'x', { channels: number }> = ({ inputs, attrs, backend }) => {
  const { x } = inputs;
  requireFloat32('x', x, 4);
  requireCount('channels', attrs.channels);
  const [n, h, w, channels] = x.shape as Shape4D;
  requireAddressable('the padded image', n, h, w, attrs.channels);
  const y = backend.output([n, h, w, attrs.channels]);
  backend.kernels.match_channels(backend.pointer(x), n * h * w, channels, attrs.channels, y.offset);
  return y;
};

/** The gradient is the same operation back to the first number of channels. */
export const matchChannelsGradientConfig: GradConfig = {
  kernelName: MATCH_CHANNELS,
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => {
    const channels = (x as Tensor).shape[3] as number;
    return { x: () => engine().runKernel<Tensor>(MATCH_CHANNELS, { x: dy as Tensor }, { channels }) };
  },
};
