import { z } from 'zod';

/** Where an individual may be. */
export const STATES = ['training', 'alive', 'dead', 'hall-of-fame', 'collected'] as const;
export const stateShape = z.enum(STATES);
type State = (typeof STATES)[number];

/** In the column of a table. */
export const stateNames: Record<State, string> = {
  training: 'training',
  alive: 'alive',
  dead: 'dead',
  'hall-of-fame': 'hall',
  collected: 'collected',
};
