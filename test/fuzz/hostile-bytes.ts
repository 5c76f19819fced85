import { type Random, integer } from '@galapagos/dna';

/** Text that stands in JSON as it is: what no serialiser writes. */
class Raw {
  constructor(readonly text: string) {}
}

type Tree = Raw | string | number | boolean | null | Tree[] | Map<string, Tree>;

/** A valid sample with some things wrong with it: the fields of JSON, or the bytes of anything. */
export function spoil(sample: Buffer, kind: 'json' | 'lines' | 'text' | 'bytes', random: Random): Buffer {
  // Now and then as it is: a reader that refuses all is none.
  if (integer(random, 16) === 0) return sample;
  if (kind === 'bytes' || integer(random, 5) === 0) return spoilBytes(sample, random);
  if (kind === 'text')
    return integer(random, 2) === 0 ? spoilText(sample, random) : spoilBytes(sample, random);
  if (kind === 'json') return spoilJson(sample, random);
  const lines = sample.toString().split('\n');
  const at = integer(random, lines.length);
  const line = lines[at] ?? '';
  lines[at] = line.startsWith('{')
    ? spoilJson(Buffer.from(line), random).toString('latin1')
    : one(TEXTS, random);
  if (integer(random, 4) === 0) lines.splice(integer(random, lines.length), 0, line);
  return Buffer.from(lines.join('\n'), 'latin1');
}

/** Names and words that something may take for more than a word. */
export const TEXTS: readonly string[] = [
  '',
  '.',
  '..',
  '../x',
  '/etc/passwd',
  'w1-1/../../x',
  'a\0b',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '\u001b[2J\u001b]0;title\u0007',
  '\u009b31m',
  'a\nb',
  'a\rb',
  '\u202egnp.exe',
  '\u2066\u200f',
  '\ud800',
  'İI',
  '</text><script>alert(1)</script>',
  '${x} %s %n',
  '=cmd|x',
  'NaN',
  'w1-1',
  'x'.repeat(300),
];

const NUMBERS: readonly string[] = [
  '0',
  '-0',
  '-1',
  '1e999',
  '-1e999',
  '1e308',
  '5e-324',
  '9007199254740991',
  '9007199254740993',
  '2147483648',
  '4294967296',
  '0.1',
  '1.5',
  'NaN',
  'Infinity',
  '0x10',
  '01',
  '1e9',
  '123456789012345678901234567890',
];

function spoilJson(sample: Buffer, random: Random): Buffer {
  const tree = treeOf(JSON.parse(sample.toString()) as unknown);
  const whole = new Map([['', tree]]);
  for (let times = 1 + integer(random, 2); times > 0; times--) spoilTree(whole, random);
  return Buffer.from(textOf(whole.get('') ?? null));
}

function spoilTree(whole: Map<string, Tree>, random: Random): void {
  const places = placesIn(whole);
  const { holder, key } = one(places, random);
  const set = (value: Tree) => {
    if (Array.isArray(holder)) holder[Number(key)] = value;
    else holder.set(key, value);
  };
  const value = Array.isArray(holder) ? (holder[Number(key)] ?? null) : (holder.get(key) ?? null);
  switch (integer(random, 12)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else if (key !== '') holder.delete(key);
      return;
    case 1:
      if (value instanceof Map) value.set(one([...TEXTS, 'format', 'id'], random), hostileValue(random));
      return;
    case 2:
      // The same key twice: the raw text ends the first value and begins a second.
      if (!Array.isArray(holder) && key !== '')
        holder.set(key, new Raw(`${textOf(value)},${JSON.stringify(key)}:${textOf(hostileValue(random))}`));
      return;
    case 3: {
      const other = one(places, random);
      const copy = Array.isArray(other.holder)
        ? other.holder[Number(other.key)]
        : other.holder.get(other.key);
      return set(new Raw(textOf(copy ?? null)));
    }
    case 4:
      if (Array.isArray(value) && value.length > 0) value.push(one(value, random));
      return;
    case 5:
      return set([value]);
    case 6:
    case 7:
      return set(new Raw(one(NUMBERS, random)));
    case 8:
    case 9:
      return set(one(TEXTS, random));
    default:
      return set(hostileValue(random));
  }
}

