export { BACKEND_CHOICES, type BackendChoice, BackendError } from './backend-choice.js';
export { type NetworkCost, costOf } from './flops.js';
export type { TrainingOutcome, TrainingRequest, TrainingResult } from './messages.js';
export { type Plan, planNetwork } from './plan.js';
export { type TrainingSettings, trainingSchema } from './settings.js';
export { testIndividual } from './test-individual.js';
export { type EvaluationControl, TrainerError, type TrainerOptions, type TrainerReady } from './trainer.js';
export { TrainerProcess } from './trainer-process.js';
export { WeightsFileError, decodeWeights, encodeWeights } from './weights-file.js';
