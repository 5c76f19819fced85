import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatasetError } from '@galapagos/datasets';
import type { DatasetErrorCode, ImageSet } from '@galapagos/datasets';
import { expect, onTestFinished } from 'vitest';

/** A directory that is gone when the test is over. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'galapagos-datasets-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Holds the call to a DatasetError with this code, whose message contains each of these. */
export async function expectDatasetError(
  call: () => unknown,
  code: DatasetErrorCode,
  ...contained: string[]
): Promise<void> {
  let caught: unknown;
  try {
    await call();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(DatasetError);
  const { code: foundCode, message } = caught as DatasetError;
  expect(foundCode, message).toBe(code);
  for (const text of contained) expect(message).toContain(text);
}

/** Park and Miller's generator: good enough to vary a test, the same every time. */
export function testRandom(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

export function imageAt(set: ImageSet, index: number, size: number): Uint8Array {
  const image = new Uint8Array(size);
  set.read([index], image);
  return image;
}

/** All images of a set, one after the other. */
export function imagesOf(set: ImageSet, size: number): Uint8Array {
  const images = new Uint8Array(set.count * size);
  set.read(
    Array.from({ length: set.count }, (_, index) => index),
    images,
  );
  return images;
}
