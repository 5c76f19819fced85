import { limitsSchema } from '@galapagos/trainer';

/** Where what is trained is to be the same on every machine: limits that none of these individuals reaches. */
const GENEROUS = limitsSchema.parse({});

/** Ready-made configurations. Each is complete, but for the place of the data where those cannot be shipped. */
export const presets = {
  quickstart: {
    about: 'real MNIST digits at 14 x 14, population 12: minutes on a laptop',
    individuals: 500,
    configuration: {
      search: { populationSize: 12, mutationsPerReproduction: 5 },
      data: { source: 'mnist-embedded', meanPool: 2, validation: 1000, test: 1000 },
      training: { steps: 100, batchSize: 50, checkpointSeconds: 10, limits: GENEROUS },
    },
  },
  mnist: {
    about: 'all 70,000 MNIST digits, population 40: an hour on two cores (needs --data)',
    individuals: 1000,
    configuration: {
      search: { populationSize: 40, mutationsPerReproduction: 1 },
      data: { source: 'mnist', validation: 5000 },
      training: { steps: 500, batchSize: 50, checkpointSeconds: 60 },
    },
  },
  'fashion-mnist': {
    about: 'Fashion-MNIST, population 40: an hour or two on two cores (needs --data)',
    individuals: 1000,
    configuration: {
      search: { populationSize: 40, mutationsPerReproduction: 1 },
      data: { source: 'fashion-mnist', validation: 5000 },
      training: { steps: 500, batchSize: 50, flip: true, checkpointSeconds: 60 },
    },
  },
  images: {
    about: 'your own images, packed by galapagos data import, population 40 (needs --data FILE)',
    individuals: 1000,
    configuration: {
      search: { populationSize: 40, mutationsPerReproduction: 1 },
      data: { source: 'packed' },
      // Whether a mirrored or shifted image is still of its class is for whoever knows them to say.
      training: { steps: 500, batchSize: 50, checkpointSeconds: 60 },
    },
  },
  'cifar10-small': {
    about: 'CIFAR-10, population 40, 1,000 steps: hours on a few cores (needs --data)',
    individuals: 1000,
    configuration: {
      search: { populationSize: 40, mutationsPerReproduction: 1 },
      data: { source: 'cifar10', validation: 5000 },
      training: { steps: 1000, batchSize: 50, padCrop: 4, flip: true, checkpointSeconds: 60 },
    },
  },
  'cifar10-paper': {
    about: 'CIFAR-10 as in the paper: population 1,000, 25,600 steps, for a cluster (needs --data)',
    /** Operations of one of the paper's searches. */
    flops: 9e19,
    configuration: {
      search: { populationSize: 1000, mutationsPerReproduction: 1 },
      data: { source: 'cifar10', validation: 5000 },
      training: {
        steps: 25_600,
        batchSize: 50,
        padCrop: 4,
        flip: true,
        checkpointSeconds: 300,
        // Not those of the machine that makes the directory: a cluster's others are to train.
        limits: GENEROUS,
      },
    },
  },
} as const;

export type PresetName = keyof typeof presets;
export const presetNames = Object.keys(presets) as PresetName[];
