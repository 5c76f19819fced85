export type { Augmentation } from './augment.js';
export { fillBatch } from './batch.js';
export type { Dataset, ImageSet, ImageShape } from './dataset.js';
export { DatasetError } from './errors.js';
export type { DatasetErrorCode } from './errors.js';
export { loadDataset } from './load.js';
export { datasetOptionsSchema } from './options.js';
export type { DatasetOptions } from './options.js';
export { shuffledIndices } from './shuffle.js';
