export { allCommands } from './commands.js';
export { main } from './main.js';
export { configurationJsonSchema } from './configuration-schema.js';
export { exitCodes } from './exit-codes.js';
export { METRICS, upMetric } from './metrics/metrics.js';
export { presets } from './presets.js';
export type { Terminal } from './terminal.js';
