import type { ASTNode, ConstObjectValueNode, ConstValueNode } from 'graphql';
import { isInputObjectType, Kind, valueFromAST } from 'graphql';
import type { Problems } from '../problems.ts';
import { RULE_SCHEMA } from './directives.ts';

const ruleInput = RULE_SCHEMA.getType('AuthRule');

/** One rule of an `@auth` as it stands in the file. A word that is written as null counts as not written. */
export class GivenRule {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #node: ConstObjectValueNode;
  readonly #problems: Problems;

  private constructor(values: object, node: ConstObjectValueNode, problems: Problems) {
    this.#values = new Map(Object.entries(values).filter(([, value]) => value !== null));
    this.#node = node;
    this.#problems = problems;
  }

  /** `undefined` for what does not fit the type of a rule, which the check of values tells. */
  static read(node: ConstValueNode, problems: Problems): GivenRule | undefined {
    if (node.kind !== Kind.OBJECT || !isInputObjectType(ruleInput)) return undefined;
    const values: unknown = valueFromAST(node, ruleInput);
    return typeof values === 'object' && values !== null ? new GivenRule(values, node, problems) : undefined;
  }

  has(word: string): boolean {
    return this.#values.has(word);
  }

  text(word: string): string | undefined {
    const value = this.#values.get(word);
    return typeof value === 'string' ? value : undefined;
  }

  /** A single text counts as a list of it, as GraphQL has it. */
  texts(word: string): readonly string[] | undefined {
    const value = this.#values.get(word);
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : undefined;
  }

  /** Where a word is written; the rule as a whole where it is not. */
  place(word: string): ASTNode {
    return this.#node.fields.find(({ name }) => name.value === word) ?? this.#node;
  }

  tell(word: string, message: string): void {
    this.#problems.add(`@auth: ${message}`, this.place(word));
  }
}
