import type { Random } from '@galapagos/dna';
import { type Change, Directory, File, type Inode, type Place, failure } from './inodes.js';
import { Journal, cutContents, inodesBelow } from './journal.js';

/** How names are looked up on the way to the last one: a client may do it out of its cache. */
export interface View {
  readonly host: string;
  readonly look: (directory: Directory, name: string) => Inode | undefined;
}

/** As it really is. */
export const truth: View = { host: '', look: ({ entries }, name) => entries.get(name) };

/**
 * The one truth of a simulated filesystem, as Linux' ones behave: names, contents, what of them a power cut takes,
 * how much fits. Every operation is instantaneous; errors are as Node's.
 */
export class Disk {
  readonly root = new Directory();
  /** What the disk, or a quota, holds at most. */
  capacity = { bytes: Infinity, inodes: Infinity, refusal: 'ENOSPC' };
  isReadOnly = false;
  #journal = new Journal();
  #bytes = 0;
  #inodes = 0;

  constructor(private readonly now: () => number = () => 0) {}

  get used(): { readonly bytes: number; readonly inodes: number } {
    return { bytes: this.#bytes, inodes: this.#inodes };
  }

  /** A copy as it is now: all names are on disk, and as much of the contents as here. */
  copy(now: () => number): Disk {
    const disk = new Disk(now);
    const files = new Map<File, File>();
    copyInto(disk.root, this.root, files);
    disk.#countAnew();
    return disk;
  }

  /** What a path leads to. */
  find(path: string, view: View): Inode {
    if (isRoot(path)) return this.root;
    if (path.endsWith('/.')) return this.find(path.slice(0, -2), view);
    const { directory, name } = this.place(path, view);
    const inode = directory.entries.get(name);
    if (inode === undefined) throw failure('ENOENT', path);
    return inode;
  }

  /** The directory that a path's last name is in; that name need not be there. */
  place(path: string, { look }: View): Place {
    if (isRoot(path)) throw failure('EBUSY', path);
    let directory = this.root;
    // Not split: of a million paths this is what takes longest.
    let begin = 0;
    for (;;) {
      const end = path.indexOf('/', begin);
      const name = path.slice(begin, end < 0 ? path.length : end);
      if (end < 0) return { directory, name };
      begin = end + 1;
      if (name === '' || name === '.') continue;
      const next = look(directory, name);
      if (next === undefined) throw failure('ENOENT', path);
      if (next instanceof File) throw failure('ENOTDIR', path);
      directory = next;
    }
  }

  list(path: string, view: View): Directory {
    const inode = this.find(path, view);
    if (inode instanceof File) throw failure('ENOTDIR', path);
    return inode;
  }

  /** A file to read from. */
  file(path: string, view: View): File {
    const inode = this.find(path, view);
    // Opening a directory succeeds; it is no regular file.
    if (!(inode instanceof File)) throw failure('EINVAL', path);
    return inode;
  }

  /** A file to write to: a new one, or the one that is there, of which `truncate` leaves nothing. */
  open(path: string, view: View, how: 'truncate' | 'append' | 'exclusive'): File {
    const { directory, name } = this.place(path, view);
    const inode = directory.entries.get(name);
    if (inode !== undefined && how === 'exclusive') throw failure('EEXIST', path);
    if (inode instanceof Directory) throw failure('EISDIR', path);
    this.#mustBeWritable(path);
    if (inode === undefined) return this.#create({ directory, name }, view, path);
    if (how === 'truncate') this.#set(inode, new Uint8Array(), view);
    return inode;
  }

  /** Adds to the end of a file. On a full disk as much as fits. */
  extend(file: File, data: Uint8Array, view: View, path: string): void {
    this.#mustBeWritable(path);
    const fits = data.subarray(0, Math.max(0, this.capacity.bytes - this.#bytes));
    const whole = new Uint8Array(file.data.length + fits.length);
    whole.set(file.data);
    whole.set(fits, file.data.length);
    this.#set(file, whole, view);
    if (fits.length < data.length) throw failure(this.capacity.refusal, path);
  }

  sync(inode: Inode): void {
    if (inode instanceof Directory) return this.#journal.sync(inode);
    inode.onDisk = inode.data;
    inode.dirty = undefined;
  }

  makeDirectory(path: string, view: View): void {
    if (isRoot(path)) throw failure('EEXIST', path);
    const place = this.place(path, view);
    if (place.directory.entries.has(place.name)) throw failure('EEXIST', path);
    this.#mustBeWritable(path);
    this.#mustFit(path);
    this.#put(place, new Directory(), view);
    this.#log(view, [place.directory], () => this.#take(place, view));
  }

  link(from: string, to: string, view: View): void {
    const inode = this.find(from, view);
    const place = this.place(to, view);
    if (place.directory.entries.has(place.name)) throw failure('EEXIST', to);
    if (!(inode instanceof File)) throw failure('EPERM', from);
    this.#mustBeWritable(to);
    this.#put(place, inode, view);
    this.#log(view, [place.directory], () => this.#take(place, view));
  }

  unlink(path: string, view: View): void {
    const place = this.place(path, view);
    const inode = place.directory.entries.get(place.name);
    if (inode === undefined) throw failure('ENOENT', path);
    if (!(inode instanceof File)) throw failure('EISDIR', path);
    this.#mustBeWritable(path);
    this.#take(place, view);
    this.#log(view, [place.directory], () => this.#put(place, inode, view));
  }

  removeDirectory(path: string, view: View): void {
    const place = this.place(path, view);
    const inode = place.directory.entries.get(place.name);
    if (inode === undefined) throw failure('ENOENT', path);
    if (inode instanceof File) throw failure('ENOTDIR', path);
    if (inode.entries.size > 0) throw failure('ENOTEMPTY', path);
    this.#mustBeWritable(path);
    this.#take(place, view);
    this.#log(view, [place.directory, inode], () => this.#put(place, inode, view));
  }

  rename(from: string, to: string, view: View): void {
    const source = this.place(from, view);
    const target = this.place(to, view);
    const moved = source.directory.entries.get(source.name);
    if (moved === undefined) throw failure('ENOENT', from);
    const replaced = target.directory.entries.get(target.name);
    if (moved instanceof Directory && isBelow(target.directory, moved)) throw failure('EINVAL', to);
    if (replaced === moved) return;
    if (replaced instanceof Directory) {
      if (moved instanceof Directory && replaced.entries.size > 0) throw failure('ENOTEMPTY', to);
      // Also where it lies above the source, which it then holds.
      if (moved instanceof File)
        throw failure(isBelow(source.directory, replaced) ? 'ENOTEMPTY' : 'EISDIR', to);
    } else if (replaced !== undefined && moved instanceof Directory) throw failure('ENOTDIR', to);
    this.#mustBeWritable(to);
    this.#move(source, target, view);
    this.#log(view, [source.directory, target.directory], () => {
      this.#move(target, source, view);
      if (replaced !== undefined) this.#put(target, replaced, view);
    });
  }

  /** Everything loses power: what was not on disk may be lost, names and contents each for themselves. */
  cutPower(random: Random): void {
    for (const inode of inodesBelow(this.root)) if (inode instanceof File) cutContents(inode, random);
    this.#journal.cut(random, this.now());
    this.#countAnew();
  }

  /** The files of which not everything is on disk. */
  unsynced(): string[] {
    return pathsOf(this.root, '', (inode) => inode instanceof File && inode.dirty !== undefined);
  }

  /** One client loses power: what it had not sent to the server is lost. */
  cutClientPower(host: string, random: Random): void {
    this.#journal.cutClient(host, random);
    for (const inode of inodesBelow(this.root)) if (inode instanceof File) cutContents(inode, random, host);
    this.#countAnew();
  }

  #create(place: Place, view: View, path: string): File {
    this.#mustFit(path);
    const file = new File();
    file.dirty = { host: view.host, since: this.now() };
    this.#put(place, file, view);
    const undo = () => this.#take(place, view);
    const removeName = () => {
      if (place.directory.entries.get(place.name) === file) undo();
    };
    this.#log(view, [place.directory], undo, { created: file, removeName });
    return file;
  }

