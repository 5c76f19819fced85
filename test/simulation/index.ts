/** What the scripts beside this file run. */
export { explore } from './exploration.js';
export { scenes, setScene } from './scenes.js';
export { planOf, simulate } from './simulation.js';
