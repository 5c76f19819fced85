import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = fileURLToPath(new URL('../../packages/datasets/src', import.meta.url));

/** Writes the package as plain JavaScript, so that other processes can run it without a build. */
export function transpilePackage(directory: string): void {
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((one) => one.endsWith('.ts'))) {
    const { outputText } = ts.transpileModule(readFileSync(join(source, name), 'utf8'), { compilerOptions });
    const file = join(directory, name.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, outputText);
  }
}
