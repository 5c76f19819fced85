// `npm test [-- vitest arguments]`: sets up what is needed, then runs the unit suite. `npm run test:processes`: the suite
// of those tests that start real processes.
import { join } from 'node:path';
import { runInForeground } from './foreground.mjs';
import { main, root, setup } from './setup.mjs';

const PROCESSES = '--processes';

await main(async () => {
  await setup();
  const args = process.argv.slice(2);
  const projects = args.includes(PROCESSES) ? ['processes'] : ['together', 'apart'];
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const given = args.filter((argument) => argument !== PROCESSES);
  return runInForeground([vitest, 'run', ...projects.flatMap((name) => ['--project', name]), ...given], {
    cwd: root,
  });
});
