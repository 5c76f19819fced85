import { Session } from 'node:inspector';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
let s: Session;
beforeAll(() => { s = new Session(); s.connect(); s.post('Profiler.enable'); s.post('Profiler.start'); });
afterAll(() => { s.post('Profiler.stop', (_e, { profile }) => writeFileSync('/tmp/prof2/p.cpuprofile', JSON.stringify(profile))); });
