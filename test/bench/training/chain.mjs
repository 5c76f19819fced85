// Networks without branches.
import { firstDna, parseDna } from '../../../packages/dna/dist/index.js';

/** 3x3 convolutions to so many channels, each with its stride, batch normalisation and a ReLU; none is a linear model. */
export function chain(image, layers) {
  const free = { inputsMutable: true, outputsMutable: true, propertiesMutable: true };
  const vertices = { v0: { type: 'LINEAR', edgesIn: [], edgesOut: ['e1'], ...free } };
  const edges = {};
  const last = layers.length + 1;
  let channels = image.channels;
  for (let i = 1; i <= last; i++) {
    const layer = layers[i - 1];
    const common = { from: `v${i - 1}`, to: `v${i}`, depthPrecedence: 0, scalePrecedence: 0 };
    edges[`e${i}`] = layer === undefined ? { type: 'IDENTITY', ...common } : conv(common, channels, layer);
    const links = { edgesIn: [`e${i}`], edgesOut: i === last ? [] : [`e${i + 1}`], ...free };
    vertices[`v${i}`] =
      layer === undefined ? { type: 'LINEAR', ...links } : { type: 'BN_RELU', leakiness: 0, ...links };
    channels = layer?.[0] ?? channels;
  }
  return parseDna({ ...firstDna(), vertices, edges });
}

function conv(common, channels, [out, stride]) {
  const filter = { filterHalfHeight: 1, filterHalfWidth: 1 };
  return { type: 'CONV', ...common, depthFactor: out / channels, ...filter, strideScale: Math.log2(stride) };
}
