import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Place, cluster, startAgent } from '../place.js';

/** Kernel NFS 4.2: a server and two clients, each with a kernel of its own. */
export async function nfs(directory: string): Promise<Place> {
  const hosts = ['u1', 'u2'];
  const nodes = new Map<string, ChildProcess>();
  const agents = new Map<string, ChildProcess>();
  const script = resolve('test/cluster/nfs');
  const boot = (name: string): void => {
    nodes.set(name, spawn('bash', [script, 'node', directory, name], { stdio: 'ignore' }));
  };
  const link = {
    cut: async (host: string) => void (await cluster('hosts', 'cut', host)),
    heal: async (host: string) => void (await cluster('hosts', 'heal', host)),
  };
  const tell = (verb: string) => async (): Promise<void> => void (await cluster('nfs', verb, directory));
  /** Its memory is gone, and with it what was not on disk. */
  const off = (name: string): Promise<void> =>
    new Promise((resolve) => {
      nodes.get(name)?.once('exit', () => resolve());
      nodes.get(name)?.kill('SIGKILL');
      agents.get(name)?.kill('SIGKILL');
    });
  await cluster('hosts', 'network');
  await tell('prepare')();
  for (const name of ['server', ...hosts]) boot(name);
  await tell('serve')();
  return {
    title: 'kernel NFS 4.2, a server and two clients with kernels of their own',
    shared: '/run/shared',
    hosts,
    workersSee: 'node',
    env: {},
    agent: (host) => {
      const agent = startAgent(['bash', script, 'client', directory, host]);
      agents.set(host, agent);
      return agent;
    },
    room: { take: tell('full'), give: tell('free') },
    writing: { forbid: tell('readonly'), allow: tell('writable') },
    link,
    power: { off, back: (host) => Promise.resolve(boot(host)) },
    server: async () => {
      await off('server');
      await sleep(2000);
      boot('server');
      await tell('serve')();
    },
  };
}
