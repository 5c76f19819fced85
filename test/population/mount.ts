import {
  type Effort,
  Gathering,
  type MountFilesystem,
  type SharedFacts,
  THOROUGH,
  examineTogether,
  systemClock,
} from '@galapagos/population';
import { memoryFilesystem } from '../worker/memory-filesystem.js';

const FEW: Effort = {
  ...THOROUGH,
  rounds: 20,
  contested: 0,
  entries: 20,
  listings: 2,
  exchanges: 2,
  settledSeconds: 0.1,
};

/** What is wrong with a filesystem, as one participant meets it. */
export type Defect = (filesystem: MountFilesystem, me: string) => Partial<MountFilesystem>;

/** A filesystem in memory with a clock of its own. */
export function memoryMount(timeOf: () => number = () => Date.now() / 1000): MountFilesystem {
  return { ...memoryFilesystem(), modifiedAt: () => Promise.resolve(timeOf()) };
}

/** Two participants examine a filesystem in memory; what each found. */
export async function examined(
  defect: Defect = () => ({}),
  { hasLinks = true, signal = new AbortController().signal, patienceSeconds = 30 } = {},
): Promise<SharedFacts[]> {
  const memory = memoryMount();
  await memory.makeDirectory('/folder');
  const names = ['p1', 'p2'];
  return await Promise.all(
    names.map((me) => {
      const filesystem = { ...memory, ...defect(memory, me) };
      const who = { me, names, folder: '/folder', isOneHost: true };
      const gathering = new Gathering({ ...who, filesystem, clock: systemClock, signal, patienceSeconds });
      return examineTogether(gathering, FEW, hasLinks);
    }),
  );
}
