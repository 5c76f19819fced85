import { type KubernetesOptions, type Manifest, renderKubernetes } from '@galapagos/launcher';
import { describe, expect, test } from 'vitest';
import { manifestProblems } from '../support/kubernetes-schemas.js';

const plain: KubernetesOptions = {
  name: 'galapagos-a',
  workers: 4,
  image: 'galapagos:0.1.0',
  directory: '/shared/runs/a',
  mount: '/shared',
  claim: 'lab',
};

const all: KubernetesOptions = {
  ...plain,
  namespace: 'vision',
  storage: { size: '100Gi', className: 'nfs' },
  configuration: 'search: { populationSize: 40 }\n',
  resources: { cpu: '2', memory: '8Gi', 'nvidia.com/gpu': '1' },
  nodeSelector: { 'nvidia.com/gpu.product': 'A100' },
  runtimeClass: 'nvidia',
  imagePullSecrets: ['registry'],
  user: { uid: 4711, gid: 100 },
  arguments: ['--backend', 'tfjs-node-gpu'],
};

/** The pod of the job that is the last of some manifests. */
function podOf(manifests: readonly Manifest[]): Record<string, never> {
  const job = manifests.at(-1) as unknown as { spec: { template: { spec: Record<string, never> } } };
  return job.spec.template.spec;
}

describe('manifests for Kubernetes', () => {
  test.each([
    ['plain', plain],
    ['all', all],
  ])('are what they were: %s', async (name, options) => {
    const text = `${JSON.stringify(renderKubernetes(options), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(`golden/${name}.kubernetes.json`);
  });

  test('are such as Kubernetes takes, field by field', () => {
    expect(manifestProblems([...renderKubernetes(plain), ...renderKubernetes(all)])).toEqual([]);
  });

  test('are held against schemas that know a misspelt field, a wrong type and what is missing', () => {
    const [job = {}] = renderKubernetes(plain) as object[];
    const spoilt = (change: (text: string) => string) =>
      manifestProblems([JSON.parse(change(JSON.stringify(job))) as object]).join('\n');
    expect(spoilt((text) => text.replace('"backoffLimitPerIndex"', '"backofLimitPerIndex"'))).toMatch(
      /backofLimitPerIndex/,
    );
    expect(spoilt((text) => text.replace('"mountPath"', '"path"'))).toMatch(/mountPath/);
    expect(spoilt((text) => text.replace('"completions":4', '"completions":"four"'))).toMatch(/completions/);
    expect(spoilt((text) => text.replace('batch/v1', 'batch/v3'))).toMatch(/no Job of batch\/v3/);
  });

  test('have pods that may write to nothing but the claim and their own /tmp', () => {
    const { containers, initContainers, securityContext } = podOf(renderKubernetes(all)) as unknown as {
      containers: Record<string, unknown>[];
      initContainers: Record<string, unknown>[];
      securityContext: Record<string, unknown>;
    };
    expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 4711, fsGroup: 100 });
    for (const container of [...containers, ...initContainers]) {
      expect(container['securityContext']).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  test('pass on what looks like a variable as it is', () => {
    const directory = '/shared/$(HOME)';
    const text = JSON.stringify(
      podOf(renderKubernetes({ ...plain, directory, arguments: ['--trainer', 'a $(b)'] })),
    );
    expect(text).toContain('["worker","/shared/$$(HOME)","--trainer","a $$(b)"]');
  });

  test('have workers that do not train without the GPU that they asked for, of whatever kind', () => {
    const environment = (resources: Record<string, string>) =>
      JSON.stringify(podOf(renderKubernetes({ ...plain, resources })));
    const required = '{"name":"GALAPAGOS_GPU","value":"require"}';
    expect(environment({ memory: '8Gi' })).not.toContain(required);
    for (const resource of ['nvidia.com/gpu', 'nvidia.com/mig-1g.5gb', 'amd.com/gpu']) {
      const text = environment({ [resource]: '1' });
      expect(text).toContain(required);
      expect(text).toContain(`{"key":"${resource}","operator":"Exists","effect":"NoSchedule"}`);
    }
  });

  test.each([
    ['workers', { workers: 0 }],
    ['name', { name: 'Galapagos' }],
    ['name', { name: 'a'.repeat(51) }],
    ['namespace', { namespace: 'a b' }],
    ['claim', { claim: '-lab' }],
    ['image', { image: 'galapagos 0.1' }],
    ['mount', { mount: 'shared' }],
    ['directory', { directory: '/shared/../etc' }],
    ['does not lie below', { directory: '/sharedruns/a' }],
    ['does not lie below', { directory: '/shared' }],
    ['would hide what is in the image', { mount: '/tmp', directory: '/tmp/a' }],
    ['would hide what is in the image', { mount: '/galapagos', directory: '/galapagos/a' }],
    ['would hide what is in the image', { mount: '/usr/share', directory: '/usr/share/a' }],
    ['not 0', { resources: { 'nvidia.com/gpu': '0' } }],
    ['devices are whole', { resources: { 'nvidia.com/gpu': '0.5' } }],
    ['no resource', { resources: { gpu: '1' } }],
    ['--storage 0', { storage: { size: '0' } }],
    ['--user', { user: { uid: 99999999999, gid: 1 } }],
    ['--workers 1000000', { workers: 1e6 }],
    ['memory', { resources: { memory: '8 GB' } }],
    ['storage', { storage: { size: 'much' } }],
    ['user', { user: { uid: 0, gid: 0 } }],
  ])('are refused where an option makes no sense: %s', (message, options) => {
    expect(() => renderKubernetes({ ...plain, ...options })).toThrow(RangeError);
    expect(() => renderKubernetes({ ...plain, ...options })).toThrow(message);
  });
});
