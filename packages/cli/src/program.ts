/** How one calls this program here, for hints: by npx in a clone; by its name in an image, or in an archive. */
export const PROGRAM = process.env['GALAPAGOS_PROGRAM'] ?? 'npx galapagos';
