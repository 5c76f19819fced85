import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

export const repository = resolve(import.meta.dirname, '../..');

/** What a source file leans on, as its syntax tree has it. */
export interface SourceFile {
  /** From the repository's root, with slashes. */
  path: string;
  /** The package's folder name. */
  package: string;
  /** Module names outside the file's own package, as written: static, dynamic, type-only and `require`. */
  imports: string[];
  /** Every other string, for what is imported under a name kept in a table. */
  strings: string[];
  /** Uses of a global's member (`Math.random`, `process.exit`), and `new Date()` where it reads the clock. */
  uses: { what: string; line: number }[];
}

/** The parsed sources of one package, its scripts among them. */
export function sourcesOf(packageName: string): SourceFile[] {
  return ['src', 'scripts'].flatMap((name) => {
    const folder = join(repository, 'packages', packageName, name);
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|mjs)$/.test(file))
      .sort()
      .map((file) => parse(packageName, join(folder, file)));
  });
}

function parse(packageName: string, file: string): SourceFile {
  const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const packageFolder = join(repository, 'packages', packageName);
  const found: SourceFile = {
    path: relative(repository, file).replaceAll('\\', '/'),
    package: packageName,
    imports: [],
    strings: [],
    uses: [],
  };
  const visit = (node: ts.Node): void => {
    const module = moduleNameOf(node);
    if (module !== undefined) {
      const inside = module.startsWith('.') && resolve(dirname(file), module).startsWith(packageFolder);
      if (!inside) found.imports.push(module);
    } else if (ts.isStringLiteralLike(node)) {
      found.strings.push(node.text);
    }
    const what = useOf(node);
    if (what !== undefined) {
      found.uses.push({ what, line: tree.getLineAndCharacterOfPosition(node.getStart()).line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function moduleNameOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal);
  if (ts.isExternalModuleReference(node)) return textOf(node.expression);
  if (ts.isCallExpression(node)) {
    const callee = node.expression;
    const loads =
      callee.kind === ts.SyntaxKind.ImportKeyword ||
      ['require', 'require.resolve', 'import.meta.resolve'].includes(callee.getText());
    if (loads) return textOf(node.arguments[0]);
  }
  return undefined;
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function useOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) return node.getText();
  const makesDate =
    (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'Date';
  // With an argument it only converts a time that came from elsewhere.
  return makesDate && (node.arguments?.length ?? 0) === 0 ? 'new Date()' : undefined;
}
