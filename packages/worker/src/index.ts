export type { Cost, Evaluate, EvaluationRequest, Outcome, Progress } from './evaluate.js';
export type { LeaveReason, WorkerEvent } from './events.js';
export { LEVELS, type Level, logEvents } from './log.js';
export { Worker, type WorkerOptions } from './worker.js';
