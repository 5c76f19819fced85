import { schemaProblems } from '@galapagos/dna';
import { type ChangedBounds, boundsSchema, changedBoundsSchema } from '@galapagos/population';
import { z } from 'zod';
import { withoutUnits } from './configuration.js';
import { advice } from './configuration-advice.js';
import { type RawConfiguration, isObject, merge, parseAssignment } from './configuration-file.js';
import { UsageError } from './usage-error.js';

const DEFINING: Readonly<Record<string, string>> = {
  search: 'it defines the search',
  data: 'the data defines the search: fitnesses measured on other images cannot be compared',
  training: 'how individuals are trained, and which are buried over a limit, defines the search',
};

/**
 * The changes of a command line: `bounds.individuals=5000`, `bounds.workerSeconds=2h`.
 * @throws UsageError that names what is not a bound, and why what defines a search cannot be changed.
 */
export function parseBounds(assignments: readonly string[]): ChangedBounds {
  const raw = assignments
    .map((assignment) => parseOne(assignment))
    .reduce<RawConfiguration>((sofar, one) => merge(sofar, one), {});
  const problems: string[] = [];
  for (const section of Object.keys(raw)) {
    const why = DEFINING[section];
    if (why !== undefined)
      problems.push(
        `${fieldsOf(raw, section)}: ${why}, and never changes; begin a new search: galapagos init`,
      );
    else if (section !== 'bounds')
      problems.push(`${section}: unknown field${advice(section, 'unknown field')}`);
  }
  const { bounds = {} } = raw;
  const parsed = z.strictObject({ bounds: changedBoundsSchema }).safeParse(withoutUnits({ bounds }));
  for (const { path, message } of parsed.success ? [] : schemaProblems(parsed.error)) {
    problems.push(`${path}: ${message}${advice(path, message)}`);
  }
  if (problems.length > 0 || !parsed.success) throw new UsageError(`set: ${problems.join('\n  ')}`);
  return parsed.data.bounds;
}

/** A word of `set` is a change, whatever it lacks. */
function parseOne(assignment: string): RawConfiguration {
  if (!assignment.includes('=')) {
    const [, name] = /^bounds\.(\w+)$/.exec(assignment) ?? [];
    const example =
      name !== undefined && name in boundsSchema.shape ? `${assignment}=…` : 'bounds.individuals=5000';
    throw new UsageError(
      `set: ${assignment}: write a change as ${example}; without changes set shows the bounds`,
    );
  }
  if (assignment.endsWith('='))
    throw new UsageError(`set: ${assignment}: its value is missing; ${assignment}null takes the bound away`);
  return parseAssignment(assignment);
}

function fieldsOf(raw: RawConfiguration, section: string): string {
  const inner = raw[section];
  const [first] = isObject(inner) ? Object.keys(inner) : [];
  return first === undefined ? section : `${section}.${first}`;
}
