import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { YAMLParseError, parse } from 'yaml';
import { UsageError } from './usage-error.js';

/** Configuration as it comes, before it is checked. */
export type RawConfiguration = Readonly<Record<string, unknown>>;

/**
 * Reads a configuration file. Where its data is, is relative to the file.
 * @throws UsageError when it cannot be read or is not YAML.
 */
export async function readConfigurationFile(file: string): Promise<RawConfiguration> {
  const document = parseConfiguration(await readText(file), file);
  const { data } = document;
  if (!isObject(data)) return document;
  const placed = Object.entries(data).map(([key, value]): [string, unknown] => {
    const isPath = ['directory', 'file'].includes(key) && typeof value === 'string' && value !== '';
    return [key, isPath ? resolve(dirname(file), value) : value];
  });
  return { ...document, data: Object.fromEntries(placed) };
}

/** What a configuration file says, as it stands there. @throws UsageError when it is not YAML. */
export function parseConfiguration(text: string, file: string): RawConfiguration {
  const document = parseYaml(text, file);
  if (isObject(document)) return document;
  throw new UsageError(`${file}: a configuration is a mapping with search, data, training and bounds`);
}

/** No configuration comes near to it, and a parser takes its time for what is long. */
const MOST_BYTES = 100_000;

/** The text of a configuration file; also out of a pipe, which may never end. @throws UsageError when it cannot be read. */
export async function readText(file: string): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    const handle = await open(file);
    try {
      for await (const part of handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
        parts.push(part);
        length += part.length;
        if (length > MOST_BYTES) break;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new UsageError(`${file}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
  if (length <= MOST_BYTES) return Buffer.concat(parts).toString();
  throw new UsageError(
    `${file}: more than ${MOST_BYTES} bytes: no configuration is so long; is it another file?`,
  );
}

function parseYaml(text: string, source: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError || error instanceof ReferenceError)) throw error;
    throw new UsageError(`${source}: ${error.message.trimEnd()}`, { cause: error });
  }
}

/** Lays one configuration over another, field by field. */
export function merge(base: RawConfiguration, over: RawConfiguration): RawConfiguration {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    merged.set(key, isObject(value) && isObject(below) ? merge(below, value) : value);
  }
  return Object.fromEntries(merged);
}

/** `search.populationSize=20` as a configuration; the value is YAML. @throws UsageError when it is not of that form. */
export function parseAssignment(assignment: string): RawConfiguration {
  const [, path = '', value = ''] = /^([^=.]+(?:\.[^=.]+)*)=(.*)$/s.exec(assignment) ?? [];
  if (path === '') throw new UsageError(`--set ${assignment}: write it as search.populationSize=20`);
  const parsed = parseYaml(value, `--set ${assignment}`);
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), parsed) as RawConfiguration;
}

/** Whether it is a mapping. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
