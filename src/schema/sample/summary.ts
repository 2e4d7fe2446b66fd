import { type AttributeType, attributeType } from '../../change/attribute-type.ts';
import type { Attribute, Image } from '../../change/change.ts';
import { addNumber, createNumberSummary, type NumberSummary } from './numbers.ts';
import { addText, createTextSummary, type TextSummary } from './texts.ts';

/** What was seen of the values in one place: an attribute, a member of a map, the elements of a list. */
export interface ValueSummary {
  /** How many values there were of each data type. */
  readonly types: Map<AttributeType, number>;
  readonly numbers: NumberSummary;
  readonly texts: TextSummary;
  /** Of lists and sets; absent until one had an element, and below the deepest level looked at. */
  elements?: ValueSummary;
  /** Of maps; absent until there was one, and below the deepest level looked at. */
  members?: MapSummary;
}

/** What was seen of maps in one place, or of whole items. */
export interface MapSummary {
  count: number;
  readonly members: Map<string, ValueSummary>;
  /** True once a name was left out: there were too many, or it was too long. */
  incomplete: boolean;
}

/** What was seen of a table's items. Its size is bounded, however many there are and whatever they hold. */
export interface ItemsSummary extends MapSummary {
  /** Places that may still be opened, of all levels together. */
  budget: number;
}

/** Attributes of an item, members of a map, and places in all: what is beyond says nothing of a common shape. */
const MAX_ATTRIBUTES = 300;
const MAX_MEMBERS = 20;
const MAX_PLACES = 5_000;

/** Longest name looked at; DynamoDB's own limit is 64 KB. */
const MAX_NAME_LENGTH = 255;

/** Maps and lists are opened this far below an attribute; whatever is deeper can be had as JSON. */
const MAX_LEVELS = 3;

export function createItemsSummary(): ItemsSummary {
  return { count: 0, members: new Map(), incomplete: false, budget: MAX_PLACES };
}

/** Counts one item in. */
export function addItem(summary: ItemsSummary, item: Image): void {
  addMembers(summary, item, MAX_ATTRIBUTES, 0, summary);
}

function addMembers(
  summary: MapSummary,
  image: Image,
  most: number,
  level: number,
  root: ItemsSummary,
): void {
  summary.count++;
  for (const [name, attribute] of Object.entries(image)) {
    let member = summary.members.get(name);
    if (!member) {
      if (summary.members.size >= most || !isLookedAt(name) || root.budget <= 0) {
        summary.incomplete = true;
        continue;
      }
      member = createValueSummary(root);
      summary.members.set(name, member);
    }
    addValue(member, attribute, level, root);
  }
}

/** No field can have an attribute without a name; DynamoDB takes such members of maps. */
function isLookedAt(name: string): boolean {
  return name !== '' && name.length <= MAX_NAME_LENGTH;
}

function createValueSummary(root: ItemsSummary): ValueSummary {
  root.budget--;
  return { types: new Map(), numbers: createNumberSummary(), texts: createTextSummary() };
}

function addValue(summary: ValueSummary, attribute: Attribute, level: number, root: ItemsSummary): void {
  const type = attributeType(attribute);
  summary.types.set(type, (summary.types.get(type) ?? 0) + 1);
  if ('S' in attribute) addText(summary.texts, attribute.S);
  else if ('N' in attribute) addNumber(summary.numbers, attribute.N);
  else if ('M' in attribute) {
    if (level >= MAX_LEVELS) return;
    summary.members ??= { count: 0, members: new Map(), incomplete: false };
    addMembers(summary.members, attribute.M, MAX_MEMBERS, level + 1, root);
  } else {
    const elements = elementsOf(attribute);
    if (elements.length === 0 || level >= MAX_LEVELS || (!summary.elements && root.budget <= 0)) return;
    summary.elements ??= createValueSummary(root);
    for (const element of elements) addValue(summary.elements, element, level + 1, root);
  }
}

function elementsOf(attribute: Attribute): readonly Attribute[] {
  if ('L' in attribute) return attribute.L;
  if ('SS' in attribute) return attribute.SS.map((text) => ({ S: text }));
  if ('NS' in attribute) return attribute.NS.map((text) => ({ N: text }));
  return 'BS' in attribute ? attribute.BS.map((base64) => ({ B: base64 })) : [];
}
