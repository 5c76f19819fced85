import { type Random, integer } from '@galapagos/dna';
import type { Filesystem } from '@galapagos/population';

interface Waiting {
  readonly go: () => void;
  readonly done: Promise<unknown>;
}

/**
 * Runs several members in one process so that one operation of one of them happens at a time, in an order that
 * chance decides: the same seed is the same schedule. Between two operations the directory stands still, so that
 * an auditor can look.
 */
export class Turns {
  #waiting: Waiting[] = [];

  constructor(
    private readonly random: Random,
    private readonly afterEach: (operation: keyof Filesystem) => void,
  ) {}

  /** A filesystem whose every operation waits for its turn. */
  filesystem(inner: Filesystem): Filesystem {
    const inTurn =
      <A extends unknown[], R>(operation: keyof Filesystem, perform: (...args: A) => Promise<R>) =>
      (...args: A): Promise<R> =>
        this.#wait(async () => {
          try {
            return await perform(...args);
          } finally {
            this.afterEach(operation);
          }
        });
    return {
      list: inTurn('list', (...args: Parameters<Filesystem['list']>) => inner.list(...args)),
      read: inTurn('read', (...args: Parameters<Filesystem['read']>) => inner.read(...args)),
      readPart: inTurn('readPart', (...args: Parameters<Filesystem['readPart']>) => inner.readPart(...args)),
      write: inTurn('write', (...args: Parameters<Filesystem['write']>) => inner.write(...args)),
      append: inTurn('append', (...args: Parameters<Filesystem['append']>) => inner.append(...args)),
      create: inTurn('create', (...args: Parameters<Filesystem['create']>) => inner.create(...args)),
      makeDirectory: inTurn('makeDirectory', (...args: Parameters<Filesystem['makeDirectory']>) =>
        inner.makeDirectory(...args),
      ),
      rename: inTurn('rename', (...args: Parameters<Filesystem['rename']>) => inner.rename(...args)),
      link: inTurn('link', (...args: Parameters<Filesystem['link']>) => inner.link(...args)),
      copy: inTurn('copy', (...args: Parameters<Filesystem['copy']>) => inner.copy(...args)),
      unlink: inTurn('unlink', (...args: Parameters<Filesystem['unlink']>) => inner.unlink(...args)),
      removeDirectory: inTurn('removeDirectory', (...args: Parameters<Filesystem['removeDirectory']>) =>
        inner.removeDirectory(...args),
      ),
      kind: inTurn('kind', (...args: Parameters<Filesystem['kind']>) => inner.kind(...args)),
      syncDirectory: inTurn('syncDirectory', (...args: Parameters<Filesystem['syncDirectory']>) =>
        inner.syncDirectory(...args),
      ),
      space: inTurn('space', (...args: Parameters<Filesystem['space']>) => inner.space(...args)),
    };
  }

  /** Gives turns until all members have come to their end. */
  async play(members: readonly Promise<unknown>[]): Promise<void> {
    let playing = true;
    const all = Promise.all(members).finally(() => (playing = false));
    const turns = (async () => {
      while (playing) {
        // Whoever can go on without a turn has done so by then: nobody waits for anything else.
        await new Promise((resolve) => setImmediate(resolve));
        const [next] = this.#waiting.splice(integer(this.random, this.#waiting.length), 1);
        next?.go();
        await next?.done.catch(() => undefined);
      }
    })();
    await Promise.all([all, turns]);
  }

  #wait<R>(perform: () => Promise<R>): Promise<R> {
    let go: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => (go = resolve));
    const done = turn.then(perform);
    this.#waiting.push({ go, done });
    return done;
  }
}
