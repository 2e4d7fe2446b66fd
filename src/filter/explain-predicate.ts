import type { Attribute, Image } from '../change/change.ts';
import type { TableType } from '../schema/model.ts';
import type { Condition, Expression } from './expression.ts';
import { compilePredicate, type Predicate } from './predicate.ts';
import { attributeOf } from './value.ts';

/** A condition that decided whether a filter holds for an image. */
export interface DecisiveCondition {
  readonly condition: Condition;
  /** Whether the condition itself holds; under a `not` it is one that holds which makes the filter fail. */
  readonly holds: boolean;
  /** The stored attribute it was tested on; `undefined` when the image has none of that name. */
  readonly stored: Attribute | undefined;
}

export interface PredicateExplanation {
  /** What the predicate says of the image. */
  readonly holds: boolean;
  /**
   * The conditions that made it so, in the order of the filter: of a filter that fails every one that would have to come
   * out otherwise, of one that holds those that carry it. Empty where no condition has a say: `and: []` holds and
   * `or: []` fails for every image.
   */
  readonly because: readonly DecisiveCondition[];
}

/** An explaining predicate, or why the filter no longer fits the type. */
export type CompiledExplanation =
  | { readonly ok: true; readonly explain: (image: Image) => PredicateExplanation }
  | { readonly ok: false; readonly message: string };

/**
 * The predicate of `compilePredicate`, which also says why. Every condition is tested by the very test that delivery
 * uses; only how conditions are put together is followed anew, so that nothing need be kept back while delivering.
 */
export function explainPredicate(expression: Expression, type: TableType): CompiledExplanation {
  const whole = compilePredicate(expression, type);
  if (!whole.ok) return whole;
  const node = nodeOf(expression, type);
  return { ok: true, explain: (image) => explainNode(node, image) };
}

/** An expression whose conditions are compiled. */
type Node =
  | {
      readonly kind: 'condition';
      readonly condition: Condition;
      readonly attribute: string;
      readonly test: Predicate;
    }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Node[] }
  | { readonly kind: 'not'; readonly of: Node };

function nodeOf(expression: Expression, type: TableType): Node {
  switch (expression.kind) {
    case 'condition': {
      const compiled = compilePredicate(expression, type);
      const attribute = type.fields.get(expression.field)?.attribute ?? expression.field;
      // The whole expression was compiled before, and with it each condition.
      const test = compiled.ok ? compiled.test : () => false;
      return { kind: 'condition', condition: expression, attribute, test };
    }
    case 'and':
    case 'or':
      return { kind: expression.kind, of: expression.of.map((part) => nodeOf(part, type)) };
    case 'not':
      return { kind: 'not', of: nodeOf(expression.of, type) };
    default:
      return expression satisfies never;
  }
}

function explainNode(node: Node, image: Image): PredicateExplanation {
  switch (node.kind) {
    case 'condition': {
      const holds = node.test(image);
      const stored = attributeOf(image, node.attribute);
      return { holds, because: [{ condition: node.condition, holds, stored }] };
    }
    case 'not': {
      const { holds, because } = explainNode(node.of, image);
      return { holds: !holds, because };
    }
    case 'and':
    case 'or': {
      const parts = node.of.map((part) => explainNode(part, image));
      const holds =
        node.kind === 'and' ? parts.every((part) => part.holds) : parts.some((part) => part.holds);
      // An `and` that fails does so for the parts that fail, one that holds for all; an `or` the other way round.
      const because = parts.filter((part) => part.holds === holds).flatMap((part) => part.because);
      return { holds, because };
    }
    default:
      return node satisfies never;
  }
}
