import { describe, expect, test } from 'vitest';
import { eventually, isRunning, processesOfThisRun, runNode, runProcess } from './processes.js';

describe.runIf(process.platform === 'linux')('the guard against processes left behind', () => {
  test('sees an orphan that its parent left to init', async () => {
    const forever = 'setInterval(() => undefined, 1000)';
    const parent = `
      const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(forever)}],
        { detached: true, stdio: 'ignore' });
      child.unref();
      console.log(child.pid);`;
    const { stdout } = await runNode(['-e', parent]);
    const orphan = Number(stdout);
    expect(isRunning(orphan)).toBe(true);
    expect(processesOfThisRun()).toEqual([{ pid: orphan, command: `${process.execPath} -e ${forever}` }]);
    process.kill(orphan, 'SIGKILL');
    await eventually(() => processesOfThisRun().length === 0 && !isRunning(orphan));
  });
});

describe('the helpers for processes', () => {
  test('collect output, code and signal', async () => {
    const script = `process.stdin.pipe(process.stdout); process.stderr.write(process.env.WORD); process.exitCode = 3;`;
    const outcome = await runNode(['-e', script], { input: 'in', env: { WORD: 'err' } });
    expect(outcome).toEqual({ code: 3, signal: null, stdout: 'in', stderr: 'err' });
  });

  test('kill what takes too long', async () => {
    const outcome = await runNode(['-e', 'setInterval(() => undefined, 1000)'], { timeoutMs: 300 });
    expect(outcome).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  test('fail where there is no such command', async () => {
    await expect(runProcess('/no/such/command', [])).rejects.toThrow('ENOENT');
  });

  test('eventually repeats the last exception', async () => {
    await expect(
      eventually(() => {
        throw new Error('not yet');
      }, 50),
    ).rejects.toThrow('not yet');
    await expect(eventually(() => false, 50)).rejects.toThrow('did not hold within 50 ms');
    expect(await eventually(() => 'at once')).toBe('at once');
  });
});
