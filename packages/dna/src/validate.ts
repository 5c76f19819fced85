import { DNA_FORMAT, type Dna, type EdgeId, ID_RULE, type VertexId, dnaSchema } from './dna.js';
import { DnaError, type Problem, schemaProblems } from './errors.js';
import { edgeOf, own, topologicalOrder, vertexOf } from './graph.js';

/**
 * Reads a DNA out of parsed JSON.
 * @param source What the message of an error begins with, a file's name say.
 * @throws DnaError when a field is unknown, missing or wrong, when the graph breaks a rule, or when it is newer.
 */
export function parseDna(json: unknown, source = 'DNA'): Dna {
  const format = isObject(json) ? json['format'] : undefined;
  if (typeof format === 'number' && format > DNA_FORMAT) {
    const message = `format ${format} is newer than ${DNA_FORMAT}, the newest that this version reads: update Galapagos`;
    throw new DnaError('DNA_NEWER', [{ path: 'format', message }], source);
  }
  const parsed = dnaSchema.safeParse(json);
  const problems = [
    ...forbiddenIds(json),
    ...(parsed.success ? graphProblems(parsed.data) : schemaProblems(parsed.error)),
  ];
  if (!parsed.success || problems.length > 0) throw new DnaError('DNA_INVALID', problems, source);
  return parsed.data;
}

/**
 * Reads a DNA out of the text of a file.
 * @throws DnaError as {@link parseDna} does, and when the text is not JSON.
 */
export function parseDnaText(text: string, source: string): Dna {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DnaError(
      'DNA_INVALID',
      [{ path: '', message: `not JSON: ${(error as SyntaxError).message}` }],
      source,
    );
  }
  return parseDna(json, source);
}

