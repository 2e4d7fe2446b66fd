import type { GraphQLFormattedError } from 'graphql';
import { byId, element } from './dom.ts';
import type { Feed } from './feed.ts';
import { errorText, isConfirmation } from './payload.ts';
import { closeText, type Operation, type Session } from './session.ts';

type CardState = 'waiting' | 'active' | 'ended' | 'failed';

const STATE_TEXT: Readonly<Record<CardState, string>> = {
  waiting: 'waiting',
  active: 'active',
  ended: 'completed by the server',
  failed: 'refused',
};

export interface LiveSubscriptions {
  /** Starts an operation and shows it until the user ends it. */
  start(operation: Operation): void;
  /** The connection was lost: what was active will be asked for again. */
  interrupted(): void;
}

/** The subscriptions of this page, each with its state and a button that ends it. */
export function openLiveSubscriptions(session: Session, feed: Feed): LiveSubscriptions {
  const list = byId('live', HTMLUListElement);
  const empty = byId('live-empty', HTMLParagraphElement);
  const counter = byId('live-count', HTMLSpanElement);
  const running = new Set<Card>();
  let started = 0;

  const show = () => {
    counter.textContent = String(running.size);
    empty.hidden = list.childElementCount > 0;
  };

  return {
    start: (operation) => {
      started += 1;
      const source = `#${started} ${fieldOf(operation.query)}`;
      const card = openCard(source, operation);
      running.add(card);
      list.append(card.item);
      const finish = (state: CardState, detail?: string) => {
        running.delete(card);
        card.show(state, detail);
        show();
      };
      const unsubscribe = session.subscribe(operation, {
        next: (payload) => {
          card.show('active');
          if (isConfirmation(payload)) return;
          card.received();
          feed.delivered(source, payload);
        },
        error: (error) => {
          if (!running.has(card)) return;
          finish('failed', areErrors(error) ? errorText(error) : closeText(error));
          if (areErrors(error)) feed.failed(source, error);
        },
        complete: () => {
          if (running.has(card)) finish('ended');
        },
      });
      card.end.addEventListener('click', () => {
        const ongoing = running.delete(card);
        card.item.remove();
        if (ongoing) unsubscribe();
        show();
      });
      show();
    },
    interrupted: () => {
      for (const card of running) card.show('waiting');
    },
  };
}

interface Card {
  readonly item: HTMLLIElement;
  readonly end: HTMLButtonElement;
  show(state: CardState, detail?: string): void;
  received(): void;
}

function openCard(source: string, { query, variables }: Operation): Card {
  const state = element('span', { class: 'state', 'data-state': 'waiting' }, STATE_TEXT.waiting);
  const received = element('span', { class: 'received' }, '0 delivered');
  const end = element('button', { type: 'button', 'aria-label': `Unsubscribe ${source}` }, 'Unsubscribe');
  const detail = element('p', { class: 'problem', role: 'alert' });
  const shown =
    Object.keys(variables).length > 0 ? `${query.trim()}\n\n${JSON.stringify(variables)}` : query.trim();
  const text = element('details', {}, element('summary', {}, 'operation'), element('pre', {}, shown));
  const head = element('div', { class: 'card-head' }, element('strong', {}, source), state, received, end);
  let count = 0;
  return {
    item: element('li', {}, head, detail, text),
    end,
    show: (to, problem = '') => {
      if (state.dataset['state'] !== to) {
        state.dataset['state'] = to;
        state.textContent = STATE_TEXT[to];
      }
      detail.textContent = problem;
      if (to === 'ended' || to === 'failed') {
        end.textContent = 'Remove';
        end.setAttribute('aria-label', `Remove ${source}`);
      }
    },
    received: () => {
      count += 1;
      received.textContent = `${count} delivered`;
    },
  };
}

/** Name of the first field, for a label only: the server is the one that parses. */
function fieldOf(query: string): string {
  return /\{[\s,]*(?:#[^\n]*\s*)*([_A-Za-z]\w*)/.exec(query.slice(query.indexOf('{')))?.[1] ?? 'subscription';
}

function areErrors(error: unknown): error is readonly GraphQLFormattedError[] {
  return Array.isArray(error);
}
