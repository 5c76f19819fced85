import type { Filesystem } from '@galapagos/population';

type Directory = Map<string, Node>;
type Node = Directory | Uint8Array;

/** A filesystem in memory: renames are atomic, nothing is slow, nothing fails by itself. */
export function memoryFilesystem(): Filesystem {
  const top: Directory = new Map();

  const find = (path: string): Node | undefined =>
    partsOf(path).reduce<Node | undefined>(
      (node, part) => (node instanceof Map ? node.get(part) : undefined),
      top,
    );
  const directory = (path: string): Directory => {
    const node = find(path);
    if (node === undefined) throw failure('ENOENT', path);
    if (!(node instanceof Map)) throw failure('ENOTDIR', path);
    return node;
  };
  const file = (path: string): Uint8Array => {
    const node = find(path);
    if (node === undefined) throw failure('ENOENT', path);
    if (node instanceof Map) throw failure('EISDIR', path);
    return node;
  };
  const split = (path: string): [Directory, string] => {
    const parts = partsOf(path);
    const name = parts.pop() ?? '';
    return [directory(parts.join('/')), name];
  };
  const put = (path: string, node: Node, mayReplace: boolean): void => {
    const [parent, name] = split(path);
    if (!mayReplace && parent.has(name)) throw failure('EEXIST', path);
    parent.set(name, node);
  };

  return asynchronous({
    list: (path) => [...directory(path).keys()],
    read: (path) => file(path),
    readPart: (path, start, length) => file(path).subarray(start, start + length),
    write: (path, data) => put(path, bytesOf(data), true),
    append: (path, data) => {
      const before = find(path) === undefined ? '' : new TextDecoder().decode(file(path));
      put(path, bytesOf(before + data), true);
    },
    create: (path, data) => put(path, bytesOf(data), false),
    makeDirectory: (path) => put(path, new Map(), false),
    rename: (from, to) => {
      const [source, name] = split(from);
      const node = source.get(name);
      if (node === undefined) throw failure('ENOENT', from);
      const target = find(to);
      if (target instanceof Map && target.size > 0) throw failure('ENOTEMPTY', to);
      put(to, node, true);
      source.delete(name);
    },
    link: (from, to) => put(to, file(from), false),
    copy: (from, to) => put(to, file(from), true),
    unlink: (path) => {
      file(path);
      const [parent, name] = split(path);
      parent.delete(name);
    },
    removeDirectory: (path) => {
      if (directory(path).size > 0) throw failure('ENOTEMPTY', path);
      const [parent, name] = split(path);
      parent.delete(name);
    },
    kind: (path) => {
      const node = find(path);
      if (node === undefined) throw failure('ENOENT', path);
      return node instanceof Map ? 'directory' : 'file';
    },
    syncDirectory: (path) => void directory(path),
    space: () => ({ bytes: 1e12, inodes: 1e9, local: true }),
  });
}

type Synchronous = {
  [Name in keyof Filesystem]: (
    ...args: Parameters<Filesystem[Name]>
  ) => Awaited<ReturnType<Filesystem[Name]>>;
};

/** Every operation takes a turn of the event loop now and then, as a real one does, so that timers run too. */
function asynchronous(operations: Synchronous): Filesystem {
  let count = 0;
  const wrapped = Object.entries(operations).map(([name, operate]) => [
    name,
    async (...args: unknown[]): Promise<unknown> => {
      if (++count % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
      return (operate as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  return Object.fromEntries(wrapped) as Filesystem;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? new TextEncoder().encode(data) : data;
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