function hostileValue(random: Random): Tree {
  // What is large costs time: one in a hundred.
  if (integer(random, 100) === 0) return new Raw(one(LARGE, random)());
  return one<Tree>(
    [
      null,
      true,
      [],
      new Map<string, Tree>(),
      new Raw(one(NUMBERS, random)),
      one(TEXTS, random),
      new Raw('2'),
    ],
    random,
  );
}

const LARGE: readonly (() => string)[] = [
  () => '['.repeat(100_000) + ']'.repeat(100_000),
  () => '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000),
  () => `[${'0,'.repeat(1_000_000)}0]`,
  () => `[${'{},'.repeat(1_000_000)}{}]`,
  () => `{${Array.from({ length: 100_000 }, (_, at) => `"k${at}":${at}`).join()}}`,
  () => JSON.stringify('x'.repeat(5_000_000)),
  () => '1'.repeat(1_000_000),
];

function spoilText(sample: Buffer, random: Random): Buffer {
  const text = sample.toString();
  const at = integer(random, text.length + 1);
  const words = [
    ...TEXTS,
    ...NUMBERS,
    '&a [*a, *a]',
    '*nobody',
    '<<: {a: 1}',
    '!!js/function x',
    '? :',
    '- -',
    '%',
    '\t',
  ];
  const until = Math.min(text.length, at + integer(random, 12));
  return Buffer.from(text.slice(0, at) + one(words, random) + text.slice(until));
}

function spoilBytes(sample: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(sample);
  const at = integer(random, bytes.length + 1);
  const length = integer(random, 16);
  switch (integer(random, 9)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return bytes.fill(0, at);
    case 2:
      return bytes.fill(0, at, Math.min(bytes.length, at + length));
    case 3:
      return Buffer.concat([bytes, bytes]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), noise(random, length), bytes.subarray(at)]);
    case 5:
      return Buffer.concat([Buffer.from('\ufeff'), bytes]);
    case 6:
      // A number of four or eight bytes that is too large, or negative.
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.alloc(1 + integer(random, 8), 0xff),
        bytes.subarray(at + 8),
      ]);
    case 7:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    default:
      for (let times = 1 + integer(random, 4); times > 0 && bytes.length > 0; times--) {
        const place = integer(random, bytes.length);
        bytes[place] = (bytes[place] ?? 0) ^ (1 << integer(random, 8));
      }
      return bytes;
  }
}

function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => integer(random, 256)));
}

interface Place {
  readonly holder: Tree[] | Map<string, Tree>;
  readonly key: string;
}

function placesIn(tree: Tree): Place[] {
  if (Array.isArray(tree))
    return tree.flatMap((inner, key) => [{ holder: tree, key: String(key) }, ...placesIn(inner)]);
  if (!(tree instanceof Map)) return [];
  return [...tree].flatMap(([key, inner]) => [{ holder: tree, key }, ...placesIn(inner)]);
}

function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value !== 'object' || value === null) return value as Tree;
  return new Map(Object.entries(value).map(([key, inner]) => [key, treeOf(inner)]));
}

function textOf(tree: Tree): string {
  if (tree instanceof Raw) return tree.text;
  if (Array.isArray(tree)) return `[${tree.map(textOf).join()}]`;
  if (!(tree instanceof Map)) return JSON.stringify(tree);
  return `{${[...tree].map(([key, inner]) => `${JSON.stringify(key)}:${textOf(inner)}`).join()}}`;
}

export function one<T>(items: readonly T[], random: Random): T {
  return items[integer(random, items.length)] as T;
}
