import { z } from 'zod';

/** Where a worker trains: a machine, or one accelerator of it. */
export const siteSchema = z.strictObject({
  host: z.string().min(1),
  /** Null for all of the machine. */
  device: z.string().min(1).nullable(),
});
export type Site = z.infer<typeof siteSchema>;

/** A site that is not to train, until it is let back. */
export interface Quarantine extends Site {
  readonly reason: string;
  /** When it was ordered, by the clock of whoever did. */
  readonly since: string;
  /** A worker, or null for a person. */
  readonly by: string | null;
}

/** A site in one word, as a person writes it: `gpu-07`, or `gpu-07/GPU-5a2c` for one accelerator. */
export function siteName({ host, device }: Site): string {
  return device === null ? host : `${host}/${device}`;
}

/** Reads {@link siteName}; undefined where it is none. */
export function parseSite(name: string): Site | undefined {
  const [host = '', ...rest] = name.split('/');
  const site = siteSchema.safeParse({ host, device: rest.length === 0 ? null : rest.join('/') });
  return site.success ? site.data : undefined;
}

/** Whether what holds for `outer` holds for `inner`. */
export function covers(outer: Site, inner: Site): boolean {
  return outer.host === inner.host && (outer.device === null || outer.device === inner.device);
}
