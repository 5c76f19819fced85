export { commands, main } from './main.js';
export { configurationJsonSchema } from './configuration.js';
export type { Terminal } from './terminal.js';
