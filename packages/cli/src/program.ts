import { fileURLToPath } from 'node:url';

/** The file that Node runs: what starts workers starts this. */
export const PROGRAM_FILE = fileURLToPath(new URL('../bin/galapagos.js', import.meta.url));

/** How one calls this program here, for hints: by npx in a clone; by its name in an image, or in an archive. */
export const PROGRAM = process.env['GALAPAGOS_PROGRAM'] ?? 'npx galapagos';
