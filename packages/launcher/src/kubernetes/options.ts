/** Workers as an Indexed Job, and what it stands on. */
export interface KubernetesOptions {
  /** Of the Job, and of what belongs to it: `galapagos-a`. */
  readonly name: string;
  /** @default the one that kubectl is set to */
  readonly namespace?: string;
  /** Pods that work at the same time, a worker each. */
  readonly workers: number;
  /** Whose entry point is `galapagos`. */
  readonly image: string;
  /** The directory of the experiment, as pods see it: below `mount`. */
  readonly directory: string;
  /** Where pods see the claim. */
  readonly mount: string;
  /** The PersistentVolumeClaim that the directory lies on; many nodes write to it. */
  readonly claim: string;
  /** The claim is made, of that size. @default it is there */
  readonly storage?: { readonly size: string; readonly className?: string };
  /** A configuration, YAML, out of which the first pod makes the experiment, if nobody has. @default it is there */
  readonly configuration?: string;
  /** What a worker gets: `{ 'nvidia.com/gpu': '1', memory: '8Gi' }`. @default {@link RESOURCES} */
  readonly resources?: Readonly<Record<string, string>>;
  /** Labels that a node must have. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly runtimeClass?: string;
  readonly imagePullSecrets?: readonly string[];
  /** Whom the files belong to. @default 1000 for both */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Further arguments of the worker: `['--backend', 'native']`. */
  readonly arguments?: readonly string[];
}

/** What a worker asks for, if nobody says otherwise. */
export const RESOURCES = { cpu: '1', memory: '4Gi' } as const;
