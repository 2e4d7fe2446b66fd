import type { ASTNode, ConstDirectiveNode } from 'graphql';
import type { AccessRule } from '../access.ts';
import type { Problems } from '../problems.ts';
import { readAmplifyRules } from './amplify.ts';
import { readAppSyncRule } from './appsync.ts';
import { AMPLIFY_RULES, appliedRules } from './directives.ts';

/** A rule, and where it is written. */
export interface WrittenRule {
  readonly rule: AccessRule;
  readonly node: ASTNode;
  /** Where its operations are written; absent where they are all six for want of any. */
  readonly operations?: ASTNode;
  /** Where the field it looks at is written, if it is. */
  readonly field?: ASTNode;
}

/** All rules of one type or field, in the words of Amplify or of AppSync. */
export interface Marks {
  readonly words: 'amplify' | 'appsync';
  readonly rules: readonly WrittenRule[];
  /** The first of the directives. */
  readonly node: ConstDirectiveNode;
}

/** `undefined` where no rule is written. What cannot be read is a problem and left out. */
export function readMarks(
  marked: { readonly directives?: ReadonlyArray<ConstDirectiveNode> | undefined },
  problems: Problems,
): Marks | undefined {
  const applied = appliedRules(marked);
  const [node] = applied;
  if (!node) return undefined;
  const amplify = applied.filter(({ name }) => name.value === AMPLIFY_RULES);
  const appSync = applied.filter(({ name }) => name.value !== AMPLIFY_RULES);
  const [other] = appSync;
  if (amplify.length > 0 && other) {
    problems.add(
      `expected the rules in the words of Amplify or of AppSync, got @${AMPLIFY_RULES} and @${other.name.value} in one place`,
      applied.at(-1),
    );
  }
  return amplify.length > 0
    ? { words: 'amplify', node, rules: amplify.flatMap((each) => readAmplifyRules(each, problems)) }
    : { words: 'appsync', node, rules: appSync.flatMap((each) => readAppSyncRule(each, problems) ?? []) };
}
