import { type Place, cluster } from '../place.js';
import { plain } from './plain.js';

/** An ext4 with a journal, in an image. */
export async function ext4(directory: string): Promise<Place> {
  await cluster('ext4', 'up', directory);
  return {
    ...plain(`${directory}/shared`),
    title: 'ext4 with a journal, in an image, loop-mounted',
    room: {
      take: async () => void (await cluster('ext4', 'full', directory)),
      give: async () => void (await cluster('ext4', 'free', directory)),
    },
    writing: {
      forbid: async () => void (await cluster('ext4', 'readonly', directory)),
      allow: async () => void (await cluster('ext4', 'writable', directory)),
    },
    powerCut: async () => void (await cluster('ext4', 'powercut', directory)),
  };
}
