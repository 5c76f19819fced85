import { z } from 'zod';
import { chooseBackend } from './backend.js';
import { BACKEND_CHOICES, BackendError } from './backend-choice.js';
import type { Found } from './examine.js';

// A process that tries one back end and tells how it went: libraries of hundreds of megabytes, and what may end the
// process that loads it, stay out of the one that asks.

function tell(found: Found): void {
  // Leaves when it is told: the parent ends it.
  process.send?.(found);
}

const choice = z.enum(BACKEND_CHOICES).parse(process.argv[2]);
chooseBackend(choice).then(
  ({ name, detail, reason }) => tell({ name, detail, reason }),
  (error: unknown) => tell({ whyNot: error instanceof BackendError ? error.why : String(error) }),
);
