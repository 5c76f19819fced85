export { commands, main } from './main.js';
export { configurationJsonSchema } from './configuration-schema.js';
export type { Terminal } from './terminal.js';
