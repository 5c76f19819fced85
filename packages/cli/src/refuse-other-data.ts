import { type Population, PopulationError } from '@galapagos/population';

/**
 * Trains nothing on other examples than those that the search began with.
 * @param checksum SHA-256 of the data that was found.
 * @throws PopulationError `NO_EXPERIMENT`.
 */
export function refuseOtherData({ root, experiment }: Population, checksum: string): void {
  if (checksum === experiment.dataChecksum) return;
  const { source, file, directory } = experiment.data;
  const where = [file, directory, source].find((place) => typeof place === 'string');
  throw new PopulationError(
    'NO_EXPERIMENT',
    `${root}: the data is not what this search began with (${where}: SHA-256 ${checksum}, expected ${experiment.dataChecksum}); put the old files back, or begin a new search`,
  );
}
