import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolve } from 'node:path';
import { type Place, cluster, startAgent } from '../place.js';

const HOSTS: Readonly<Record<string, number>> = { h1: 11, h2: 12, h3: 13 };
const script = (name: string) => resolve('test/cluster', name);

/** MooseFS on a host of its own, mounted on three others. */
export async function moosefs(directory: string): Promise<Place> {
  const hosts = Object.keys(HOSTS);
  const running = new Map<string, ChildProcess>();
  const serve = (): void => {
    const command = [script('hosts'), 'run', 'server', '1', 'bash', script('moosefs'), 'serve', directory];
    running.set('server', spawn('bash', command, { stdio: 'ignore' }));
  };
  const link = {
    cut: async (host: string) => void (await cluster('hosts', 'cut', host)),
    heal: async (host: string) => void (await cluster('hosts', 'heal', host)),
  };
  /** Cut off first: a machine that loses its power says no farewell to anybody. */
  const off = async (host: string): Promise<void> => {
    await link.cut(host);
    running.get(host)?.kill('SIGKILL');
  };
  await cluster('hosts', 'network');
  serve();
  return {
    title: 'MooseFS on three hosts',
    shared: '/run/shared',
    hosts,
    workersSee: 'node',
    env: {},
    agent: (host) => {
      const client = ['bash', script('moosefs'), 'client'];
      const agent = startAgent(['bash', script('hosts'), 'run', host, String(HOSTS[host]), ...client]);
      running.set(host, agent);
      return agent;
    },
    room: {
      take: (on) => on('h1', 'bash', script('moosefs'), 'full'),
      give: (on) => on('h1', 'bash', script('moosefs'), 'free'),
    },
    writing: {
      forbid: async (on) => {
        await Promise.all(hosts.map((host) => on(host, 'bash', script('moosefs'), 'readonly')));
      },
      allow: async (on) => {
        await Promise.all(hosts.map((host) => on(host, 'bash', script('moosefs'), 'writable')));
      },
    },
    link,
    // An agent that is started plugs its host in again.
    power: { off, back: () => Promise.resolve() },
    server: async () => {
      await off('server');
      await sleep(2000);
      serve();
    },
  };
}
