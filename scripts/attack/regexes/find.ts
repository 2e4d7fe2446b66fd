import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { types } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import ts from 'typescript';

/** A regular expression of the sources, and where it stands. */
export interface FoundRegex {
  readonly place: string;
  readonly regex: RegExp;
}

export interface FoundRegexes {
  readonly regexes: readonly FoundRegex[];
  /** Places where one is made at run time: of what, is for a person to say. */
  readonly made: readonly string[];
}

/** What no client's text gets to: commands and pages of the developer's own machine, what is packaged, what tests use. */
const NOT_REACHED: ReadonlySet<string> = new Set(['cli', 'console', 'deploy', 'testing']);

/** Every regular expression in the code that runs for clients, read from its syntax tree. */
export function findRegexes(root: string): FoundRegexes {
  const regexes: FoundRegex[] = [];
  const made: string[] = [];
  for (const path of sourcesOf(root)) {
    const text = readFileSync(join(root, path), 'utf8');
    const found = findIn(`src/${path}`, text);
    regexes.push(...found.regexes);
    made.push(...found.made);
  }
  return { regexes, made };
}

/** Those of one file. One that is put together from constants of the module, when it is loaded, is no less known. */
export function findIn(path: string, text: string): FoundRegexes {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const regexes: FoundRegex[] = [];
  const made: string[] = [];
  const constants = constantsOf(source);
  const visit = (node: ts.Node): void => {
    const place = () => `${path}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if (node.kind === ts.SyntaxKind.RegularExpressionLiteral) {
      regexes.push({ place: place(), regex: readLiteral(node.getText(source)) });
    } else if (isRegExpCall(node, source)) {
      const regex = constants.get(
        ts.isVariableDeclaration(node.parent) ? node.parent.name.getText(source) : '',
      );
      if (regex) regexes.push({ place: place(), regex });
      else made.push(place());
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { regexes, made };
}

function isRegExpCall(node: ts.Node, source: ts.SourceFile): boolean {
  return (
    (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText(source) === 'RegExp'
  );
}

/** The expressions that a module makes of texts of its own: its constants alone are run, in a world with nothing else. */
function constantsOf(source: ts.SourceFile): ReadonlyMap<string, RegExp> {
  const constants = new Map<string, RegExp>();
  const world = createContext({});
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      const isText =
        initializer !== undefined &&
        (ts.isStringLiteralLike(initializer) ||
          ts.isTemplateExpression(initializer) ||
          isRegExpCall(initializer, source));
      if (!isText) continue;
      try {
        const code = `globalThis[${JSON.stringify(name.getText(source))}] = ${initializer.getText(source)}`;
        const value: unknown = runInContext(code, world);
        if (types.isRegExp(value)) constants.set(name.getText(source), new RegExp(value.source, value.flags));
      } catch {
        // It is made of something else than constants of its module.
      }
    }
  }
  return constants;
}

function sourcesOf(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !NOT_REACHED.has(path.split(/[\\/]/, 1)[0] ?? ''))
    .sort();
}

function readLiteral(text: string): RegExp {
  const end = text.lastIndexOf('/');
  return new RegExp(text.slice(1, end), text.slice(end + 1));
}
