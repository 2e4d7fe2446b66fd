import { byId, element } from './dom.ts';
import { jsonView } from './json-view.ts';
import { type Headline, headline, type WirePayload } from './payload.ts';

/** The oldest entries go when there are more: a page left open over night must not grow without end. */
const KEPT_ENTRIES = 300;

export interface Feed {
  /** Puts a payload on top. `source` names the subscription, such as `#2 onChangeTodo`. */
  delivered(source: string, payload: WirePayload): void;
  /** Puts on top what ended a subscription, as it came. */
  failed(source: string, errors: unknown): void;
}

/** What was delivered, newest first. */
export function openFeed(): Feed {
  const list = byId('feed', HTMLOListElement);
  const empty = byId('feed-empty', HTMLParagraphElement);
  const counter = byId('feed-count', HTMLSpanElement);
  const announcer = byId('announcer', HTMLParagraphElement);
  const clear = byId('clear', HTMLButtonElement);
  let count = 0;

  const show = (delivered: number) => {
    count = delivered;
    counter.textContent = String(delivered);
    empty.hidden = list.childElementCount > 0;
    clear.disabled = list.childElementCount === 0;
  };
  const add = (source: string, head: Headline, ...body: readonly Node[]) => {
    list.prepend(entry(source, head, body));
    while (list.childElementCount > KEPT_ENTRIES) list.lastElementChild?.remove();
    // Read aloud in one phrase, in place of the whole JSON; the time makes a repeat news.
    announcer.textContent = `${head.kind} ${source} ${clockText(new Date())}`;
  };
  clear.addEventListener('click', () => {
    list.replaceChildren();
    show(0);
  });

  return {
    delivered: (source, payload) => {
      const { extensions, ...rest } = payload;
      const more = extensions ? [folded('extensions', extensions)] : [];
      add(source, headline(payload), jsonView(rest), ...more);
      show(count + 1);
    },
    failed: (source, errors) => {
      add(source, { kind: 'ERROR', marks: [] }, jsonView(errors));
      show(count);
    },
  };
}

function entry(source: string, { kind, marks, eventId }: Headline, body: readonly Node[]): HTMLLIElement {
  const now = new Date();
  const head = element(
    'div',
    { class: 'entry-head' },
    element('span', { class: 'kind', 'data-kind': kind }, kind),
    element('span', { class: 'source' }, source),
    ...marks.map((mark) => element('span', { class: 'mark' }, mark)),
    element('time', { datetime: now.toISOString() }, clockText(now)),
  );
  if (eventId !== undefined) {
    head.append(element('code', { class: 'event-id', title: 'eventId: a repeat has the same' }, eventId));
  }
  return element('li', { class: 'entry' }, head, ...body);
}

function folded(title: string, value: unknown): HTMLDetailsElement {
  return element('details', {}, element('summary', {}, title), jsonView(value));
}

/** Local time of day to the millisecond, the same width everywhere. */
function clockText(at: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  const milliseconds = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${milliseconds}`;
}
