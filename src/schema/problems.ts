import type { ASTNode, GraphQLError, Source } from 'graphql';
import { getLocation } from 'graphql';
import type { SchemaProblem, SourcePlace } from '../errors.ts';
import { SchemaError } from '../errors.ts';

/** Collects everything wrong with one schema file, so that its author sees all of it at once. */
export class Problems {
  readonly #source: Source;
  readonly #found = new Map<string, SchemaProblem>();
  /** What is wrong with generated parts only: the echo of something the user wrote, and told only if nothing else is. */
  readonly #echoes = new Map<string, SchemaProblem>();

  constructor(source: Source) {
    this.#source = source;
  }

  /** `node` says where; without one the problem is of the file as a whole and its first character is named. */
  add(message: string, node?: ASTNode): void {
    const position = node ? this.#positionOf(node) : 0;
    this.#put(message, position);
  }

  /** An error of graphql-js, placed at the last of its nodes that the user wrote (of two of a name, the second). */
  addError(error: GraphQLError): void {
    const nodes = (error.nodes ?? []).flatMap((node) => this.#positionOf(node) ?? []);
    const position = error.source === this.#source ? error.positions?.[0] : undefined;
    this.#put(error.message, nodes.at(-1) ?? position);
  }

  /** @throws {SchemaError} listing every problem in the order of the file, when there is one. */
  throwIfAny(): void {
    const problems = this.#found.size > 0 ? this.#found : this.#echoes;
    if (problems.size > 0) throw new SchemaError([...problems.values()].sort(byPlace));
  }

  /** `undefined` for a generated node, which is nowhere. */
  #positionOf(node: ASTNode): number | undefined {
    return node.loc?.source === this.#source ? node.loc.start : undefined;
  }

  #put(message: string, position: number | undefined): void {
    const { line, column } = getLocation(this.#source, position ?? 0);
    const place: SourcePlace = { file: this.#source.name, line, column };
    const problems = position === undefined ? this.#echoes : this.#found;
    problems.set(`${position} ${message}`, { message, place });
  }
}

function byPlace(a: SchemaProblem, b: SchemaProblem): number {
  const [one, other] = [a.place, b.place];
  if (!one || !other) return 0;
  return one.line - other.line || one.column - other.column;
}
