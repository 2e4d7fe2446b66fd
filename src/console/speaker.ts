import { byId } from './dom.ts';
import type { Person } from './person.ts';

/**
 * Shows who the page speaks as, and lets one be somebody else: that is the page's own address, so that two windows can be
 * two people.
 */
export function offerSpeaker(person: Person | undefined): void {
  const form = byId('speaker', HTMLFormElement);
  const name = byId('speaker-name', HTMLInputElement);
  const groups = byId('speaker-groups', HTMLInputElement);
  name.value = person?.name ?? '';
  groups.value = person?.groups ?? '';
  form.hidden = false;
  byId('graphiql-link', HTMLAnchorElement).search = location.search;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const asked = new URLSearchParams({ as: name.value, groups: groups.value });
    location.search = asked.toString();
  });
}
