/** Ready-made configurations. Each is complete, but for the place of the data where those cannot be shipped. */
export const presets = {
  quickstart: {
    about: 'real MNIST digits at 14 x 14, population 12: minutes on a laptop',
    configuration: {
      search: { populationSize: 12, mutationsPerReproduction: 5 },
      data: { source: 'mnist-embedded', meanPool: 2, validation: 1000, test: 1000 },
      training: { steps: 100, batchSize: 50, checkpointSeconds: 10 },
    },
  },
  'cifar10-small': {
    about: 'CIFAR-10, population 40, 1,000 steps: hours on a few cores (needs --data)',
    configuration: {
      search: { populationSize: 40, mutationsPerReproduction: 1 },
      data: { source: 'cifar10', validation: 5000 },
      training: { steps: 1000, batchSize: 50, padCrop: 4, flip: true, checkpointSeconds: 60 },
    },
  },
  'cifar10-paper': {
    about: 'CIFAR-10 as in the paper: population 1,000, 25,600 steps, for a cluster (needs --data)',
    configuration: {
      search: { populationSize: 1000, mutationsPerReproduction: 1 },
      data: { source: 'cifar10', validation: 5000 },
      training: { steps: 25_600, batchSize: 50, padCrop: 4, flip: true, checkpointSeconds: 300 },
    },
  },
} as const;

export type PresetName = keyof typeof presets;
export const presetNames = Object.keys(presets) as PresetName[];
