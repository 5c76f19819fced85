import type { Place } from './place.js';
import { ext4 } from './places/ext4.js';
import { fault } from './places/fault.js';
import { moosefs } from './places/moosefs.js';
import { nfs } from './places/nfs.js';
import { plain } from './places/plain.js';

/** Every place by its name: makes it in a directory that is there and empty. */
export const places: Readonly<Record<string, (directory: string) => Place | Promise<Place>>> = {
  plain,
  ext4,
  fault,
  moosefs,
  nfs,
};
