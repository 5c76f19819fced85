// Manifests of Kubernetes, held against its schemas without a server. The package `kubernetes-models` is made of the OpenAPI
// documents of Kubernetes: its validators know types and what must be there, and its declarations, which TypeScript holds a
// literal against, what may be there and nothing else.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { repository } from './source.js';

const require = createRequire(import.meta.url);

interface Document {
  readonly apiVersion: string;
  readonly kind: string;
}
type Model = new (document: object) => { validate(): void };

/** What is wrong with manifests, a line each. */
export function manifestProblems(documents: readonly object[]): string[] {
  const known = documents.map((document, index) => ({ document: document as Document, index }));
  const unknown = known.filter(({ document }) => modelOf(document) === undefined);
  if (unknown.length > 0)
    return unknown.map(({ document }) => `there is no ${document.kind} of ${document.apiVersion}`);
  return [
    ...known.flatMap(({ document }) => schemaProblems(document)),
    ...declarationProblems(known.map(({ document }) => document)),
  ];
}

function moduleOf({ apiVersion, kind }: Document): string {
  return `kubernetes-models/${apiVersion}/${kind}`;
}

function modelOf(document: Document): Model | undefined {
  try {
    return (require(moduleOf(document)) as Record<string, Model>)[document.kind];
  } catch {
    return undefined;
  }
}

function schemaProblems(document: Document): string[] {
  const Kind = modelOf(document);
  if (Kind === undefined) return [];
  try {
    new Kind(document).validate();
    return [];
  } catch (error) {
    return [`${document.kind}: ${(error as Error).message}`];
  }
}

const FILE = join(repository, 'test/support/manifests.ts');
const OPTIONS: ts.CompilerOptions = {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};
/** The last one, of which the next takes what has not changed: nearly all. */
let program: ts.Program | undefined;
const parsed = new Map<string, ts.SourceFile | undefined>();

/** The files of this machine, and one more. */
function hostOf(source: string): ts.CompilerHost {
  const real = ts.createCompilerHost(OPTIONS);
  return {
    ...real,
    fileExists: (path) => path === FILE || real.fileExists(path),
    readFile: (path) => (path === FILE ? source : real.readFile(path)),
    getSourceFile: (path, version, ...rest) => {
      if (path === FILE) return ts.createSourceFile(FILE, source, version);
      if (!parsed.has(path)) parsed.set(path, real.getSourceFile(path, version, ...rest));
      return parsed.get(path);
    },
  };
}

/** An object literal with a field that its type does not have is an error. */
function declarationProblems(documents: readonly Document[]): string[] {
  const source = documents
    .map((document, index) => {
      const type = `import type { I${document.kind} as Kind${index} } from '${moduleOf(document)}';`;
      return `${type}\nexport const document${index}: Kind${index} = ${JSON.stringify(document, null, 1)};`;
    })
    .join('\n');
  program = ts.createProgram([FILE], OPTIONS, hostOf(source), program);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
