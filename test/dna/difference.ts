import type { Dna, Edge, Vertex } from '@galapagos/dna';

/**
 * Every difference between two DNAs, one line each, sorted: `+ path: value`, `- path: value`, `~ path: old to new`.
 * A list of edges is a set here: which edges it holds matters, their order does not.
 */
export function difference(before: Dna, after: Dna): string[] {
  const old = flatten(before);
  const now = flatten(after);
  const lines: string[] = [];
  for (const [path, value] of old) {
    const other = now.get(path);
    if (other === undefined) lines.push(`- ${path}: ${value}`);
    else if (other !== value) lines.push(`~ ${path}: ${value} to ${other}`);
  }
  for (const [path, value] of now) if (!old.has(path)) lines.push(`+ ${path}: ${value}`);
  return lines.sort();
}

/** The lines of a vertex or an edge that came (`+`) or went (`-`). */
export function wholly(sign: '+' | '-', path: string, part: Vertex | Edge): string[] {
  const values = new Map<string, string>();
  collect(path, part, values);
  return [...values].map(([key, value]) => `${sign} ${key}: ${value}`);
}

function flatten(dna: Dna): Map<string, string> {
  const values = new Map<string, string>();
  collect('', dna, values);
  return values;
}

function collect(path: string, value: unknown, into: Map<string, string>): void {
  if (Array.isArray(value)) {
    for (const item of value) into.set(`${path}.${item}`, 'listed');
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value))
      collect(path === '' ? key : `${path}.${key}`, item, into);
  } else {
    into.set(path, String(value));
  }
}
