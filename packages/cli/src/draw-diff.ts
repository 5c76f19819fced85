import { type Dna, type Shape, convolutionOf, edgeOf, inferShapes } from '@galapagos/dna';
import type { Individual } from '@galapagos/population';
import type { Change, DnaDiff } from './dna-diff.js';
import { drawLineage } from './draw-lineage.js';
import { duration, percent, points, scaled, table } from './format.js';
import type { Kinship } from './kinship.js';
import { describeEdge, describeVertex } from './network-rows.js';

/** Two individuals side by side, and what is different in the DNA of the second. */
export function drawDiff(
  [a, b]: readonly [Individual, Individual],
  diff: DnaDiff,
  { kinship, line }: { readonly kinship: Kinship; readonly line: readonly Individual[] },
  image: Shape,
): string[] {
  const changes = [
    ...section('vertices', [
      ...diff.vertices.removed.map((id) => ['-', id, vertexText(a.dna, id, image)]),
      ...diff.vertices.added.map((id) => ['+', id, vertexText(b.dna, id, image)]),
      ...diff.vertices.changed.map((change) => ['~', change.id, changeText(change)]),
    ]),
    ...section('edges', [
      ...diff.edges.removed.map((id) => ['-', id, edgeText(a.dna, id, image)]),
      ...diff.edges.added.map((id) => ['+', id, edgeText(b.dna, id, image)]),
      ...diff.edges.changed.map((change) => ['~', change.id, edgeChangeText(change, a.dna, b.dna)]),
    ]),
    ...section(
      'sizes that follow',
      diff.sizes.map(({ vertex, before, after }) => ['~', vertex, `${before} → ${after}`]),
    ),
  ];
  const isSame = changes.length === 0 && diff.rates.length === 0;
  return [
    ...sideBySide(a, b),
    '',
    ...describeKinship(a, b, kinship, line),
    ...(isSame ? ['', 'The DNA is the same.'] : changes),
  ];
}

function sideBySide(a: Individual, b: Individual): string[] {
  const both = (name: string, show: (one: Individual) => string | undefined): string[] => [
    name,
    show(a) ?? '–',
    show(b) ?? '–',
  ];
  const [one, other] = [a.evaluation?.fitness, b.evaluation?.fitness];
  const gain = one === undefined || other === undefined ? '' : points(other - one);
  return table(
    ['', a.id, b.id, ''],
    [
      both('state', ({ state }) => state),
      [...both('fitness', ({ evaluation }) => evaluation && percent(evaluation.fitness)), gain],
      both('trained', ({ evaluation }) => evaluation && duration(evaluation.seconds)),
      both('steps', ({ evaluation }) => evaluation && String(evaluation.steps)),
      both('FLOP', ({ evaluation }) => evaluation && scaled(evaluation.flops).trimEnd()),
      both('parameters', ({ evaluation }) => evaluation && scaled(evaluation.parameters).trimEnd()),
      both('convolutions', ({ dna }) => String(convolutions(dna))),
      both('learning rate', ({ dna }) => dna.learningRate.toPrecision(3)),
      both('weight decay', ({ dna }) => dna.weightDecayRate.toPrecision(3)),
    ],
  );
}

function convolutions(dna: Dna): number {
  return Object.values(dna.edges).filter(({ type }) => type === 'CONV').length;
}

function describeKinship(
  a: Individual,
  b: Individual,
  { kind, commonAncestor }: Kinship,
  line: readonly Individual[],
): string[] {
  const generations = line.length === 2 ? '1 generation' : `${line.length - 1} generations`;
  const [younger, elder] = kind === 'descendant' ? [b, a] : [a, b];
  switch (kind) {
    case 'same':
      return ['It is one and the same.'];
    case 'strangers':
      return ['No ancestor of both is known.'];
    case 'relatives':
      return [`Neither comes from the other; both come from ${commonAncestor ?? ''}.`];
    case 'descendant':
    case 'ancestor':
      return [
        `${younger.id} comes from ${elder.id} in ${generations}:`,
        '',
        ...drawLineage(line, { isPart: true }),
      ];
  }
}

function section(title: string, rows: readonly string[][]): string[] {
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([, id = '']) => id.length));
  return [
    '',
    title,
    ...rows.map(([mark = '', id = '', text = '']) => `  ${mark} ${id.padEnd(width)}  ${text}`),
  ];
}

function vertexText(dna: Dna, id: string, image: Shape): string {
  return describeVertex(dna, id, inferShapes(dna, image).vertices[id] ?? image);
}

function edgeText(dna: Dna, id: string, image: Shape): string {
  const { vertices } = inferShapes(dna, image);
  const { from, to } = edgeOf(dna, id);
  return `${describeEdge(dna, id, (vertex) => vertices[vertex] ?? image) || 'identity'}, ${from} to ${to}`;
}

function changeText({ field, before, after }: Change): string {
  return `${field} ${shortValue(before)} → ${shortValue(after)}`;
}

/** With what the number is rounded to, where that is what the network is built of. */
function edgeChangeText(change: Change, before: Dna, after: Dna): string {
  const [one, other] = [before, after].map((dna) => builtOf(dna, change));
  const built =
    one === undefined || other === undefined ? '' : one === other ? `: still ${one}` : `: ${one} → ${other}`;
  return `${changeText(change)}${built}`;
}

function builtOf(dna: Dna, { id, field }: Change): string | undefined {
  const edge = edgeOf(dna, id);
  if (edge.type !== 'CONV') return undefined;
  const { filterHeight, filterWidth, stride } = convolutionOf(edge);
  if (field.startsWith('filter')) return `${filterHeight}×${filterWidth}`;
  return field === 'strideScale' ? `stride ${stride}` : undefined;
}

function shortValue(value: Change['before']): string {
  return typeof value === 'number'
    ? String(Number(value.toPrecision(4)))
    : value === null
      ? 'none'
      : String(value);
}