  #set(file: File, data: Uint8Array, view: View): void {
    const now = this.now();
    this.#bytes += data.length - file.data.length;
    file.written = { at: now, by: view.host };
    file.data = data;
    file.dirty = { host: view.host, since: now };
  }

  #move(from: Place, to: Place, view: View): void {
    const inode = from.directory.entries.get(from.name);
    if (inode === undefined) return;
    if (to.directory.entries.has(to.name)) this.#take(to, view);
    // Put first: a file that has no name for an instant would be counted as gone.
    this.#put(to, inode, view);
    this.#take(from, view);
  }

  #put({ directory, name }: Place, inode: Inode, view: View): void {
    directory.entries.set(name, inode);
    directory.note(this.#change(name, 'came', inode, view));
    if (inode instanceof Directory) this.#inodes++;
    else if (inode.links++ === 0) {
      this.#inodes++;
      this.#bytes += inode.data.length;
    }
  }

  #take({ directory, name }: Place, view: View): void {
    const inode = directory.entries.get(name);
    if (inode === undefined) return;
    directory.entries.delete(name);
    directory.note(this.#change(name, 'went', inode, view));
    if (inode instanceof Directory) this.#inodes--;
    else if (--inode.links === 0) {
      this.#inodes--;
      this.#bytes -= inode.data.length;
    }
  }

  #change(name: string, kind: Change['kind'], inode: Inode, { host }: View): Change {
    return { name, kind, inode, at: this.now(), by: host };
  }

  #log(
    { host }: View,
    touches: readonly Directory[],
    undo: () => void,
    created?: { created: File; removeName: () => void },
  ): void {
    this.#journal.add({ at: this.now(), host, touches, undo, ...created });
  }

  #mustBeWritable(path: string): void {
    if (this.isReadOnly) throw failure('EROFS', path);
  }

  #mustFit(path: string): void {
    if (this.#inodes >= this.capacity.inodes || this.#bytes >= this.capacity.bytes)
      throw failure(this.capacity.refusal, path);
  }

  #countAnew(): void {
    const inodes = inodesBelow(this.root);
    const files = [...inodes].filter((inode) => inode instanceof File);
    this.#inodes = inodes.size;
    this.#bytes = files.reduce((sum, { data }) => sum + data.length, 0);
  }
}

function isRoot(path: string): boolean {
  return path === '' || /^[/.]+$/.test(path);
}

function isBelow(directory: Directory, above: Directory): boolean {
  if (directory === above) return true;
  for (const inode of above.entries.values())
    if (inode instanceof Directory && isBelow(directory, inode)) return true;
  return false;
}

/** Contents are never changed in place, so they can be shared. */
function copyInto(to: Directory, from: Directory, files: Map<File, File>): void {
  for (const [name, inode] of from.entries) {
    if (inode instanceof Directory) {
      const directory = new Directory();
      to.entries.set(name, directory);
      copyInto(directory, inode, files);
      continue;
    }
    const file = files.get(inode) ?? new File();
    files.set(inode, file);
    file.data = inode.data;
    file.onDisk = inode.onDisk;
    file.dirty = inode.dirty;
    file.links++;
    to.entries.set(name, file);
  }
}

function pathsOf(directory: Directory, path: string, is: (inode: Inode) => boolean): string[] {
  return [...directory.entries].flatMap(([name, inode]) => {
    const found = is(inode) ? [`${path}/${name}`] : [];
    return inode instanceof Directory ? [...found, ...pathsOf(inode, `${path}/${name}`, is)] : found;
  });
}
