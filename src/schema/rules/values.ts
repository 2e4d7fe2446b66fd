import type { ASTNode, DefinitionNode, ObjectFieldNode } from 'graphql';
import { Kind, ValuesOfCorrectTypeRule, validate, visit } from 'graphql';
import type { Problems } from '../problems.ts';
import { AMPLIFY_RULES, RULE_SCHEMA } from './directives.ts';

/** Of version 1 of Amplify, and what says the same. */
const OLD_WORDS: ReadonlyMap<string, string> = new Map([
  ['queries', 'operations: [get], [list] or [read]'],
  ['mutations', 'operations: [create, update, delete] or some of them'],
  ['identityField', 'identityClaim'],
]);

/** Reports each value inside a directive of rules that does not fit: graphql-js checks none where a schema is built. */
export function checkRuleValues(definitions: readonly DefinitionNode[], problems: Problems): void {
  const document = visit(
    { kind: Kind.DOCUMENT, definitions },
    {
      [Kind.DIRECTIVE]: {
        enter: (node) => (node.name.value === AMPLIFY_RULES ? withoutOldWords(node, problems) : undefined),
      },
    },
  );
  for (const error of validate(RULE_SCHEMA, document, [ValuesOfCorrectTypeRule])) problems.addError(error);
}

function withoutOldWords<T extends ASTNode>(directive: T, problems: Problems): T {
  return visit(directive, {
    [Kind.OBJECT_FIELD]: (node: ObjectFieldNode) => {
      const word = node.name.value;
      const cure = OLD_WORDS.get(word);
      if (cure === undefined) return undefined;
      problems.add(`expected ${cure} in a rule, got ${word}, which is of an older version of Amplify`, node);
      return null;
    },
  });
}
