import { type Individual, type Population, lineage } from '@galapagos/population';
import { z } from 'zod';
import { lineageRowShape, rowsOfLine } from './lineage-rows.js';

/** How two individuals are related. */
export const kinshipShape = z.strictObject({
  kind: z
    .enum(['same', 'descendant', 'ancestor', 'relatives', 'strangers'])
    .describe(
      'What the second is to the first; strangers have no ancestor in common of whom there is a record.',
    ),
  commonAncestor: z.string().nullable(),
  line: z
    .array(lineageRowShape)
    .describe(
      'Of a descendant or an ancestor: the births that lead from the elder to the younger, elder included.',
    ),
});
export type Kinship = z.infer<typeof kinshipShape>;

/** How the second is related to the first, and the individuals from the elder to the younger of a line. */
export async function kinshipOf(
  population: Population,
  first: string,
  second: string,
): Promise<{ kinship: Kinship; line: readonly Individual[] }> {
  const line = await lineage(population, second);
  if (first === second) return { kinship: { kind: 'same', commonAncestor: first, line: [] }, line: [] };
  const down = from(line, first);
  if (down.length > 0) return related('descendant', first, down);
  const other = await lineage(population, first);
  const up = from(other, second);
  if (up.length > 0) return related('ancestor', second, up);
  const ids = new Set(line.map(({ id }) => id));
  const common = other.findLast(({ id }) => ids.has(id))?.id;
  return related(common === undefined ? 'strangers' : 'relatives', common ?? null, []);
}

function from(line: readonly Individual[], id: string): Individual[] {
  const start = line.findIndex((one) => one.id === id);
  return start < 0 ? [] : line.slice(start);
}

function related(
  kind: Kinship['kind'],
  commonAncestor: string | null,
  line: readonly Individual[],
): { kinship: Kinship; line: readonly Individual[] } {
  return { kinship: { kind, commonAncestor, line: rowsOfLine(line) }, line };
}