/** zod passes over a key `__proto__` of a record in silence; here it is an id like any other bad one. */
function forbiddenIds(json: unknown): Problem[] {
  return (['vertices', 'edges'] as const).flatMap((key) => {
    const record = isObject(json) ? json[key] : undefined;
    const found = isObject(record) && Object.hasOwn(record, '__proto__');
    return found ? [{ path: `${key}.__proto__`, message: ID_RULE }] : [];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The text of a DNA file. */
export function formatDna(dna: Dna): string {
  return `${JSON.stringify(dna, null, 2)}\n`;
}

/** What no schema can say: the rules of the graph. Empty where all hold. */
export function graphProblems(dna: Dna): Problem[] {
  const references = [...edgeProblems(dna), ...vertexProblems(dna)];
  // The other rules follow references, so they are looked at only where all references lead somewhere.
  if (references.length > 0) return references;
  return [...endProblems(dna), ...pairProblems(dna), ...precedenceProblems(dna), ...cycleProblems(dna)];
}

function edgeProblems(dna: Dna): Problem[] {
  const listed = { from: listedEdges(dna, 'edgesOut', 'from'), to: listedEdges(dna, 'edgesIn', 'to') };
  return Object.entries(dna.edges).flatMap(([id, edge]) =>
    (['from', 'to'] as const).flatMap((end) => {
      if (listed[end].has(id)) return [];
      if (own(dna.vertices, edge[end]) === undefined)
        return [{ path: `edges.${id}.${end}`, message: `there is no vertex ${edge[end]}` }];
      const list = end === 'from' ? 'edgesOut' : 'edgesIn';
      return [{ path: `vertices.${edge[end]}.${list}`, message: `does not list edge ${id}` }];
    }),
  );
}

/** The edges that the vertex of their own end lists. A set: of one vertex there may be a hundred thousand. */
function listedEdges(dna: Dna, list: 'edgesIn' | 'edgesOut', end: 'from' | 'to'): Set<EdgeId> {
  const listed = new Set<EdgeId>();
  for (const [vertex, lists] of Object.entries(dna.vertices)) {
    for (const id of lists[list]) if (own(dna.edges, id)?.[end] === vertex) listed.add(id);
  }
  return listed;
}

function vertexProblems(dna: Dna): Problem[] {
  return Object.entries(dna.vertices).flatMap(([id, vertex]) => [
    ...listProblems(dna, id, vertex.edgesIn, 'edgesIn', 'to'),
    ...listProblems(dna, id, vertex.edgesOut, 'edgesOut', 'from'),
  ]);
}

function listProblems(
  dna: Dna,
  vertex: VertexId,
  edges: readonly EdgeId[],
  list: 'edgesIn' | 'edgesOut',
  end: 'from' | 'to',
): Problem[] {
  const seen = new Set<EdgeId>();
  return edges.flatMap((id, index) => {
    const path = `vertices.${vertex}.${list}.${index}`;
    const isRepeated = seen.has(id);
    seen.add(id);
    const edge = own(dna.edges, id);
    if (edge === undefined) return [{ path, message: `there is no edge ${id}` }];
    if (edge[end] !== vertex) return [{ path, message: `edge ${id} has ${end} ${edge[end]}` }];
    if (isRepeated) return [{ path, message: `edge ${id} is listed twice` }];
    return [];
  });
}

function endProblems(dna: Dna): Problem[] {
  const vertices = Object.entries(dna.vertices);
  const inputs = vertices.filter(([, vertex]) => vertex.edgesIn.length === 0).map(([id]) => id);
  const outputs = vertices.filter(([, vertex]) => vertex.edgesOut.length === 0).map(([id]) => id);
  const problems: Problem[] = [];
  if (inputs.length !== 1) problems.push(countProblem('without in-edges (the image)', inputs));
  if (outputs.length !== 1) problems.push(countProblem('without out-edges (the classifier)', outputs));
  const [input = ''] = inputs;
  if (inputs.length === 1 && vertexOf(dna, input).type !== 'LINEAR') {
    problems.push({ path: `vertices.${input}.type`, message: 'the image is LINEAR' });
  }
  if (inputs.length === 1 && outputs.length === 1 && input === outputs[0]) {
    problems.push({ path: 'vertices', message: 'the image and the classifier are two vertices' });
  }
  return problems;
}

function countProblem(what: string, ids: readonly VertexId[]): Problem {
  const found = ids.length === 0 ? 'there is none' : `there are ${ids.join(', ')}`;
  return { path: 'vertices', message: `exactly one vertex is ${what}; ${found}` };
}

function pairProblems(dna: Dna): Problem[] {
  const seen = new Map<string, EdgeId>();
  return Object.entries(dna.edges).flatMap(([id, { from, to }]) => {
    const pair = `${from} ${to}`;
    const other = seen.get(pair);
    seen.set(pair, id);
    if (other === undefined) return [];
    return [{ path: `edges.${id}`, message: `edge ${other} already leads from ${from} to ${to}` }];
  });
}

function precedenceProblems(dna: Dna): Problem[] {
  return Object.entries(dna.vertices).flatMap(([vertex, { edgesIn }]) =>
    (['depthPrecedence', 'scalePrecedence'] as const).flatMap((key) => {
      const seen = new Map<number, EdgeId>();
      return edgesIn.flatMap((id) => {
        const value = edgeOf(dna, id)[key];
        const other = seen.get(value);
        seen.set(value, id);
        if (other === undefined) return [];
        return [{ path: `edges.${id}.${key}`, message: `edge ${other} into ${vertex} has ${value} too` }];
      });
    }),
  );
}

function cycleProblems(dna: Dna): Problem[] {
  if (topologicalOrder(dna) !== undefined) return [];
  return [{ path: 'edges', message: `there is a cycle: ${findCycle(dna).join(' -> ')}` }];
}

/** A cycle, as vertices, the first one named again at the end. Every vertex has an out-edge but the classifier. */
function findCycle(dna: Dna): VertexId[] {
  const left = new Map(Object.entries(dna.vertices).map(([id, { edgesIn }]) => [id, edgesIn.length]));
  const free = [...left].filter(([, count]) => count === 0).map(([id]) => id);
  for (const id of free) {
    left.delete(id);
    for (const edge of vertexOf(dna, id).edgesOut) {
      const { to } = edgeOf(dna, edge);
      const count = (left.get(to) ?? 0) - 1;
      left.set(to, count);
      if (count === 0) free.push(to);
    }
  }
  // Each of those left has an in-edge from another of them, so walking backwards must come around.
  const path = new Set<VertexId>();
  let [id = ''] = left.keys();
  while (!path.has(id)) {
    path.add(id);
    const edge = vertexOf(dna, id).edgesIn.find((one) => left.has(edgeOf(dna, one).from)) ?? '';
    id = edgeOf(dna, edge).from;
  }
  const around = [...path];
  return [id, ...around.slice(around.indexOf(id)).reverse()];
}
