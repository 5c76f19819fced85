// `npm test [-- vitest arguments]`: sets up what is needed, then runs the unit suite.
import { join } from 'node:path';
import { runInForeground } from './foreground.mjs';
import { main, root, setup } from './setup.mjs';

await main(async () => {
  await setup();
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  return runInForeground([vitest, 'run', ...process.argv.slice(2)], { cwd: root });
});
