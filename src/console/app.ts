import { byId } from './dom.ts';
import { openFeed } from './feed.ts';
import { type LiveSubscriptions, openLiveSubscriptions } from './live.ts';
import type { PageExample, PageInfo } from './page-info.ts';
import { credentialOf, personIn } from './person.ts';
import { openSession, type Status } from './session.ts';
import { offerSpeaker } from './speaker.ts';

const status = byId('status', HTMLParagraphElement);
const reconnect = byId('reconnect', HTMLButtonElement);
const example = byId('example', HTMLSelectElement);
const operation = byId('operation', HTMLTextAreaElement);
const variables = byId('variables', HTMLTextAreaElement);
const variablesProblem = byId('variables-problem', HTMLParagraphElement);

/** How long a "Copied" stays on a button. */
const COPIED_MS = 1_500;

try {
  await open();
} catch (error) {
  showStatus({ state: 'refused', reason: error instanceof Error ? error.message : String(error) });
}

async function open(): Promise<void> {
  const info = await fetchInfo();
  byId('fact-ws', HTMLElement).textContent = info.ws;
  byId('fact-dynamodb', HTMLElement).textContent = info.dynamodb;
  byId('fact-tables', HTMLElement).textContent = info.tables.join(', ') || 'none';
  offerExamples(info.examples);
  offerCopies();
  const person = personIn(location.search, info.person);
  if (info.person !== undefined) offerSpeaker(person);

  let live: LiveSubscriptions | undefined;
  let key = info.apiKey;
  const session = openSession({
    url: info.ws,
    credential: () => credentialOf(person, key),
    onStatus: (now) => {
      showStatus(now, person?.name);
      if (now.state === 'waiting' || now.state === 'refused') live?.interrupted();
    },
  });
  live = openLiveSubscriptions(session, openFeed());
  reconnect.addEventListener('click', async () => {
    // After a restart the key may be another; a gateway elsewhere is out of reach of this page's policy.
    const now = await fetchInfo().catch(() => info);
    if (now.ws !== info.ws) location.reload();
    key = now.apiKey;
    session.retry();
  });
  offerCompose(live);

  const sdl = await fetch('/schema.graphql');
  byId('sdl', HTMLPreElement).textContent = await sdl.text();
}

async function fetchInfo(): Promise<PageInfo> {
  const response = await fetch('/info.json');
  if (!response.ok) throw new Error(`/info.json: expected 200, got ${response.status}`);
  const info: PageInfo = await response.json();
  return info;
}

function offerExamples(examples: readonly PageExample[]): void {
  example.append(...examples.map(({ title }, index) => new Option(title, String(index))));
  const choose = () => {
    const chosen = examples[Number(example.value)];
    if (!chosen) return;
    operation.value = chosen.document;
    variables.value = chosen.variables;
    byId('wscat', HTMLPreElement).textContent = chosen.wscat;
    byId('put-item', HTMLPreElement).textContent = chosen.putItem ?? '';
    byId('put-item-block', HTMLDivElement).hidden = chosen.putItem === undefined;
  };
  example.addEventListener('change', choose);
  choose();
}

function offerCompose(live: LiveSubscriptions): void {
  const form = byId('compose', HTMLFormElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const read = readVariables(variables.value);
    variablesProblem.textContent = read.problem ?? '';
    variables.toggleAttribute('aria-invalid', read.problem !== undefined);
    if (read.value) live.start({ query: operation.value, variables: read.value });
    else variables.focus();
  });
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

function readVariables(text: string): { value?: Record<string, unknown>; problem?: string } {
  if (text.trim() === '') return { value: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value: { ...value } };
    return { problem: `Variables: expected a JSON object, got ${JSON.stringify(value).slice(0, 60)}` };
  } catch (error) {
    return { problem: `Variables: expected JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** @param name whom the page speaks as, where it is not the holder of the API key */
function showStatus(now: Status, name?: string): void {
  status.dataset['state'] = now.state;
  status.textContent = statusText(now, name);
  reconnect.hidden = now.state !== 'refused';
}

function statusText(now: Status, name: string | undefined): string {
  switch (now.state) {
    case 'connecting':
      return 'Connecting…';
    case 'connected':
      return name === undefined ? 'Connected' : `Connected as ${name}`;
    case 'waiting':
      return `Not connected: ${now.reason}. Trying again in ${now.seconds} s`;
    case 'refused':
      return `Refused: ${now.reason}`;
    default:
      return now satisfies never;
  }
}

function offerCopies(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
    const source = byId(button.dataset['copy'] ?? '', HTMLPreElement);
    button.addEventListener('click', async () => {
      const copied = await navigator.clipboard.writeText(source.textContent ?? '').then(
        () => true,
        () => false,
      );
      // Where the browser forbids it, the text is selected for the user's own copy.
      if (!copied) getSelection()?.selectAllChildren(source);
      button.textContent = copied ? 'Copied' : 'Selected';
      setTimeout(() => {
        button.textContent = 'Copy';
      }, COPIED_MS);
    });
  }
}
