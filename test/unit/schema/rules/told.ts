import type { AccessRule, TypeAccess } from '../../../../src/schema/access.ts';
import { loadModel } from '../../../../src/schema/load.ts';

/** A rule in one line: who, by which modes, may do what. */
export function told(rule: AccessRule): string {
  const modes = rule.modes === 'default' ? rule.modes : rule.modes.join(' ');
  const operations = [...rule.operations].join(' ');
  const may = operations === 'create update delete get list listen' ? 'all' : operations;
  switch (rule.kind) {
    case 'anyone':
      return `${rule.isPublic ? 'public' : 'anyone'} by ${modes}: ${may}`;
    case 'groups':
      return `groups ${rule.groups.join(' ')} of ${rule.claim} by ${modes}: ${may}`;
    case 'owner':
    case 'groupsField':
      return `${rule.kind} ${rule.field} of ${rule.claim} by ${modes}: ${may}`;
    default:
      return rule satisfies never;
  }
}

/** Name → its rules, each in one line. */
export function toldFields(fields: ReadonlyMap<string, readonly AccessRule[]> | undefined) {
  return Object.fromEntries([...(fields ?? [])].map(([name, rules]) => [name, rules.map(told)]));
}

/** The rules of a type of items, or of what a subscription field delivers; fails where it has none. */
export function accessOf(sdl: string, name: string): TypeAccess {
  const model = loadModel(sdl);
  const access = (model.types.get(name) ?? model.subscriptions.get(name)?.type)?.access;
  if (!access) throw new Error(`expected rules of ${name}, got none`);
  return access;
}

/** A file of one type, with rules on the type. */
export function todo(rules: string, fields = 'owner: String groups: [ID]'): string {
  return `type Todo @table @auth(rules: [${rules}]) { id: ID! title: String ${fields} }`;
}
