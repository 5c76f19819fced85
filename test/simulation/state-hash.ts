import { Directory, File, type Inode } from './inodes.js';

/** Two independent hashes of 32 bits: of millions of states no two are likely to be taken for one. */
export type Hash = readonly [number, number];

export const NOTHING: Hash = [0x811c9dc5, 0x9747b28c];

export function hashOf(value: string | Uint8Array): Hash {
  let [a, b] = NOTHING;
  for (let index = 0; index < value.length; index++) {
    const unit = typeof value === 'string' ? value.charCodeAt(index) : (value[index] ?? 0);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995) ^ (b >>> 13);
  }
  return mixed([a, b]);
}

/** What depends on both, in this order. */
export function joined([a, b]: Hash, [c, d]: Hash): Hash {
  return mixed([Math.imul(a, 31) + c, Math.imul(b, 37) + d]);
}

export function textOf([a, b]: Hash): string {
  return `${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
}

/** A tree of names and contents, whatever the order in which they came. */
export function treeHash(inode: Inode): Hash {
  if (inode instanceof File) return contentsHash(inode.data);
  let [a, b] = NOTHING;
  for (const [name, child] of inode.entries) {
    const [c, d] = joined(nameHash(name), treeHash(child));
    a = (a + c) | 0;
    b = (b + d) | 0;
  }
  return inode instanceof Directory ? mixed([a, b]) : NOTHING;
}

const ofContents = new WeakMap<Uint8Array, Hash>();
const ofNames = new Map<string, Hash>();

export function contentsHash(data: Uint8Array): Hash {
  let hash = ofContents.get(data);
  if (hash === undefined) ofContents.set(data, (hash = hashOf(data)));
  return hash;
}

function nameHash(name: string): Hash {
  let hash = ofNames.get(name);
  if (hash === undefined) ofNames.set(name, (hash = hashOf(name)));
  return hash;
}

function mixed([a, b]: Hash): Hash {
  return [mix(a), mix(b + 0x9e3779b9)];
}

function mix(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}
