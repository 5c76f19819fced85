// `npm run quickstart [-- options]`: sets up what is needed, then evolves classifiers of real digits.
import { join } from 'node:path';
import { runInForeground } from './foreground.mjs';
import { main, root, setup } from './setup.mjs';

await main(async () => {
  await setup();
  const galapagos = join(root, 'packages', 'cli', 'bin', 'galapagos.js');
  return runInForeground([galapagos, 'quickstart', ...process.argv.slice(2)]);
});
